/* SPDX-License-Identifier: BSD-2-Clause */
/* Judged sessions to JSON lines and back. */
#include "report/judged_json.h"

#include "base/json.h"
#include "base/json_read.h"
#include "core/check.h"
#include "logs/record_json.h"
#include "logs/stats_json.h"

#include <string.h>

static const char *const certainties[] = { [CERTAINTY_CERTAIN] = "certain", [CERTAINTY_POSSIBLE] = "possible",
					   [CERTAINTY_UNDECIDABLE] = "undecidable" };

/* --- writing --- */

static void write_answer(struct json *json, const char *key, const struct judged_answer *answer)
{
	if (!answer->known) {
		json_null(json, key);
		return;
	}
	json_open_object(json, key);
	json_string(json, "answer", answer_word(answer->answer));
	json_string(json, "certainty", certainties[answer->certainty]);
	json_string(json, "check", answer->check);
	json_string(json, "rule", answer->rule);
	json_string(json, "reply", answer->reply);
	json_close_object(json);
}

static void write_finding(struct json *json, const struct judged_finding *finding)
{
	json_open_object(json, NULL);
	json_string(json, finding->rule ? "rule" : "check", judged_finding_name(finding));
	json_string(json, "result", judged_finding_result(finding));
	json_string(json, "answer", answer_word(finding->answer));
	json_bool(json, "unknown", finding->unknown);
	json_bool(json, "alone", finding->alone);
	json_close_object(json);
}

static void write_tx(struct json *json, const struct judged_tx *tx)
{
	json_open_object(json, NULL);
	json_number(json, "tx", (int64_t)tx->tx);
	json_string(json, "listener", tx->listener);
	json_bool(json, "listener_unsure", tx->listener_unsure);
	json_string(json, "change", change_word(judged_change(&tx->before, &tx->after)));
	write_answer(json, "before", &tx->before);
	write_answer(json, "after", &tx->after);
	json_open_array(json, "findings");
	for (size_t i = 0; i < tx->finding_count; i++)
		write_finding(json, &tx->findings[i]);
	json_close_array(json);
	json_close_object(json);
}

static void write_judged(struct json *json, const struct judged_session *session, const struct summary_meta *meta)
{
	json_open_object(json, "judged");
	json_string(json, "before", meta->before);
	json_string(json, "after", meta->after);
	json_string(json, "dns_source", meta->dns);
	if (session->txs) {
		json_open_array(json, "tx");
		for (size_t i = 0; i < session->tx_count; i++)
			write_tx(json, &session->txs[i]);
		json_close_array(json);
	} else {
		json_null(json, "tx");
	}
	json_close_object(json);
}

/* To a line of JSON that begins there and ends with its newline. */
static void add_judged(const struct judged_session *session, const struct summary_meta *meta, size_t begin,
		       struct buf *out)
{
	struct json json;

	if (out->failed)
		return;
	json_init(&json, out);
	/* What is judged holds no other bytes than the line does, and those of the policy. */
	json.latin1 = record_is_latin1(out->text + begin, out->length - begin);
	out->length -= strlen("}\n");
	json.comma = true;
	write_judged(&json, session, meta);
	buf_add(out, "}\n");
}

void judged_write(const struct judged_session *session, const struct summary_meta *meta, struct buf *out)
{
	size_t begin = out->length;

	record_write(session->record, out);
	add_judged(session, meta, begin, out);
}

void judged_write_log_lines(const struct logs_stats *stats, const struct summary_meta *meta, struct buf *out)
{
	const struct judged_session nobody = { .record = NULL };
	size_t begin = out->length;

	logs_stats_write(stats, out);
	add_judged(&nobody, meta, begin, out);
}

/* --- reading --- */

struct reading {
	struct json_reader json;
	struct arena *arena;
	bool latin1;
	const char *problem;
};

static bool fail(struct reading *reading, const char *problem)
{
	if (!reading->problem)
		reading->problem = problem;
	return false;
}

/* NULL for null. */
static bool take_text(struct reading *reading, const char **text_r)
{
	struct json_slice raw;

	*text_r = NULL;
	if (json_take_null(&reading->json))
		return true;
	if (!json_take_string(&reading->json, &raw))
		return false;
	*text_r = json_decode(reading->arena, raw, reading->latin1);
	return *text_r || fail(reading, "out of memory");
}

static bool take_into(struct reading *reading, char *space, size_t bytes)
{
	const char *text;

	if (!take_text(reading, &text))
		return false;
	if (!text || strlen(text) >= bytes)
		return fail(reading, "judged: a text that is too long, or none");
	memcpy(space, text, strlen(text) + 1);
	return true;
}

static bool take_answer_word(struct reading *reading, enum answer *answer_r)
{
	struct json_slice raw;

	if (!json_take_string(&reading->json, &raw))
		return false;
	for (int answer = ANSWER_ACCEPT; answer <= ANSWER_REJECT; answer++) {
		if (json_slice_is(raw, answer_word((enum answer)answer))) {
			*answer_r = (enum answer)answer;
			return true;
		}
	}
	return fail(reading, "judged: an answer that is none");
}

static bool take_certainty(struct reading *reading, enum certainty *certainty_r)
{
	struct json_slice raw;

	if (!json_take_string(&reading->json, &raw))
		return false;
	for (int certainty = CERTAINTY_CERTAIN; certainty <= CERTAINTY_UNDECIDABLE; certainty++) {
		if (json_slice_is(raw, certainties[certainty])) {
			*certainty_r = (enum certainty)certainty;
			return true;
		}
	}
	return fail(reading, "judged: a certainty that is none");
}

static bool take_answer(struct reading *reading, struct judged_answer *answer_r)
{
	struct json_slice key;
	bool good = true;

	if (json_take_null(&reading->json))
		return true;
	answer_r->known = true;
	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (good && json_next_key(&reading->json, &key)) {
		if (json_slice_is(key, "answer"))
			good = take_answer_word(reading, &answer_r->answer);
		else if (json_slice_is(key, "certainty"))
			good = take_certainty(reading, &answer_r->certainty);
		else if (json_slice_is(key, "check"))
			good = take_text(reading, &answer_r->check);
		else if (json_slice_is(key, "rule"))
			good = take_text(reading, &answer_r->rule);
		else if (json_slice_is(key, "reply"))
			good = take_text(reading, &answer_r->reply);
		else
			good = json_skip(&reading->json);
	}
	return good && !reading->json.error;
}

static bool take_check(struct reading *reading, enum check_id *check_r)
{
	const char *name;
	const struct check *check;

	if (!take_text(reading, &name))
		return false;
	check = name ? check_find(name) : NULL;
	if (!check)
		return fail(reading, "judged: a check that is none");
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
		return fail(reading, "judged: a result that is none");
	(void)result_from_word(word, result_r);
	return true;
}

static bool take_finding(struct reading *reading, struct judged_finding *finding)
{
	struct json_slice key;
	bool good = true, named = false;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (good && json_next_key(&reading->json, &key)) {
		named = named || json_slice_is(key, "check") || json_slice_is(key, "rule");
		if (json_slice_is(key, "check"))
			good = take_check(reading, &finding->check);
		else if (json_slice_is(key, "rule"))
			good = take_text(reading, &finding->rule);
		else if (json_slice_is(key, "result"))
			good = take_result(reading, &finding->result);
		else if (json_slice_is(key, "answer"))
			good = take_answer_word(reading, &finding->answer);
		else if (json_slice_is(key, "unknown"))
			good = json_take_bool(&reading->json, &finding->unknown);
		else if (json_slice_is(key, "alone"))
			good = json_take_bool(&reading->json, &finding->alone);
		else
			good = json_skip(&reading->json);
	}
	return good && !reading->json.error && (named || fail(reading, "judged: a finding of nothing"));
}

static bool take_findings(struct reading *reading, struct judged_tx *tx)
{
	struct judged_finding *findings = NULL, *finding;

	tx->finding_count = 0;
	if (!json_enter(&reading->json, JSON_ARRAY))
		return false;
	while (json_next_item(&reading->json)) {
		finding = record_grow(reading->arena, &findings, &tx->finding_count, sizeof *finding);
		if (!finding)
			return fail(reading, "out of memory");
		if (!take_finding(reading, finding))
			return false;
	}
	tx->findings = findings;
	return !reading->json.error;
}

static bool take_index(struct reading *reading, size_t *index_r)
{
	int64_t value;

	if (!json_take_integer(&reading->json, &value))
		return false;
	*index_r = (size_t)value;
	return value >= 0 || fail(reading, "judged: a transaction below zero");
}

static bool take_tx(struct reading *reading, struct judged_tx *tx)
{
	struct json_slice key;
	bool good = true;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (good && json_next_key(&reading->json, &key)) {
		if (json_slice_is(key, "tx"))
			good = take_index(reading, &tx->tx);
		else if (json_slice_is(key, "listener"))
			good = take_text(reading, &tx->listener);
		else if (json_slice_is(key, "listener_unsure"))
			good = json_take_bool(&reading->json, &tx->listener_unsure);
		else if (json_slice_is(key, "before"))
			good = take_answer(reading, &tx->before);
		else if (json_slice_is(key, "after"))
			good = take_answer(reading, &tx->after);
		else if (json_slice_is(key, "findings"))
			good = take_findings(reading, tx);
		else
			good = json_skip(&reading->json);
	}
	return good && !reading->json.error;
}

static bool take_txs(struct reading *reading, struct judged_session *session)
{
	struct judged_tx *txs = NULL, *tx;

	session->tx_count = 0;
	if (json_take_null(&reading->json))
		return true;
	if (!json_enter(&reading->json, JSON_ARRAY))
		return false;
	while (json_next_item(&reading->json)) {
		tx = record_grow(reading->arena, &txs, &session->tx_count, sizeof *tx);
		if (!tx)
			return fail(reading, "out of memory");
		if (!take_tx(reading, tx))
			return false;
	}
	session->txs = txs;
	return !reading->json.error && (session->tx_count > 0 || fail(reading, "judged: no transaction"));
}

static bool take_judged(struct reading *reading, struct judged_session *session, struct summary_meta *meta)
{
	struct json_slice key;
	bool good = true;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (good && json_next_key(&reading->json, &key)) {
		if (json_slice_is(key, "before"))
			good = take_into(reading, meta->before, sizeof meta->before);
		else if (json_slice_is(key, "after"))
			good = take_into(reading, meta->after, sizeof meta->after);
		else if (json_slice_is(key, "dns_source"))
			good = take_into(reading, meta->dns, sizeof meta->dns);
		else if (json_slice_is(key, "tx"))
			good = take_txs(reading, session);
		else
			good = json_skip(&reading->json);
	}
	return good && !reading->json.error;
}

/* The key "judged" of a line.  NULL, or what is wrong. */
static const char *read_judged(struct reading *reading, const char *line, size_t length,
			       struct judged_session *session_r, struct summary_meta *meta_r)
{
	struct json_slice key;
	bool found = false, good = true;

	memset(meta_r, 0, sizeof *meta_r);
	reading->latin1 = record_is_latin1(line, length);
	json_read_init(&reading->json, line, length);
	(void)json_enter(&reading->json, JSON_OBJECT);
	while (good && json_next_key(&reading->json, &key)) {
		bool is_it = json_slice_is(key, "judged");

		found = found || is_it;
		good = is_it ? take_judged(reading, session_r, meta_r) : json_skip(&reading->json);
	}
	if (!good)
		return reading->problem ? reading->problem : reading->json.error;
	return found ? NULL : "not judged: expected the output of evaluate";
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
