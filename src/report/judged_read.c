/* SPDX-License-Identifier: BSD-2-Clause */
/* Judged sessions from JSON lines. */
#include "report/judged_json.h"

#include "base/file.h"
#include "base/json_read.h"
#include "core/check.h"
#include "logs/record_json.h"
#include "logs/stats_json.h"

#include <string.h>

struct reading {
	struct json_reader json;
	struct arena *arena;
	bool latin1;
};

/* What a member of an object is taken into; it skips those that it does not know. */
typedef bool take_member(struct reading *reading, struct json_slice key, void *object);

static bool take_object(struct reading *reading, take_member *take, void *object)
{
	struct json_slice key;
	bool good = json_enter(&reading->json, JSON_OBJECT);

	while (good && json_next_key(&reading->json, &key))
		good = take(reading, key, object);
	return good && !reading->json.error;
}

typedef bool take_item(struct reading *reading, void *item);

/* *items_r: left alone where there are none. */
static bool take_array(struct reading *reading, take_item *take, size_t item_bytes, void *items_r, size_t *count_r)
{
	void *item;

	*count_r = 0;
	if (!json_enter(&reading->json, JSON_ARRAY))
		return false;
	while (json_next_item(&reading->json)) {
		item = record_grow(reading->arena, items_r, count_r, item_bytes);
		if (!item)
			return json_fail(&reading->json, file_no_memory);
		if (!take(reading, item))
			return false;
	}
	return !reading->json.error;
}

/* NULL for null. */
static bool take_text(struct reading *reading, const char **text_r)
{
	*text_r = NULL;
	return json_take_null(&reading->json) || json_take_text(&reading->json, reading->arena, reading->latin1, text_r);
}

static bool take_into(struct reading *reading, char *space, size_t bytes)
{
	const char *text;

	if (!take_text(reading, &text))
		return false;
	if (!text || strlen(text) >= bytes)
		return json_fail(&reading->json, "judged: a text that is too long, or none");
	memcpy(space, text, strlen(text) + 1);
	return true;
}

static bool take_answer_word(struct reading *reading, enum answer *answer_r)
{
	const char *word;

	return take_text(reading, &word) &&
	       ((word && answer_from_word(word, answer_r)) || json_fail(&reading->json, "judged: an answer that is none"));
}

static bool take_certainty(struct reading *reading, enum certainty *certainty_r)
{
	const char *word;

	return take_text(reading, &word) &&
	       ((word && certainty_from_word(word, certainty_r)) || json_fail(&reading->json, "judged: a certainty that is none"));
}

static bool take_doubts(struct reading *reading, enum doubts *doubts_r)
{
	const char *word;

	return take_text(reading, &word) &&
	       ((word && doubts_from_word(word, doubts_r)) || json_fail(&reading->json, "judged: doubts that are none"));
}

static bool take_answer_member(struct reading *reading, struct json_slice key, void *object)
{
	struct judged_answer *answer = object;

	if (json_slice_is(key, "answer"))
		return take_answer_word(reading, &answer->answer);
	if (json_slice_is(key, "certainty"))
		return take_certainty(reading, &answer->certainty);
	if (json_slice_is(key, "check"))
		return take_text(reading, &answer->check);
	if (json_slice_is(key, "rule"))
		return take_text(reading, &answer->rule);
	if (json_slice_is(key, "reply"))
		return take_text(reading, &answer->reply);
	return json_skip(&reading->json);
}

static bool take_answer(struct reading *reading, struct judged_answer *answer)
{
	if (json_take_null(&reading->json))
		return true;
	answer->known = true;
	return take_object(reading, take_answer_member, answer);
}

static bool take_check(struct reading *reading, enum check_id *check_r)
{
	const char *name;
	const struct check *check;

	if (!take_text(reading, &name))
		return false;
	check = name ? check_find(name) : NULL;
	if (!check)
		return json_fail(&reading->json, "judged: a check that is none");
	*check_r = check->id;
	return true;
}

/* Those of rules are told by "unknown". */
static bool take_result(struct reading *reading, enum result *result_r)
{
	const char *word;

	if (!take_text(reading, &word))
		return false;
	if (!word)
		return json_fail(&reading->json, "judged: a result that is none");
	(void)result_from_word(word, result_r);
	return true;
}

struct finding_reading {
	struct judged_finding *finding;
	bool named;
};

static bool take_finding_member(struct reading *reading, struct json_slice key, void *object)
{
	struct finding_reading *of = object;

	of->named = of->named || json_slice_is(key, "check") || json_slice_is(key, "rule");
	if (json_slice_is(key, "check"))
		return take_check(reading, &of->finding->check);
	if (json_slice_is(key, "rule"))
		return take_text(reading, &of->finding->rule);
	if (json_slice_is(key, "result"))
		return take_result(reading, &of->finding->result);
	if (json_slice_is(key, "answer"))
		return take_answer_word(reading, &of->finding->answer);
	if (json_slice_is(key, "unknown"))
		return json_take_bool(&reading->json, &of->finding->unknown);
	if (json_slice_is(key, "alone"))
		return json_take_bool(&reading->json, &of->finding->alone);
	return json_skip(&reading->json);
}

static bool take_finding(struct reading *reading, void *finding)
{
	struct finding_reading of = { .finding = finding };

	return take_object(reading, take_finding_member, &of) && (of.named || json_fail(&reading->json, "judged: a finding of nothing"));
}

static bool take_index(struct reading *reading, size_t *index_r)
{
	int64_t value;

	if (!json_take_integer(&reading->json, &value))
		return false;
	*index_r = (size_t)value;
	return value >= 0 || json_fail(&reading->json, "judged: a transaction below zero");
}

static bool take_tx_member(struct reading *reading, struct json_slice key, void *object)
{
	struct judged_tx *tx = object;

	if (json_slice_is(key, "tx"))
		return take_index(reading, &tx->tx);
	if (json_slice_is(key, "listener"))
		return take_text(reading, &tx->listener);
	if (json_slice_is(key, "listener_unsure"))
		return json_take_bool(&reading->json, &tx->listener_unsure);
	if (json_slice_is(key, "before"))
		return take_answer(reading, &tx->before);
	if (json_slice_is(key, "after"))
		return take_answer(reading, &tx->after);
	if (json_slice_is(key, "doubts"))
		return take_doubts(reading, &tx->doubts);
	if (json_slice_is(key, "findings"))
		return take_array(reading, take_finding, sizeof *tx->findings, &tx->findings, &tx->finding_count);
	return json_skip(&reading->json);
}

static bool take_tx(struct reading *reading, void *tx)
{
	return take_object(reading, take_tx_member, tx);
}

static bool take_txs(struct reading *reading, struct judged_session *session)
{
	if (json_take_null(&reading->json))
		return true;
	return take_array(reading, take_tx, sizeof *session->txs, &session->txs, &session->tx_count) &&
	       (session->tx_count > 0 || json_fail(&reading->json, "judged: no transaction"));
}

struct judged_reading {
	struct judged_session *session;
	struct summary_meta *meta;
	bool found;
};

static bool take_judged_member(struct reading *reading, struct json_slice key, void *object)
{
	struct judged_reading *of = object;

	if (json_slice_is(key, "before"))
		return take_into(reading, of->meta->before, sizeof of->meta->before);
	if (json_slice_is(key, "after"))
		return take_into(reading, of->meta->after, sizeof of->meta->after);
	if (json_slice_is(key, "dns_source"))
		return take_into(reading, of->meta->dns, sizeof of->meta->dns);
	if (json_slice_is(key, "listener"))
		return take_into(reading, of->meta->listener, sizeof of->meta->listener);
	if (json_slice_is(key, "tx"))
		return take_txs(reading, of->session);
	return json_skip(&reading->json);
}

/* All else of the line is the record's. */
static bool take_line_member(struct reading *reading, struct json_slice key, void *object)
{
	struct judged_reading *of = object;

	if (!json_slice_is(key, "judged"))
		return json_skip(&reading->json);
	of->found = true;
	return take_object(reading, take_judged_member, of);
}

/* The key "judged" of a line.  NULL, or what is wrong. */
static const char *read_judged(struct reading *reading, const char *line, size_t length,
			       struct judged_session *session_r, struct summary_meta *meta_r)
{
	struct judged_reading of = { .session = session_r, .meta = meta_r };

	memset(meta_r, 0, sizeof *meta_r);
	reading->latin1 = record_is_latin1(line, length);
	json_read_init(&reading->json, line, length);
	if (!take_object(reading, take_line_member, &of))
		return reading->json.error;
	return of.found ? NULL : "not judged: expected the output of evaluate";
}

const char *judged_read(const char *line, size_t length, struct arena *arena, struct record *record_r,
			struct judged_session *session_r, struct summary_meta *meta_r)
{
	struct reading reading = { .arena = arena };
	const char *problem = record_read(line, length, arena, record_r);

	if (problem)
		return problem;
	*session_r = (struct judged_session){ .record = record_r };
	return read_judged(&reading, line, length, session_r, meta_r);
}

const char *judged_read_log_lines(const char *line, size_t length, struct arena *arena, struct logs_stats *stats_r,
				  struct summary_meta *meta_r)
{
	struct reading reading = { .arena = arena };
	struct judged_session nobody = { .record = NULL };
	const char *problem = logs_stats_read(line, length, stats_r);

	return problem ? problem : read_judged(&reading, line, length, &nobody, meta_r);
}
