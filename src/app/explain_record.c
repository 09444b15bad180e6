/* SPDX-License-Identifier: BSD-2-Clause */
/* From an id to a recorded session, its DNS answers, and what was made of it then. */
#include "app/explain_record.h"

#include "app/command.h"
#include "app/record_dns.h"
#include "app/session_find.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/instant.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 8192
#define TX_DIGITS_MAX 6

/* "ID" or "ID.N" to the id and N (0: the last one); false: neither. */
static bool split_id(const char *text, char id_r[SESSION_ID_BYTES], size_t *number_r)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	size_t length = strspn(text, letters);
	char *end;

	*number_r = 0;
	if (length != SESSION_ID_BYTES - 1)
		return false;
	memcpy(id_r, text, length);
	id_r[length] = '\0';
	if (text[length] == '\0')
		return true;
	text += length + 1;
	if (text[-1] != '.' || strspn(text, "0123456789") != strlen(text) || strlen(text) - 1 >= TX_DIGITS_MAX)
		return false;
	*number_r = strtoul(text, &end, 10);
	return true;
}

int recorded_load(const struct policy *policy, const char *id, struct recorded *recorded_r)
{
	const char *path = policy->server.session_log.path;
	char session_id[SESSION_ID_BYTES];
	struct record *record = &recorded_r->record;
	const char *error;
	size_t number;

	arena_init(&recorded_r->arena, NULL, 0, BLOCK_BYTES);
	if (!split_id(id, session_id, &number))
		return command_usage(&command_explain, "'%s' is no id of a session; expected one such as "
				     "01JD8XA7Q2M4T9VB, or with its transaction 01JD8XA7Q2M4T9VB.1", id);
	if (!path)
		return command_usage(&command_explain, "'--id' needs server.session_log in the policy");
	if (!session_find(path, session_id, &recorded_r->arena, record, &error))
		return error == file_no_memory ? EXIT_SYSTEM : command_bad_input(&command_explain, path, error);
	if (number > record->tx_count)
		return command_bad_input(&command_explain, session_id,
					 record->truncated.presence == PRESENCE_KNOWN && record->truncated.value > 0 ?
						 "no transaction of that number in the log: its last ones were cut" :
						 "it has no transaction of that number");
	recorded_r->tx = number > 0 ? number - 1 : record->tx_count > 0 ? record->tx_count - 1 : 0;
	return EXIT_FINE;
}

void recorded_clear(struct recorded *recorded)
{
	arena_clear(&recorded->arena);
}

int recorded_dns(const struct recorded *recorded, struct dns **dns_r)
{
	return record_dns_open(&recorded->record, recorded->tx, NULL, dns_r) ? EXIT_FINE : EXIT_SYSTEM;
}

/* --- what was made of it then --- */

static const struct record_verdict *verdict_then(const struct recorded *recorded)
{
	const struct record *record = &recorded->record;
	const struct record_verdict *early = NULL;

	for (size_t i = 0; i < record->verdict_count; i++) {
		const struct number *tx = &record->verdicts[i].tx;

		if (tx->presence == PRESENCE_KNOWN && tx->value == recorded->tx)
			return &record->verdicts[i];
		if (tx->presence != PRESENCE_KNOWN)
			early = &record->verdicts[i];
	}
	return early;
}

static void add_text(struct buf *out, const char *before, const struct text *text)
{
	if (text->presence != PRESENCE_KNOWN)
		return;
	buf_add(out, before);
	buf_add_escaped(out, text->value, "", 0);
}

static void add_outcome(struct buf *out, const char *before, const struct record_outcome *outcome)
{
	add_text(out, before, &outcome->action);
	add_text(out, ", by check ", &outcome->check);
	add_text(out, ", by rule ", &outcome->rule);
	add_text(out, "\n  ", &outcome->reply);
	buf_add_char(out, '\n');
}

static void add_absent(struct buf *out, const struct record *record)
{
	if (record->redacted.count > 0)
		buf_add(out, "redacted, so unknown here:");
	for (size_t i = 0; i < record->redacted.count; i++) {
		buf_add(out, i > 0 ? ", " : " ");
		buf_add_escaped(out, record->redacted.items[i], "", 0);
	}
	if (record->redacted.count > 0)
		buf_add_char(out, '\n');
	if (record->truncated.presence == PRESENCE_KNOWN && record->truncated.value > 0)
		buf_addf(out, "%u questions, greetings or transactions did not fit in the record\n",
			 record->truncated.value);
}

void recorded_text(const struct recorded *recorded, const struct policy *policy, struct buf *out)
{
	const struct record *record = &recorded->record;
	const struct record_verdict *then = verdict_then(recorded);
	const struct text *sha256 = &record->policy_sha256;
	char start[INSTANT_TEXT_BYTES];

	buf_add(out, "session ");
	add_text(out, "", &record->id);
	if (record->start_us.presence == PRESENCE_KNOWN) {
		instant_format(record->start_us.value, start);
		buf_addf(out, " of %s", start);
	}
	if (record->tx_count > 0)
		buf_addf(out, ", transaction %zu of %zu\n", recorded->tx + 1, record->tx_count);
	else
		buf_add(out, ", without transaction\n");
	if (then)
		add_outcome(out, "answered then: ", &then->outcome);
	if (then && then->would_presence == PRESENCE_KNOWN)
		add_outcome(out, "in mode enforce, then: ", &then->would);
	if (sha256->presence == PRESENCE_KNOWN && strcmp(sha256->value, policy->sha256) != 0)
		add_text(out, "by another policy than this one: sha256 ", sha256);
	if (sha256->presence == PRESENCE_KNOWN && strcmp(sha256->value, policy->sha256) != 0)
		buf_add_char(out, '\n');
	add_absent(out, record);
	buf_add(out, "\nthe same session, judged again\n");
}
