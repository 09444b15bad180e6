/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of a session record, in the order of the output. */
#include "logs/record_shape.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define FIELDS(table, element) \
	{ .fields = table, .count = sizeof table / sizeof table[0], .element_bytes = sizeof(struct element) }

/* A list whose parts are NAME_presence, NAME_count and the items. */
#define LIST(type, presence_member, count_member, items) \
	AT(type, items), .presence_offset = offsetof(struct type, presence_member), \
	.count_offset = offsetof(struct type, count_member)

#define OUTCOME(part)                                                                                            \
	{ "action", FIELD_TEXT, AT(record_verdict, part.action) },                                               \
		{ "reply", FIELD_TEXT, AT(record_verdict, part.reply) },                                         \
		{ "check", FIELD_TEXT, AT(record_verdict, part.check) },                                         \
	{                                                                                                        \
		"rule", FIELD_TEXT, AT(record_verdict, part.rule)                                                \
	}

static const struct field helo_fields[] = {
	{ "verb", FIELD_VERB, AT(record_helo, verb) },
	{ "name", FIELD_TEXT, AT(record_helo, name) },
	{ "t_us", FIELD_MICROS, AT(record_helo, t_us) },
};
static const struct shape helo_shape = FIELDS(helo_fields, record_helo);

static const struct field tls_fields[] = {
	{ "version", FIELD_TEXT, AT(record, tls_version) },
	{ "cipher", FIELD_TEXT, AT(record, tls_cipher) },
};
static const struct shape tls_shape = FIELDS(tls_fields, record);

static const struct field tx_fields[] = {
	{ "queue_id", FIELD_TEXT, AT(record_tx, queue_id) },
	{ "sender", FIELD_TEXT, AT(record_tx, sender) },
	{ "recipient_count", FIELD_NUMBER, AT(record_tx, recipient_count) },
	{ "delivered", FIELD_FLAG, AT(record_tx, delivered) },
	{ "t_us", FIELD_MICROS, AT(record_tx, t_us) },
	{ "sasl_username", FIELD_TEXT, AT(record_tx, sasl_username) },
	{ "tls_version", FIELD_TEXT, AT(record_tx, tls_version) },
	{ "missing", FIELD_STRINGS, LIST(record_tx, missing.presence, missing.count, missing.items) },
};
static const struct shape tx_shape = FIELDS(tx_fields, record_tx);

static const struct field dns_fields[] = {
	{ "q", FIELD_TEXT, AT(record_dns, question) },
	{ "type", FIELD_TEXT, AT(record_dns, type) },
	{ "status", FIELD_TEXT, AT(record_dns, status) },
	{ "ttl", FIELD_NUMBER, AT(record_dns, ttl) },
	{ "answers", FIELD_STRINGS, LIST(record_dns, answers_presence, answer_count, answers) },
	{ "us", FIELD_MICROS, AT(record_dns, took_us) },
	{ "source", FIELD_TEXT, AT(record_dns, source) },
	{ "tx", FIELD_NUMBER, AT(record_dns, tx) },
};
static const struct shape dns_shape = FIELDS(dns_fields, record_dns);

static const struct field check_fields[] = {
	{ "check", FIELD_TEXT, AT(record_check, check) },
	{ "result", FIELD_TEXT, AT(record_check, result) },
	{ "tx", FIELD_NUMBER, AT(record_check, tx) },
};
static const struct shape check_shape = FIELDS(check_fields, record_check);

static const struct field would_fields[] = { OUTCOME(would) };
static const struct shape would_shape = FIELDS(would_fields, record_verdict);

static const struct field verdict_fields[] = {
	{ "tx", FIELD_NUMBER, AT(record_verdict, tx) },
	OUTCOME(outcome),
	{ "would", FIELD_OBJECT, .presence_offset = offsetof(struct record_verdict, would_presence),
	  .shape = &would_shape },
};
static const struct shape verdict_shape = FIELDS(verdict_fields, record_verdict);

static const struct field record_fields[] = {
	{ "id", FIELD_TEXT, AT(record, id) },
	{ "host", FIELD_TEXT, AT(record, host) },
	{ "source", FIELD_SOURCE, AT(record, source) },
	{ "mta", FIELD_MTA, AT(record, mta) },
	{ "listener", FIELD_TEXT, AT(record, listener) },
	{ "policy_sha256", FIELD_TEXT, AT(record, policy_sha256) },
	{ "start", FIELD_INSTANT, AT(record, start_us) },
	{ "duration_us", FIELD_MICROS, AT(record, duration_us) },
	{ "complete", FIELD_FLAG, AT(record, complete) },
	{ "client_address", FIELD_ADDRESS, AT(record, client_address) },
	{ "client_port", FIELD_NUMBER, AT(record, client_port) },
	{ "client_name", FIELD_TEXT, AT(record, client_name) },
	{ "reverse_client_name", FIELD_TEXT, AT(record, reverse_client_name) },
	{ "client_resolve", FIELD_TEXT, AT(record, client_resolve) },
	{ "server_address", FIELD_ADDRESS, AT(record, server_address) },
	{ "server_port", FIELD_NUMBER, AT(record, server_port) },
	{ "interface_address", FIELD_ADDRESS, AT(record, interface_address) },
	{ "daemon_name", FIELD_TEXT, AT(record, daemon_name) },
	{ "service", FIELD_TEXT, AT(record, service) },
	{ "helo", FIELD_ARRAY, LIST(record, helo_presence, helo_count, helo), .shape = &helo_shape },
	{ "tls", FIELD_OBJECT, .presence_offset = offsetof(struct record, tls_presence), .shape = &tls_shape },
	{ "sasl_username", FIELD_TEXT, AT(record, sasl_username) },
	{ "tx", FIELD_ARRAY, LIST(record, tx_presence, tx_count, tx), .shape = &tx_shape },
	{ "commands", FIELD_COMMANDS, AT(record, commands) },
	{ "dns", FIELD_ARRAY, LIST(record, dns_presence, dns_count, dns), .shape = &dns_shape },
	{ "checks", FIELD_ARRAY, LIST(record, checks_presence, check_count, checks), .shape = &check_shape },
	{ "verdicts", FIELD_ARRAY, LIST(record, verdicts_presence, verdict_count, verdicts),
	  .shape = &verdict_shape },
	{ "missing", FIELD_STRINGS, LIST(record, missing.presence, missing.count, missing.items) },
	{ "redacted", FIELD_STRINGS, LIST(record, redacted.presence, redacted.count, redacted.items) },
	{ "truncated", FIELD_NUMBER, AT(record, truncated) },
};
const struct shape record_shape = FIELDS(record_fields, record);
