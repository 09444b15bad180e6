/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary as JSON. */
#include "report/summary.h"

#include "base/instant.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_SHOWN 20

static void write_hours(const struct summary *summary, struct json *json)
{
	json_open_array(json, "hours");
	for (int day = 0; day < 7; day++) {
		json_open_array(json, NULL);
		for (int hour = 0; hour < 24; hour++) {
			json_open_array(json, NULL);
			json_number(json, NULL, (int64_t)summary->hours[day][hour][0]);
			json_number(json, NULL, (int64_t)summary->hours[day][hour][1]);
			json_close_array(json);
		}
		json_close_array(json);
	}
	json_close_array(json);
}

static void write_matrix(const struct summary *summary, struct json *json)
{
	json_open_object(json, "matrix");
	for (int before = 0; before < STATE_COUNT; before++) {
		json_open_object(json, state_word((enum state)before));
		for (int after = 0; after < STATE_COUNT; after++)
			json_number(json, state_word((enum state)after), (int64_t)summary->matrix[before][after]);
		json_close_object(json);
	}
	json_close_object(json);
}

static void write_rows(const struct tally_entry *const *rows, size_t count, enum summary_list list, struct json *json)
{
	json_open_array(json, "rows");
	for (size_t i = 0; i < count; i++) {
		json_open_object(json, NULL);
		json_string(json, "name", rows[i]->name);
		for (int column = 0; column < TALLY_COLUMNS; column++)
			if (list_column(list, column))
				json_number(json, list_column(list, column), (int64_t)rows[i]->counts[column]);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_all_rows(const struct tally *tally, enum summary_list list, struct json *json)
{
	const struct tally_entry **rows = tally_all(tally);

	if (rows)
		write_rows(rows, tally->count, list, json);
	else
		json->out->failed = true;
	free(rows);
}

/* Of the days each one; of the other lists the first, unless all are wanted. */
static void write_list(const struct summary *summary, enum summary_list list, bool whole, struct json *json)
{
	const struct tally *tally = &summary->lists[list];
	const struct tally_entry *top[ROWS_SHOWN];

	json_open_object(json, list_word(list));
	json_number(json, "count", (int64_t)tally->count);
	/* 64 bits do not fit a number of JSON. */
	if (tally->bound > 0) {
		char bound[17];

		(void)snprintf(bound, sizeof bound, "%016llx", (unsigned long long)tally->bound);
		json_string(json, "sampled_below", bound);
	}
	if (whole || list == LIST_DAYS)
		write_all_rows(tally, list, json);
	else
		write_rows(top, tally_top(tally, top, ROWS_SHOWN), list, json);
	json_close_object(json);
}

static void write_known(struct json *json, const char *key, const char *value)
{
	if (value)
		json_string(json, key, value);
}

static void write_sample(const struct sample *sample, struct json *json)
{
	json_open_object(json, NULL);
	json_string(json, "change", change_word(sample->change));
	json_string(json, "answer", answer_word(sample->answer));
	json_string(json, "certainty", certainty_word(sample->certainty));
	json_open_array(json, "evidence");
	for (unsigned bit = EVIDENCE_FIRST; bit <= EVIDENCE_LAST; bit <<= 1)
		if (sample->evidence & bit)
			json_string(json, NULL, evidence_word((enum evidence)bit));
	json_close_array(json);
	write_known(json, "id", sample->id);
	write_known(json, "start", sample->start);
	write_known(json, "client", sample->client);
	write_known(json, "client_name", sample->client_name);
	write_known(json, "helo", sample->helo);
	write_known(json, "sender", sample->sender);
	write_known(json, "reason", sample->reason);
	write_known(json, "reply", sample->reply);
	json_close_object(json);
}

static void write_instant(struct json *json, const char *key, bool known, int64_t us)
{
	char text[INSTANT_TEXT_BYTES];

	if (known)
		instant_format(us, text);
	json_string(json, key, known ? text : NULL);
}

/* The one client of all, false for many, null for none. */
static void write_client(const struct summary *summary, struct json *json)
{
	char text[IP_TEXT_BYTES];

	if (summary->many_clients) {
		json_bool(json, "only_client", false);
		return;
	}
	if (summary->only_client.family != IP_NONE)
		ip_format(&summary->only_client, text);
	json_string(json, "only_client", summary->only_client.family != IP_NONE ? text : NULL);
}

/* true: a string held bytes that need latin1. */
static bool write_with(const struct summary *summary, bool whole, bool latin1, struct buf *out)
{
	struct json json;

	json_init(&json, out);
	json.latin1 = latin1;
	json_open_object(&json, NULL);
	json_string(&json, "schema", "ehlo-milter.summary/1");
	if (latin1)
		json_string(&json, "enc", "latin1");
	json_bool(&json, "whole", whole);
	json_bool(&json, "partial", summary->partial);
	json_string(&json, "before", summary->meta.before);
	json_string(&json, "after", summary->meta.after);
	json_string(&json, "dns_source", summary->meta.dns);
	if (summary->meta.listener[0] != '\0')
		json_string(&json, "listener", summary->meta.listener);
	write_instant(&json, "first", summary->timed, summary->first_us);
	write_instant(&json, "last", summary->timed, summary->last_us);
	write_client(summary, &json);
	json_open_object(&json, "totals");
	for (int i = 0; i < TOTAL_COUNT; i++)
		json_number(&json, total_word((enum total)i), (int64_t)summary->totals[i]);
	json_close_object(&json);
	json_open_object(&json, "changes");
	for (int i = 0; i < CHANGE_COUNT; i++)
		json_number(&json, change_word((enum change)i), (int64_t)summary->changes[i]);
	json_close_object(&json);
	write_matrix(summary, &json);
	write_hours(summary, &json);
	for (int i = 0; i < LIST_COUNT; i++)
		write_list(summary, (enum summary_list)i, whole, &json);
	json_open_array(&json, "samples");
	for (size_t i = 0; i < summary->samples.count; i++)
		write_sample(&summary->samples.items[i], &json);
	json_close_array(&json);
	json_open_array(&json, "missed_lines");
	for (unsigned i = 0; i < summary->missed_lines.count; i++)
		json_string(&json, NULL, summary->missed_lines.items[i].text);
	json_close_array(&json);
	json_close_object(&json);
	buf_add_char(out, '\n');
	return json.lossy;
}

void summary_write(const struct summary *summary, bool whole, struct buf *out)
{
	size_t begin = out->length;

	if (write_with(summary, whole, false, out) && !out->failed) {
		out->length = begin;
		(void)write_with(summary, whole, true, out);
	}
}
