/* SPDX-License-Identifier: BSD-2-Clause */
/* Judged sessions to JSON lines. */
#include "report/judged_json.h"

#include "base/json.h"
#include "logs/record_json.h"
#include "logs/stats_json.h"

#include <string.h>

static void write_answer(struct json *json, const char *key, const struct judged_answer *answer)
{
	if (!answer->known) {
		json_null(json, key);
		return;
	}
	json_open_object(json, key);
	json_string(json, "answer", answer_word(answer->answer));
	json_string(json, "certainty", certainty_word(answer->certainty));
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
	json_string(json, "change", change_word(judged_change(tx)));
	write_answer(json, "before", &tx->before);
	write_answer(json, "after", &tx->after);
	json_string(json, "doubts", doubts_word(tx->doubts));
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
	if (meta->listener[0] != '\0')
		json_string(json, "listener", meta->listener);
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
