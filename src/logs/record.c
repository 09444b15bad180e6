/* SPDX-License-Identifier: BSD-2-Clause */
/* The session record: what can be said of one without knowing where it came from. */
#include "logs/record.h"

#include <string.h>

static const char *const source_words[] = {
	[SOURCE_DAEMON] = "daemon", [SOURCE_POSTFIX_LOG] = "postfix-log", [SOURCE_SENDMAIL_LOG] = "sendmail-log",
	[SOURCE_TRANSCRIPT] = "transcript", [SOURCE_ZEEK] = "zeek", [SOURCE_SURICATA] = "suricata",
};

static const char *const command_words[COUNTED_TOTAL] = {
	[COUNTED_HELO] = "helo", [COUNTED_EHLO] = "ehlo", [COUNTED_STARTTLS] = "starttls", [COUNTED_AUTH] = "auth",
	[COUNTED_AUTH_FAILED] = "auth_failed", [COUNTED_MAIL] = "mail", [COUNTED_RCPT] = "rcpt",
	[COUNTED_DATA] = "data", [COUNTED_BDAT] = "bdat", [COUNTED_RSET] = "rset", [COUNTED_NOOP] = "noop",
	[COUNTED_VRFY] = "vrfy", [COUNTED_EXPN] = "expn", [COUNTED_ETRN] = "etrn", [COUNTED_HELP] = "help",
	[COUNTED_XCLIENT] = "xclient", [COUNTED_QUIT] = "quit", [COUNTED_UNKNOWN] = "unknown",
};

const char *record_source_word(enum record_source source)
{
	return source_words[source];
}

bool record_source_from_word(const char *word, enum record_source *source_r)
{
	for (int source = SOURCE_DAEMON; source <= SOURCE_SURICATA; source++) {
		if (strcmp(word, source_words[source]) == 0) {
			*source_r = (enum record_source)source;
			return true;
		}
	}
	return false;
}

const char *record_command_word(enum record_command command)
{
	return command_words[command];
}

void *record_grow(struct arena *arena, void *items, size_t *count, size_t element_bytes)
{
	char *array, *grown;

	memcpy(&array, items, sizeof array);
	/* The capacity is the least power of two that holds count elements. */
	if ((*count & (*count - 1)) == 0) {
		grown = arena_array(arena, *count > 0 ? *count * 2 : 1, element_bytes);
		if (!grown)
			return NULL;
		if (*count > 0)
			memcpy(grown, array, *count * element_bytes);
		array = grown;
		memcpy(items, &array, sizeof array);
	}
	return array + (*count)++ * element_bytes;
}

static bool holds(const struct string_list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], key) == 0)
			return true;
	return false;
}

bool record_is_redacted(const struct record *record, const char *key)
{
	return holds(&record->redacted, key);
}

bool record_tx_lose(struct record_tx *tx, const char *key, struct arena *arena)
{
	const char **item = record_grow(arena, &tx->missing.items, &tx->missing.count, sizeof *item);

	if (item) {
		tx->missing.presence = PRESENCE_KNOWN;
		*item = key;
	}
	return item;
}

/* What is told of the transaction by itself, else of the session. */
static struct text of_tx(const struct record_tx *tx, const char *key, const struct text *own, const struct text *session)
{
	if (holds(&tx->missing, key))
		return (struct text){ .presence = PRESENCE_UNKNOWN };
	return own->presence != PRESENCE_UNKNOWN ? *own : *session;
}

struct text record_login(const struct record *record, size_t tx)
{
	if (tx >= record->tx_count)
		return record->sasl_username;
	return of_tx(&record->tx[tx], "sasl_username", &record->tx[tx].sasl_username, &record->sasl_username);
}

enum presence record_encryption(const struct record *record, size_t tx)
{
	const struct text session = { .presence = record->tls_presence };

	if (tx >= record->tx_count)
		return record->tls_presence;
	return of_tx(&record->tx[tx], "tls_version", &record->tx[tx].tls_version, &session).presence;
}

struct text record_tls_version(const struct record *record, size_t tx)
{
	const struct text session = record->tls_presence == PRESENCE_KNOWN ? record->tls_version :
									      (struct text){ .presence = record->tls_presence };

	if (tx >= record->tx_count)
		return session;
	return of_tx(&record->tx[tx], "tls_version", &record->tx[tx].tls_version, &session);
}

struct record_outcome record_refused(const struct text *reply)
{
	char digit = reply->presence == PRESENCE_KNOWN ? reply->value[0] : '\0';
	struct record_outcome outcome = { .reply = *reply, .check = text_none(), .rule = text_none() };

	if (digit == '4' || digit == '5')
		outcome.action = text_known(digit == '4' ? "tempfail" : "reject");
	return outcome;
}

struct record_outcome record_taken(bool held)
{
	return (struct record_outcome){ .action = text_known(held ? "quarantine" : "accept"), .reply = text_none(),
					.check = text_none(), .rule = text_none() };
}

struct record_verdict *record_add_verdict(struct record *record, struct arena *arena)
{
	struct record_verdict *verdict =
		record_grow(arena, &record->verdicts, &record->verdict_count, sizeof *verdict);

	if (verdict) {
		record->verdicts_presence = PRESENCE_KNOWN;
		verdict->tx.presence = verdict->would_presence = PRESENCE_NONE;
	}
	return verdict;
}

/* Is the name, or the verb, of some greeting not told? */
static bool greeting_lacks(const struct record *record, bool name)
{
	for (size_t i = 0; i < record->helo_count; i++)
		if (name ? record->helo[i].name.presence == PRESENCE_UNKNOWN :
			   record->helo[i].verb == VERB_UNKNOWN)
			return true;
	return false;
}

static bool sender_lacks(const struct record *record)
{
	for (size_t i = 0; i < record->tx_count; i++)
		if (record->tx[i].sender.presence == PRESENCE_UNKNOWN)
			return true;
	return false;
}

/* Is the fact, which the session has, missing in a transaction? */
static bool tx_lacks(const struct record *record, const char *key)
{
	for (size_t i = 0; i < record->tx_count; i++)
		if (holds(&record->tx[i].missing, key))
			return true;
	return false;
}

size_t record_missing(const struct record *record, const char *names_r[RECORD_MISSING_MAX])
{
	const struct number *commands = record->commands;
	const struct {
		const char *name;
		bool missing;
	} facts[] = {
		{ "start", record->start_us.presence == PRESENCE_UNKNOWN },
		{ "client_address", record->client_address.presence == PRESENCE_UNKNOWN },
		{ "client_port", record->client_port.presence == PRESENCE_UNKNOWN },
		{ "client_name", record->client_name.presence == PRESENCE_UNKNOWN },
		{ "reverse_client_name", record->reverse_client_name.presence == PRESENCE_UNKNOWN },
		{ "client_resolve", record->client_resolve.presence == PRESENCE_UNKNOWN },
		{ "server_address", record->server_address.presence == PRESENCE_UNKNOWN },
		{ "server_port", record->server_port.presence == PRESENCE_UNKNOWN },
		{ "daemon_name", record->daemon_name.presence == PRESENCE_UNKNOWN },
		{ "helo", record->helo_presence == PRESENCE_UNKNOWN },
		{ "helo.name", greeting_lacks(record, true) },
		{ "helo.verb", greeting_lacks(record, false) },
		{ "tls", record->tls_presence == PRESENCE_UNKNOWN },
		{ "tls.version", record->tls_presence == PRESENCE_KNOWN &&
				 record->tls_version.presence == PRESENCE_UNKNOWN },
		{ "sasl_username", record->sasl_username.presence == PRESENCE_UNKNOWN },
		{ "tx", record->tx_presence == PRESENCE_UNKNOWN },
		{ "tx.sender", sender_lacks(record) },
		{ "tx.sasl_username", tx_lacks(record, "sasl_username") },
		{ "tx.tls_version", tx_lacks(record, "tls_version") },
		{ "commands.vrfy", commands[COUNTED_VRFY].presence == PRESENCE_UNKNOWN },
		{ "commands.expn", commands[COUNTED_EXPN].presence == PRESENCE_UNKNOWN },
		{ "commands.etrn", commands[COUNTED_ETRN].presence == PRESENCE_UNKNOWN },
		{ "dns", record->dns_presence == PRESENCE_UNKNOWN },
	};
	size_t count = 0;

	_Static_assert(sizeof facts / sizeof facts[0] <= RECORD_MISSING_MAX, "room for all names");
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		if (facts[i].missing)
			names_r[count++] = facts[i].name;
	return count;
}

bool record_reaches_milter(const struct record *record)
{
	for (size_t i = 0; i < record->verdict_count; i++) {
		const struct text *check = &record->verdicts[i].outcome.check;

		if (check->presence == PRESENCE_KNOWN && strcmp(check->value, "postscreen") == 0)
			return false;
	}
	return true;
}

/* Looks at all of them, once, so that record_greeting() need not for each transaction; it tells the same without. */
static void order_greetings(struct record *record)
{
	int64_t last_us = INT64_MIN;

	for (size_t i = 0; i < record->helo_count; i++) {
		const struct micros *t_us = &record->helo[i].t_us;

		/* Those without time come first: they hold for whatever comes later. */
		if (t_us->presence == PRESENCE_KNOWN ? t_us->value < last_us : last_us > INT64_MIN)
			return;
		if (t_us->presence == PRESENCE_KNOWN)
			last_us = t_us->value;
	}
	record->helo_ordered = true;
}

bool record_make_whole(struct record *record, struct arena *arena)
{
	if (record->make_whole)
		record->make_whole(record, arena);
	record->make_whole = NULL;
	record->seen = NULL;
	order_greetings(record);
	return !arena->failed;
}

static bool is_later(const struct record_helo *helo, int64_t at_us)
{
	return helo->t_us.presence == PRESENCE_KNOWN && helo->t_us.value > at_us;
}

/* How many of them stand before the first that is later, if they are ordered; else up to the last that is not later. */
static size_t greetings_until(const struct record *record, int64_t at_us)
{
	size_t count = record->helo_count, low = 0;

	while (!record->helo_ordered && count > 0 && is_later(&record->helo[count - 1], at_us))
		count--;
	while (record->helo_ordered && low < count) {
		size_t middle = low + (count - low) / 2;

		if (is_later(&record->helo[middle], at_us))
			count = middle;
		else
			low = middle + 1;
	}
	return count;
}

const struct record_helo *record_greeting(const struct record *record, size_t tx, enum presence *presence_r)
{
	const struct micros *at = tx < record->tx_count ? &record->tx[tx].t_us : NULL;
	size_t count = at && at->presence == PRESENCE_KNOWN ? greetings_until(record, at->value) : record->helo_count;

	*presence_r = record->helo_presence;
	if (count > 0)
		*presence_r = PRESENCE_KNOWN;
	else if (record->helo_presence == PRESENCE_KNOWN)
		*presence_r = PRESENCE_NONE;
	return count > 0 ? &record->helo[count - 1] : NULL;
}
