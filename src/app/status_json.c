/* SPDX-License-Identifier: BSD-2-Clause */
/* The status for programs. */
#include "app/status.h"

#include "app/metrics_table.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

struct object {
	const struct figures *figures;
	struct json json;
};

/* One member for each word of a label: { "ok": 1, "failed": 0 }. */
static void add_words(struct object *object, const char *key, const char *metric, const char *listener,
		      enum metric_label label)
{
	json_open_object(&object->json, key);
	for (unsigned value = 1; value <= label_rows[label].count; value++) {
		const char *word = label_word(label, value);

		json_number(&object->json, word, (int64_t)figures_sum2(object->figures, metric, listener ? "listener" : NULL,
			    listener, label_rows[label].name, word));
	}
	json_close_object(&object->json);
}

static void add_number(struct object *object, const char *key, const char *metric)
{
	json_number(&object->json, key, (int64_t)figures_sum(object->figures, metric, NULL, NULL));
}

static void add_time(struct object *object, const char *key, const char *metric, const char *outcome)
{
	double seconds = figures_sum(object->figures, metric, outcome ? "outcome" : NULL, outcome);
	char text[STATUS_TIME_BYTES];

	status_time(seconds, text);
	json_string(&object->json, key, seconds > 0 ? text : NULL);
}

static void add_label(struct object *object, const char *key, const char *metric)
{
	struct buf value;

	buf_init(&value);
	buf_add(&value, "");
	for (size_t i = 0; i < object->figures->count; i++)
		if (strcmp(object->figures->list[i].metric, metric) == 0 &&
		    figure_label(&object->figures->list[i], key, &value))
			json_string(&object->json, key, value.text);
	buf_clear(&value);
}

static void add_listener(void *context, const char *listener)
{
	struct object *object = context;

	json_open_object(&object->json, NULL);
	json_string(&object->json, "listener", listener);
	add_words(object, "sessions", "sessions_ended_total", listener, LABEL_OUTCOME);
	add_words(object, "greetings", "session_greetings_total", listener, LABEL_VERB);
	add_words(object, "tls", "session_tls_total", listener, LABEL_TLS);
	add_words(object, "tls_greetings", "session_tls_greetings_total", listener, LABEL_REGREETING);
	add_words(object, "logged_in", "session_logins_total", listener, LABEL_KNOWN);
	json_close_object(&object->json);
}

static void add_word(struct object *object, const char *key, const char *word)
{
	json_string(&object->json, key, word[0] != '\0' ? word : NULL);
}

static bool add_verdicts(struct object *object)
{
	struct status_verdict *list;
	size_t count;

	list = status_verdicts(object->figures, &count);
	json_open_array(&object->json, "reasons");
	for (size_t i = 0; list && i < count; i++) {
		json_open_object(&object->json, NULL);
		json_string(&object->json, "listener", list[i].listener);
		add_word(object, "check", list[i].check);
		add_word(object, "rule", list[i].rule);
		add_word(object, "result", list[i].result);
		json_string(&object->json, "action", list[i].action);
		json_string(&object->json, "mode", list[i].mode);
		json_number(&object->json, "count", (int64_t)list[i].count);
		json_close_object(&object->json);
	}
	json_close_array(&object->json);
	free(list);
	return list != NULL;
}

static void add_daemon(struct object *object)
{
	struct json *json = &object->json;

	add_label(object, "version", "build_info");
	add_time(object, "started", "start_timestamp_seconds", NULL);
	json_open_object(json, "policy");
	add_label(object, "path", "policy_info");
	add_label(object, "sha256", "policy_info");
	add_time(object, "since", "policy_start_timestamp_seconds", NULL);
	json_close_object(json);
	add_words(object, "workers", "workers", NULL, LABEL_WORKER);
	add_number(object, "worker_deaths", "worker_deaths_total");
	add_words(object, "reloads", "reloads_total", NULL, LABEL_SUCCESS);
	json_bool(json, "last_reload_ok", figures_sum(object->figures, "last_reload_success", NULL, NULL) > 0);
	add_time(object, "last_reload_failed", "last_reload_timestamp_seconds", "failed");
}

static void add_rest(struct object *object)
{
	struct json *json = &object->json;

	json_open_object(json, "dns");
	json_bool(json, "down", figures_sum(object->figures, "dns_down", NULL, NULL) > 0);
	add_words(object, "questions", "dns_questions_total", NULL, LABEL_DNS_ASKED);
	add_words(object, "answers", "dns_answers_total", NULL, LABEL_DNS_STATUS);
	add_number(object, "deadlines_exceeded", "dns_deadlines_exceeded_total");
	add_number(object, "cache_answers", "dns_cache_answers");
	add_number(object, "cache_bytes", "dns_cache_bytes");
	json_close_object(json);
	add_words(object, "limits_hit", "limits_hit_total", NULL, LABEL_LIMIT);
	add_number(object, "log_lines_dropped", "log_lines_dropped_total");
	add_number(object, "session_records_lost", "session_records_lost_total");
	add_words(object, "open_descriptors", "process_open_fds", NULL, LABEL_PROCESS);
	add_words(object, "resident_memory_bytes", "process_resident_memory_bytes", NULL, LABEL_PROCESS);
}

bool status_json(const struct figures *figures, struct buf *out)
{
	struct object object = { .figures = figures };
	bool good;

	json_init(&object.json, out);
	json_open_object(&object.json, NULL);
	add_daemon(&object);
	json_open_object(&object.json, "sessions");
	add_number(&object, "open", "sessions_open");
	add_number(&object, "started", "sessions_started_total");
	add_number(&object, "ended", "sessions_ended_total");
	add_number(&object, "lost", "sessions_lost_total");
	json_close_object(&object.json);
	json_open_array(&object.json, "listeners");
	status_listeners(figures, add_listener, &object);
	json_close_array(&object.json);
	good = add_verdicts(&object);
	add_rest(&object);
	json_close_object(&object.json);
	buf_add_char(out, '\n');
	return good && !out->failed;
}
