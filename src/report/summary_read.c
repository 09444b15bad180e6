/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary from JSON, to be merged. */
#include "report/summary.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/json_read.h"
#include "logs/record_json.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct json_reader json;
	struct arena arena;
	bool latin1;
	bool whole;
	struct summary *summary;
};

static bool take_count(struct reading *reading, uint64_t *count_r)
{
	int64_t value;

	if (!json_take_integer(&reading->json, &value))
		return false;
	*count_r = (uint64_t)value;
	if (value < 0 || *count_r > COUNT_MAX)
		return json_fail(&reading->json, value < 0 ? "a count below zero" : "a count that is too large");
	return true;
}

/* In the reader's arena. */
static bool take_text(struct reading *reading, const char **text_r)
{
	return json_take_text(&reading->json, &reading->arena, reading->latin1, text_r);
}

static bool take_into(struct reading *reading, char *space, size_t bytes)
{
	const char *text;

	if (!take_text(reading, &text))
		return false;
	if (strlen(text) >= bytes)
		return json_fail(&reading->json, "a text that is too long");
	memcpy(space, text, strlen(text) + 1);
	return true;
}

static bool take_instant(struct reading *reading, int64_t *us_r)
{
	struct json_slice raw;
	bool has_offset;

	if (json_take_null(&reading->json))
		return true;
	if (!json_take_string(&reading->json, &raw))
		return false;
	if (instant_parse(raw.text, raw.length, us_r, &has_offset) == 0)
		return json_fail(&reading->json, "expected a time");
	reading->summary->timed = true;
	return true;
}

/* {"WORD":COUNT,...} of a table of words; others are ignored. */
static bool take_counts(struct reading *reading, const char *(*word)(int), int words, uint64_t *counts)
{
	struct json_slice key;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (json_next_key(&reading->json, &key)) {
		int i = 0;

		while (i < words && !json_slice_is(key, word(i)))
			i++;
		if (i < words ? !take_count(reading, &counts[i]) : !json_skip(&reading->json))
			return false;
	}
	return !reading->json.error;
}

static const char *total_at(int i)
{
	return total_word((enum total)i);
}

static const char *change_at(int i)
{
	return change_word((enum change)i);
}

static const char *state_at(int i)
{
	return state_word((enum state)i);
}

static bool take_matrix(struct reading *reading)
{
	struct json_slice key;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (json_next_key(&reading->json, &key)) {
		int i = 0;

		while (i < STATE_COUNT && !json_slice_is(key, state_at(i)))
			i++;
		if (i < STATE_COUNT ? !take_counts(reading, state_at, STATE_COUNT, reading->summary->matrix[i]) :
				      !json_skip(&reading->json))
			return false;
	}
	return !reading->json.error;
}

/* Arrays in arrays, of exactly this shape. */
static bool take_hours(struct reading *reading)
{
	struct json_reader *json = &reading->json;
	uint64_t *counts = &reading->summary->hours[0][0][0];
	size_t taken = 0;

	if (!json_enter(json, JSON_ARRAY))
		return false;
	while (json_next_item(json)) {
		if (!json_enter(json, JSON_ARRAY))
			return false;
		while (json_next_item(json)) {
			if (!json_enter(json, JSON_ARRAY))
				return false;
			while (json_next_item(json))
				if (taken == 7 * 24 * 2 || !take_count(reading, &counts[taken++]))
					return json_fail(&reading->json, "hours that are not those of a week");
		}
	}
	return !json->error && (taken == 7 * 24 * 2 || json_fail(&reading->json, "hours that are not those of a week"));
}

static bool take_row(struct reading *reading, enum summary_list list)
{
	uint64_t counts[TALLY_COLUMNS] = { 0 };
	const char *name = NULL;
	struct json_slice key;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (json_next_key(&reading->json, &key)) {
		int column = 0;

		if (json_slice_is(key, "name")) {
			if (!take_text(reading, &name))
				return false;
			continue;
		}
		while (column < TALLY_COLUMNS &&
		       !(list_column(list, column) && json_slice_is(key, list_column(list, column))))
			column++;
		if (column < TALLY_COLUMNS ? !take_count(reading, &counts[column]) : !json_skip(&reading->json))
			return false;
	}
	if (!name)
		return json_fail(&reading->json, "a row without a name");
	return tally_add(&reading->summary->lists[list], name, counts) || json_fail(&reading->json, file_no_memory);
}

static bool take_bound(struct reading *reading, enum summary_list list)
{
	const char *text;
	char *end;
	uint64_t bound;

	if (!take_text(reading, &text))
		return false;
	bound = strtoull(text, &end, 16);
	if (*end != '\0' || strlen(text) != 16 || bound == 0)
		return json_fail(&reading->json, "a bound that is none");
	return tally_limit(&reading->summary->lists[list], bound) || json_fail(&reading->json, file_no_memory);
}

static bool take_list(struct reading *reading, enum summary_list list)
{
	struct json_slice key;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (json_next_key(&reading->json, &key)) {
		if (json_slice_is(key, "sampled_below")) {
			if (!take_bound(reading, list))
				return false;
		} else if (json_slice_is(key, "rows")) {
			if (!json_enter(&reading->json, JSON_ARRAY))
				return false;
			while (json_next_item(&reading->json))
				if (!take_row(reading, list))
					return false;
		} else if (!json_skip(&reading->json)) {
			return false;
		}
	}
	return !reading->json.error;
}

static bool take_evidence(struct reading *reading, unsigned *evidence_r)
{
	const char *word;

	if (!json_enter(&reading->json, JSON_ARRAY))
		return false;
	while (json_next_item(&reading->json)) {
		if (!take_text(reading, &word))
			return false;
		for (unsigned bit = EVIDENCE_FIRST; bit <= EVIDENCE_LAST; bit <<= 1)
			if (strcmp(word, evidence_word((enum evidence)bit)) == 0)
				*evidence_r |= bit;
	}
	return !reading->json.error;
}

static bool take_sample_word(struct reading *reading, struct json_slice key, struct sample *sample)
{
	const char *word;

	if (!take_text(reading, &word))
		return false;
	if (json_slice_is(key, "change"))
		return change_from_word(word, &sample->change) || json_fail(&reading->json, "a change that is not known");
	if (json_slice_is(key, "certainty"))
		return certainty_from_word(word, &sample->certainty) || json_fail(&reading->json, "a certainty that is not known");
	return answer_from_word(word, &sample->answer) || json_fail(&reading->json, "an answer that is not known");
}

static bool take_sample_part(struct reading *reading, struct json_slice key, struct sample *sample)
{
	const struct {
		const char *key;
		char **text;
	} texts[] = {
		{ "id", &sample->id }, { "start", &sample->start }, { "client", &sample->client },
		{ "client_name", &sample->client_name }, { "helo", &sample->helo }, { "sender", &sample->sender },
		{ "reason", &sample->reason }, { "reply", &sample->reply },
	};
	const char *text;

	if (json_slice_is(key, "evidence"))
		return take_evidence(reading, &sample->evidence);
	if (json_slice_is(key, "change") || json_slice_is(key, "certainty") || json_slice_is(key, "answer"))
		return take_sample_word(reading, key, sample);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (!json_slice_is(key, texts[i].key))
			continue;
		if (!take_text(reading, &text))
			return false;
		free(*texts[i].text);
		*texts[i].text = strdup(text);
		return *texts[i].text || json_fail(&reading->json, file_no_memory);
	}
	return json_skip(&reading->json);
}

static bool take_samples(struct reading *reading)
{
	struct json_slice key;

	if (!json_enter(&reading->json, JSON_ARRAY))
		return false;
	while (json_next_item(&reading->json)) {
		struct sample sample = { .change = CHANGE_SAME };
		bool good = json_enter(&reading->json, JSON_OBJECT);

		while (good && json_next_key(&reading->json, &key))
			good = take_sample_part(reading, key, &sample);
		if (!good || reading->json.error) {
			sample_clear(&sample);
			return false;
		}
		sample.rank = sample_rank(sample.change, sample.evidence);
		sample.hash = hash_bytes(sample.id ? sample.id : "", sample.id ? strlen(sample.id) : 0, 8);
		samples_add(&reading->summary->samples, &sample);
	}
	return !reading->json.error;
}

static bool take_missed_lines(struct reading *reading)
{
	const char *text;

	if (!json_enter(&reading->json, JSON_ARRAY))
		return false;
	while (json_next_item(&reading->json)) {
		if (!take_text(reading, &text))
			return false;
		line_samples_add(&reading->summary->missed_lines, text, strlen(text));
	}
	return !reading->json.error;
}

static bool take_client(struct reading *reading)
{
	struct summary *summary = reading->summary;
	const char *text;

	if (json_take_null(&reading->json))
		return true;
	if (json_peek(&reading->json) == JSON_BOOL) {
		summary->many_clients = true;
		return json_skip(&reading->json);
	}
	return take_text(reading, &text) &&
	       (ip_parse(text, &summary->only_client) || json_fail(&reading->json, "expected an address"));
}

static bool take_member(struct reading *reading, struct json_slice key)
{
	struct summary *summary = reading->summary;

	if (json_slice_is(key, "whole"))
		return json_take_bool(&reading->json, &reading->whole);
	if (json_slice_is(key, "partial"))
		return json_take_bool(&reading->json, &summary->partial);
	if (json_slice_is(key, "before"))
		return take_into(reading, summary->meta.before, sizeof summary->meta.before);
	if (json_slice_is(key, "after"))
		return take_into(reading, summary->meta.after, sizeof summary->meta.after);
	if (json_slice_is(key, "dns_source"))
		return take_into(reading, summary->meta.dns, sizeof summary->meta.dns);
	if (json_slice_is(key, "listener"))
		return take_into(reading, summary->meta.listener, sizeof summary->meta.listener);
	if (json_slice_is(key, "first"))
		return take_instant(reading, &summary->first_us);
	if (json_slice_is(key, "last"))
		return take_instant(reading, &summary->last_us);
	if (json_slice_is(key, "only_client"))
		return take_client(reading);
	if (json_slice_is(key, "totals"))
		return take_counts(reading, total_at, TOTAL_COUNT, summary->totals);
	if (json_slice_is(key, "changes"))
		return take_counts(reading, change_at, CHANGE_COUNT, summary->changes);
	if (json_slice_is(key, "matrix"))
		return take_matrix(reading);
	if (json_slice_is(key, "hours"))
		return take_hours(reading);
	if (json_slice_is(key, "samples"))
		return take_samples(reading);
	if (json_slice_is(key, "missed_lines"))
		return take_missed_lines(reading);
	for (int i = 0; i < LIST_COUNT; i++)
		if (json_slice_is(key, list_word((enum summary_list)i)))
			return take_list(reading, (enum summary_list)i);
	return json_skip(&reading->json);
}

const char *summary_read(const char *text, size_t length, struct summary *summary_r)
{
	const struct summary_meta nothing = { .dns = "" };
	struct reading reading = { .summary = summary_r,
				   .latin1 = record_is_latin1(text, length) };
	struct json_slice key;
	bool good;

	summary_init(summary_r, &nothing);
	arena_init(&reading.arena, NULL, 0, 65536);
	json_read_init(&reading.json, text, length);
	good = json_enter(&reading.json, JSON_OBJECT);
	while (good && json_next_key(&reading.json, &key))
		good = take_member(&reading, key);
	good = good && json_finished(&reading.json) && (reading.whole || json_fail(&reading.json, "not a whole summary"));
	arena_clear(&reading.arena);
	if (good)
		return NULL;
	summary_clear(summary_r);
	return reading.json.error;
}
