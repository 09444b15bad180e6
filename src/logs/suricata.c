/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of Suricata's EVE JSON: its events of type smtp. */
#include "logs/observer.h"

#include "base/instant.h"
#include "base/json_read.h"

#include <stdlib.h>
#include <string.h>

struct suricata {
	struct observer observer;
	struct arena arena;		/* of the line that is read */
};

static bool recognise(struct span head)
{
	head = span_first_line(head);
	return SPAN_BEGINS(head, "{") && memmem(head.text, head.length, "\"event_type\":", 13) &&
	       memmem(head.text, head.length, "\"timestamp\":", 12);
}

static void *open_reader(struct log_sink *sink)
{
	struct suricata *suricata = calloc(1, sizeof *suricata);

	if (!suricata)
		return NULL;
	arena_init(&suricata->arena, NULL, 0, 4096);
	if (!observer_init(&suricata->observer, sink, SOURCE_SURICATA)) {
		free(suricata);
		return NULL;
	}
	return suricata;
}

/* A string's value, or the text of a number; empty for anything else. */
static struct span take_value(struct suricata *suricata, struct json_reader *json)
{
	struct span value = { "", 0 };
	struct json_slice raw;

	if (json_peek(json) == JSON_NUMBER && json_take_number(json, &raw))
		return (struct span){ raw.text, raw.length };
	if (json_peek(json) != JSON_STRING) {
		(void)json_skip(json);
		return value;
	}
	if (json_take_string(json, &raw)) {
		value.text = json_decode(&suricata->arena, raw, false);
		value.length = value.text ? strlen(value.text) : 0;
	}
	return value.text ? value : (struct span){ "", 0 };
}

/* {"helo":"h","mail_from":"<a@b>","rcpt_to":["<c@d>"]} */
static void take_smtp(struct suricata *suricata, struct json_reader *json, struct observation *seen)
{
	struct json_slice key;

	if (json_peek(json) != JSON_OBJECT) {
		(void)json_skip(json);
		return;
	}
	(void)json_enter(json, JSON_OBJECT);
	while (json_next_key(json, &key)) {
		bool is_text = json_peek(json) == JSON_STRING;

		if (json_slice_is(key, "helo") && is_text) {
			seen->has_helo = true;
			seen->helo = take_value(suricata, json);
		} else if (json_slice_is(key, "mail_from") && is_text) {
			seen->has_sender = true;
			seen->sender = take_value(suricata, json);
		} else {
			(void)json_skip(json);
		}
	}
}

static uint64_t flow_of(struct span text)
{
	uint64_t flow = 0;

	for (size_t i = 0; i < text.length; i++)
		flow = flow * 10 + (uint64_t)(unsigned char)text.text[i] - '0';
	return flow;
}

static enum taken line(void *state, char *text, size_t length, struct lines *lines)
{
	struct suricata *suricata = state;
	struct observation seen = { .line = { text, length } };
	bool is_smtp = false, has_flow = false, has_offset;
	struct json_reader json;
	struct json_slice key;
	struct span value;

	(void)lines;
	arena_clear(&suricata->arena);
	json_read_init(&json, text, length);
	if (!json_enter(&json, JSON_OBJECT))
		return length == 0 ? TAKEN_BLANK : TAKEN_NOT;
	while (json_next_key(&json, &key)) {
		if (json_slice_is(key, "smtp")) {
			take_smtp(suricata, &json, &seen);
			continue;
		}
		value = take_value(suricata, &json);
		if (json_slice_is(key, "event_type")) {
			is_smtp = SPAN_IS(value, "smtp");
		} else if (json_slice_is(key, "timestamp")) {
			seen.timed = instant_parse(value.text, value.length, &seen.time_us, &has_offset) > 0;
		} else if (json_slice_is(key, "flow_id")) {
			has_flow = true;
			seen.key = flow_of(value);
		} else if (json_slice_is(key, "src_ip")) {
			seen.client = value;
		} else if (json_slice_is(key, "src_port")) {
			seen.client_port = value;
		} else if (json_slice_is(key, "dest_ip")) {
			seen.server = value;
		} else if (json_slice_is(key, "dest_port")) {
			seen.server_port = value;
		}
	}
	if (!json_finished(&json))
		return TAKEN_NOT;
	if (!is_smtp)
		return TAKEN_FOREIGN;
	if (!has_flow)
		return TAKEN_NOT;
	observer_take(&suricata->observer, &seen);
	return TAKEN;
}

static void finish(void *state)
{
	observer_finish(&((struct suricata *)state)->observer);
}

static void close_reader(void *state)
{
	struct suricata *suricata = state;

	observer_clear(&suricata->observer);
	arena_clear(&suricata->arena);
	free(suricata);
}

const struct log_format log_suricata = {
	.name = "suricata",
	.recognise = recognise,
	.open = open_reader,
	.line = line,
	.finish = finish,
	.close = close_reader,
};
