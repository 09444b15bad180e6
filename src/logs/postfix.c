/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of Postfix logs: which program wrote the line; what becomes of a message once it is in the queue. */
#include "logs/postfix.h"

#include "base/clock.h"
#include "base/hash.h"
#include "logs/postfix_session.h"

#include <stdlib.h>
#include <string.h>

#define EXPIRE_EVERY_US (60 * US_PER_SECOND)

/* syslog_name is "postfix" unless set: "postfix/mx", "postfix-out", "mx". */
static struct span service_of(const struct log_line *line)
{
	struct span program = log_line_program(line);
	struct span name = program.length > 0 ? span_between(line->tag.text, program.text - 1) : program;

	if (SPAN_BEGINS(name, "postfix/"))
		return span_after(name, 8);
	return SPAN_IS(name, "postfix") ? (struct span){ name.text, 0 } : name;
}

void postfix_record_begin(struct log_sink *sink, struct session_slot *slot, const struct log_line *line)
{
	struct record *record = slot->record;
	struct span service = service_of(line);

	record->source = SOURCE_POSTFIX_LOG;
	record->mta = MTA_POSTFIX;
	if (line->host.length > 0)
		record->host = sink_text(sink, &slot->arena, line->host);
	if (service.length > 0)
		record->listener = sink_text(sink, &slot->arena, service);
}

void postfix_set_tls(struct log_sink *sink, struct session_slot *slot, struct span version, struct span cipher)
{
	struct record *record = slot->record;

	/* Before STARTTLS there may have been mail in the clear. */
	for (size_t i = 0; record->tls_presence != PRESENCE_KNOWN && i < record->tx_count; i++)
		record->tx[i].tls_version = text_none();
	record->tls_presence = PRESENCE_KNOWN;
	record->tls_version = sink_text(sink, &slot->arena, version);
	record->tls_cipher = sink_text(sink, &slot->arena, cipher);
}

static bool claims(struct span tag)
{
	/* With a syslog_name that does not begin with "postfix". */
	static const char *const programs[] = { "smtpd", "qmgr", "cleanup", "postscreen", "smtp", "lmtp",
						"local", "virtual", "pipe", "oqmgr", "nqmgr", "tlsproxy" };
	struct span program;

	if (SPAN_BEGINS(tag, "postfix"))
		return true;
	program = tag_program(tag);
	if (postfix_is_policy_server(program.length > 0 ? program : tag))
		return true;
	for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
		if (span_is(program, programs[i], strlen(programs[i])))
			return true;
	return false;
}

uint64_t postfix_queue_key(const struct log_line *line, struct span queue_id)
{
	return hash_bytes(queue_id.text, queue_id.length, log_line_host_hash(line) + 1);
}

static void finish_smtpd(void *context, struct session_slot *slot, enum finish_reason reason)
{
	struct postfix *postfix = context;
	struct postfix_session *own = postfix_own(slot);

	postfix_forget_client(postfix, slot);
	for (size_t i = 0; i < own->tx_count; i++)
		if (own->txs[i].queue_key != 0)
			sessions_forget(postfix->smtpd, slot, own->txs[i].queue_key);
	/* Only a warning about a client that never came. */
	if (!own->client.text)
		return;
	postfix->sink->stats.given_up += !own->ended && (reason == FINISH_IDLE || reason == FINISH_FULL);
	if (!own->ended)
		own->torn = own->losses != postfix->sink->losses;
	postfix_settle_client(slot);
	slot->record->complete = flag_known(own->connected && own->ended && !own->torn);
	slot->record->make_whole = postfix_complete;
	slot->record->seen = own;
	sink_record(postfix->sink, slot->record, &slot->arena);
}

static void *open_reader(struct log_sink *sink)
{
	struct postfix *postfix = calloc(1, sizeof *postfix);

	if (!postfix)
		return NULL;
	postfix->sink = sink;
	postfix->smtpd = sessions_new(sizeof(struct postfix_session), finish_smtpd, postfix);
	if (!postfix->smtpd) {
		free(postfix);
		return NULL;
	}
	return postfix;
}

/* The session that waits for what becomes of this message. */
static struct session_slot *find_message(struct postfix *postfix, const struct log_line *line, struct span *rest_r,
					 uint32_t *tx_r)
{
	const struct span text = line->message;
	size_t max = text.length <= QUEUE_ID_MAX ? text.length : QUEUE_ID_MAX + 1;
	const char *colon = memchr(text.text, ':', max), *end = text.text + text.length;
	struct session_slot *slot;
	uint64_t key;

	if (!colon || end - colon < 2 || colon[1] != ' ')
		return NULL;
	*rest_r = span_between(colon + 2, end);
	/* What is no queue id is nobody's. */
	key = postfix_queue_key(line, span_between(text.text, colon));
	slot = sessions_by_queue_id(postfix->smtpd, key, tx_r);
	/* smtpd's line that gives a session this name may be late. */
	if (!slot)
		postfix->early[key % POSTFIX_EARLY_PLACES] = key;
	return slot;
}

/* A queue id comes again once its message is gone. */
static void forget_message(struct postfix *postfix, struct session_slot *slot, uint32_t tx)
{
	sessions_forget(postfix->smtpd, slot, postfix_own(slot)->txs[tx].queue_key);
}

static void message_changed(struct postfix *postfix, struct session_slot *slot, uint32_t tx)
{
	if (postfix_is_settled(&postfix_own(slot)->txs[tx]))
		forget_message(postfix, slot, tx);
	if (slot->held && postfix_is_final(slot))
		sessions_finish(postfix->smtpd, slot);
}

/* ", size=1, nrcpt=2 (queue active)", ", status=expired, returned to sender" */
static void take_recipients(struct seen_tx *seen, struct span rest)
{
	const char *count = SPAN_FIND(rest, ", nrcpt="), *end = rest.text + rest.length, *space;
	struct number number = { .presence = PRESENCE_UNKNOWN };

	if (SPAN_BEGINS(rest, ", status=")) {
		seen->settled = seen->recipients = 1;
		return;
	}
	if (count) {
		count += sizeof ", nrcpt=" - 1;
		space = memchr(count, ' ', (size_t)(end - count));
		number = sink_number(span_between(count, space ? space : end));
	}
	/* Another time it counts those that are left. */
	if (number.presence == PRESENCE_KNOWN && number.value > seen->recipients)
		seen->recipients = number.value;
}

/* "from=<S>, size=1, nrcpt=1 (queue active)", "removed" */
static enum taken qmgr_line(struct postfix *postfix, const struct log_line *line)
{
	struct session_slot *slot;
	struct seen_tx *seen;
	struct span rest;
	const char *end;
	uint32_t tx;

	slot = find_message(postfix, line, &rest, &tx);
	if (!slot)
		return TAKEN_OTHER;
	seen = &postfix_own(slot)->txs[tx];
	if (SPAN_IS(rest, "removed")) {
		seen->removed = true;
		message_changed(postfix, slot, tx);
		return TAKEN;
	}
	if (!SPAN_BEGINS(rest, "from=<"))
		return TAKEN_OTHER;
	seen->queued = seen->over = true;
	rest = span_after(rest, 6);
	end = SPAN_FIND(rest, ">, size=");
	if (!end)
		end = SPAN_FIND(rest, ">, status=");
	if (end)
		take_recipients(seen, span_between(end + 1, rest.text + rest.length));
	/* What smtpd said of it is nearer to MAIL. */
	if (end && slot->record->tx[tx].sender.presence == PRESENCE_UNKNOWN)
		slot->record->tx[tx].sender = postfix_sender(postfix->sink, slot, span_between(rest.text, end));
	else if (end && postfix_is_sender(&slot->record->tx[tx].sender, span_between(rest.text, end)))
		seen->only_at_mail = false;
	return TAKEN;
}

/*
 * Did a filter on this host take it?  What becomes of it then is told of another queue id, if at all.  relay: "NAME[ADDRESS]:PORT";
 * what lmtp brings to this host is delivered, unless the answer tells otherwise.
 */
static bool is_handed_on(const struct log_line *line, struct span relay, struct span answer)
{
	const char *open = memchr(relay.text, '[', relay.length), *close = memchr(relay.text, ']', relay.length);
	struct address address;

	if (!open || !close || close < open)
		return false;
	address = sink_address(span_between(open + 1, close));
	if (address.presence != PRESENCE_KNOWN || !ip_is_loopback(&address.value))
		return false;
	return !SPAN_IS(log_line_program(line), "lmtp") || SPAN_FIND(answer, "queued as ") || SPAN_FIND(answer, "discarded");
}

/* "sent (250 2.0.0 Ok)", "deferred (...)", "bounced (...)" */
static void take_status(struct seen_tx *seen, const struct log_line *line, struct span relay, struct span status)
{
	bool sent = SPAN_BEGINS(status, "sent"), handed_on = sent && is_handed_on(line, relay, status);

	seen->queued = true;
	seen->handed_on |= handed_on;
	/* The discard transport has none. */
	seen->sent |= sent && !handed_on && !SPAN_IS(relay, "none");
	seen->settled += sent || SPAN_BEGINS(status, "bounced") || SPAN_BEGINS(status, "expired");
}

/* smtp, lmtp, local, pipe, ...: "to=<R>, relay=..., dsn=2.0.0, status=sent (...)" */
static enum taken delivery_line(struct postfix *postfix, const struct log_line *line)
{
	struct session_slot *slot;
	struct span rest;
	const char *relay, *status, *end, *comma;
	uint32_t tx;

	slot = find_message(postfix, line, &rest, &tx);
	/* pickup's "uid=0 from=<root>": the queue id is that of a message which was written here. */
	if (slot && SPAN_BEGINS(rest, "uid="))
		forget_message(postfix, slot, tx);
	if (!slot || !SPAN_BEGINS(rest, "to=<"))
		return TAKEN_OTHER;
	end = rest.text + rest.length;
	relay = SPAN_FIND(rest, ">, relay=");
	status = relay ? SPAN_FIND(span_between(relay, end), ", status=") : NULL;
	if (!status)
		return TAKEN_NOT;
	relay += sizeof ">, relay=" - 1;
	comma = memchr(relay, ',', (size_t)(status + 1 - relay));
	take_status(&postfix_own(slot)->txs[tx], line, span_between(relay, comma), span_between(status + 9, end));
	message_changed(postfix, slot, tx);
	return TAKEN;
}

/* "message-id=<...>", and what header_checks and milters say of a message */
static enum taken cleanup_line(struct postfix *postfix, const struct log_line *line)
{
	struct session_slot *slot;
	enum taken taken;
	struct span rest;
	uint32_t tx;

	slot = find_message(postfix, line, &rest, &tx);
	if (!slot)
		return TAKEN_OTHER;
	postfix_own(slot)->txs[tx].over = true;
	/* It comes before the queue manager has the message. */
	if (SPAN_BEGINS(rest, "message-id=") && postfix_own(slot)->txs[tx].queued)
		forget_message(postfix, slot, tx);
	if (SPAN_BEGINS(rest, "message-id=") || SPAN_BEGINS(rest, "resent-message-id="))
		return TAKEN_OTHER;
	taken = postfix_about_message(postfix, slot, tx, rest);
	message_changed(postfix, slot, tx);
	return taken;
}

void postfix_expire(struct postfix *postfix, int64_t now_us)
{
	if (now_us < postfix->expired_us + EXPIRE_EVERY_US && now_us >= postfix->expired_us)
		return;
	postfix->expired_us = now_us;
	sessions_expire(postfix->smtpd, now_us);
	if (postfix->postscreen)
		sessions_expire(postfix->postscreen, now_us);
}

struct program_begin {
	const char *begin, *program;
};

static const struct program_begin message_begins[] = {
	{ "connect from ", "smtpd" }, { "disconnect from ", "smtpd" }, { "NOQUEUE: reject: RCPT from [", "postscreen" },
	{ "NOQUEUE: reject: CONNECT from [", "postscreen" }, { "NOQUEUE: ", "smtpd" }, { "warning: ", "smtpd" },
	{ "CONNECT from [", "postscreen" }, { "PASS ", "postscreen" }, { "WHITELIST", "postscreen" },
	{ "ALLOWLIST", "postscreen" }, { "DISCONNECT [", "postscreen" }, { "HANGUP ", "postscreen" },
	{ "PREGREET ", "postscreen" }, { "DNSBL ", "postscreen" },
};

static const struct program_begin queue_id_begins[] = {
	{ "client=", "smtpd" }, { "from=<", "qmgr" }, { "removed", "qmgr" }, { "message-id=", "cleanup" },
	{ "resent-message-id=", "cleanup" }, { "to=<", "smtp" }, { "uid=", "pickup" },
	{ "reject: ", "smtpd" }, { "milter-", "smtpd" }, { "reject_warning: ", "smtpd" }, { "hold: ", "smtpd" },
	{ "discard: ", "smtpd" }, { "filter: ", "smtpd" }, { "redirect: ", "smtpd" }, { "info: ", "smtpd" },
	{ "permit: ", "smtpd" }, { "prepend: ", "smtpd" }, { "bcc: ", "smtpd" }, { "delay: ", "smtpd" },
};

/* Empty: none of them. */
static struct span find_begin(struct span text, const struct program_begin *begins, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_begins(text, begins[i].begin, strlen(begins[i].begin)))
			return (struct span){ begins[i].program, strlen(begins[i].program) };
	return (struct span){ text.text, 0 };
}

/* "KEYWORD: header ...", "milter-KEYWORD: END-OF-MESSAGE ...": behind a queue id. */
static bool is_of_cleanup(struct span text)
{
	static const char *const begins[] = { "header ", "body ", "mime-error " };
	const char *colon = SPAN_FIND(text, ": ");
	struct span rest;

	if (!colon)
		return false;
	rest = span_between(colon + 2, text.text + text.length);
	return span_begins_any(rest, begins, sizeof begins / sizeof begins[0]) ||
	       (SPAN_BEGINS(text, "milter-") && SPAN_BEGINS(rest, "END-OF-MESSAGE "));
}

/* journalctl -o with-unit puts the name of the unit in place of the program's: its messages tell which it was. */
static struct span program_by_message(struct span message)
{
	struct span program = find_begin(message, message_begins, sizeof message_begins / sizeof message_begins[0]), id, rest;
	size_t tls_length = postfix_tls_begin_length(message);

	/* What serves postscreen knows no name of the client. */
	if (tls_length > 0)
		return SPAN_BEGINS(span_after(message, tls_length), "[") ? (struct span){ "tlsproxy", 8 } : (struct span){ "smtpd", 5 };
	if (program.length > 0 || !span_take_queue_id(message, &id, &rest))
		return program;
	if (is_of_cleanup(rest))
		return (struct span){ "cleanup", 7 };
	return find_begin(rest, queue_id_begins, sizeof queue_id_begins / sizeof queue_id_begins[0]);
}

static enum taken tagged(void *state, const struct log_line *line)
{
	struct postfix *postfix = state;
	struct span program = log_line_program(line);

	if (!SPAN_IS(program, "smtpd") && postfix_is_policy_server(program.length > 0 ? program : line->tag))
		return postfix_policy_line(postfix, line);
	/* A message alone is smtpd's. */
	if (line->tag.length > 0 && program.length == 0)
		program = program_by_message(line->message);
	if (line->tag.length == 0 || SPAN_IS(program, "smtpd"))
		return postfix_smtpd_line(postfix, line);
	if (SPAN_IS(program, "qmgr") || SPAN_IS(program, "oqmgr") || SPAN_IS(program, "nqmgr"))
		return qmgr_line(postfix, line);
	if (SPAN_IS(program, "cleanup"))
		return cleanup_line(postfix, line);
	if (SPAN_IS(program, "postscreen"))
		return postfix_postscreen_line(postfix, line);
	if (SPAN_IS(program, "tlsproxy"))
		return postfix_tlsproxy_line(postfix, line);
	return delivery_line(postfix, line);
}

static void finish(void *state)
{
	struct postfix *postfix = state;

	sessions_finish_all(postfix->smtpd);
	if (postfix->postscreen)
		sessions_finish_all(postfix->postscreen);
}

static void close_reader(void *state)
{
	struct postfix *postfix = state;

	sessions_free(&postfix->smtpd);
	sessions_free(&postfix->postscreen);
	index_clear(&postfix->clients);
	free(postfix);
}

const struct log_format log_postfix = {
	.name = "postfix",
	.claims = claims,
	.open = open_reader,
	.tagged = tagged,
	.finish = finish,
	.close = close_reader,
};
