/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of syslog in the JSON of log shippers. */
#include "logs/shipped.h"

#include "base/clock.h"
#include "base/instant.h"
#include "base/json_read.h"
#include "logs/scan.h"

#include <string.h>

enum part { PART_NONE, PART_MESSAGE, PART_TAG, PART_PID, PART_HOST, PART_TIME, PART_INSIDE, PART_SHELL };

static const struct {
	const char *key;
	enum part part;
} keys[] = {
	{ "message", PART_MESSAGE }, { "msg", PART_MESSAGE }, { "MESSAGE", PART_MESSAGE }, { "line", PART_MESSAGE },
	{ "short_message", PART_MESSAGE }, { "textPayload", PART_MESSAGE }, { "_raw", PART_MESSAGE },
	{ "ident", PART_TAG }, { "program", PART_TAG }, { "PROGRAM", PART_TAG }, { "programname", PART_TAG },
	{ "appname", PART_TAG }, { "app_name", PART_TAG }, { "app-name", PART_TAG }, { "application_name", PART_TAG },
	{ "syslogtag", PART_TAG }, { "syslog-tag", PART_TAG }, { "process.name", PART_TAG }, { "SYSLOG_IDENTIFIER", PART_TAG },
	{ "pid", PART_PID }, { "PID", PART_PID }, { "procid", PART_PID }, { "proc_id", PART_PID }, { "process_id", PART_PID },
	{ "process.pid", PART_PID }, { "SYSLOG_PID", PART_PID },
	{ "host", PART_HOST }, { "HOST", PART_HOST }, { "hostname", PART_HOST }, { "logsource", PART_HOST },
	{ "host.name", PART_HOST }, { "host.hostname", PART_HOST }, { "_HOSTNAME", PART_HOST },
	{ "@timestamp", PART_TIME }, { "timestamp", PART_TIME }, { "time", PART_TIME }, { "date", PART_TIME },
	{ "ISODATE", PART_TIME }, { "timereported", PART_TIME },
	/* Of Elastic's schema: their keys count as "host.name". */
	{ "process", PART_INSIDE }, { "host", PART_INSIDE },
	/* What Elasticsearch, Google Cloud and Splunk put around the shipper's object. */
	{ "_source", PART_SHELL }, { "jsonPayload", PART_SHELL }, { "result", PART_SHELL },
};

/* What the key, of an object that is itself the value of outer (empty: none), stands for. */
static enum part part_of(struct json_slice outer, struct json_slice key, bool is_object)
{
	char name[32];

	if (outer.length + key.length + 2 > sizeof name)
		return PART_NONE;
	memcpy(name, outer.text, outer.length);
	name[outer.length] = '.';
	memcpy(name + (outer.length > 0 ? outer.length + 1 : 0), key.text, key.length);
	name[(outer.length > 0 ? outer.length + 1 : 0) + key.length] = '\0';
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(name, keys[i].key) == 0 && (keys[i].part >= PART_INSIDE) == is_object)
			return keys[i].part;
	return PART_NONE;
}

/* Where the object begins: Fluentd's files have "STAMP TAG " before it, with tabs.  NULL: there is none. */
static const char *object_of(struct span line)
{
	const char *tab;

	if (SPAN_BEGINS(line, "{"))
		return line.text;
	tab = SPAN_FIND(line, "\t{");
	return tab && !memchr(line.text, ' ', (size_t)(tab - line.text)) ? tab + 1 : NULL;
}

bool shipped_is_json(struct span head)
{
	const char *newline = memchr(head.text, '\n', head.length), *object;

	head.length = newline ? (size_t)(newline - head.text) : head.length;
	object = object_of(head);
	if (!object)
		return false;
	head = span_between(object, head.text + head.length);
	if (SPAN_FIND(head, "\"ehlo-milter."))
		return false;
	for (size_t i = 0; keys[i].part == PART_MESSAGE; i++) {
		size_t length = strlen(keys[i].key);
		const char *at = memmem(head.text, head.length, keys[i].key, length);

		if (at && at[-1] == '"' && (size_t)(head.text + head.length - at) > length && at[length] == '"')
			return true;
	}
	return false;
}

/* A string, or a number as it stands there. */
static bool take_text(struct json_reader *json, struct arena *arena, struct span *value_r)
{
	struct json_slice raw;

	if (json_peek(json) == JSON_NUMBER) {
		if (!json_take_number(json, &raw))
			return false;
		*value_r = (struct span){ raw.text, raw.length };
		return true;
	}
	if (json_peek(json) != JSON_STRING)
		return json_skip(json);
	if (!json_take_string(json, &raw))
		return false;
	value_r->text = json_decode(arena, raw, false);
	value_r->length = value_r->text ? strcspn(value_r->text, "\r\n") : 0;
	return value_r->text;
}

/* RFC 3339; or seconds since 1970, with a fraction, or milliseconds. */
static void set_time(struct log_line *line, struct span value)
{
	struct scan scan = { value.text, value.text + value.length };
	uint64_t ms;
	bool has_offset;

	if (instant_parse(value.text, value.length, &line->epoch_us, &has_offset) > 0) {
		line->stamp_form = STAMP_ISO;
		line->stamp = value;
		return;
	}
	if (!scan_take_seconds_us(&scan, &line->epoch_us)) {
		scan.at = value.text;
		if (!scan_take_number(&scan, &ms) || ms / 1000 < SCAN_SECONDS_MIN || ms / 1000 > UINT32_MAX)
			return;
		line->epoch_us = (int64_t)ms * 1000;
	}
	line->stamp_form = STAMP_EPOCH;
}

static void set_pid(struct log_line *line, struct span value)
{
	line->has_pid = scan_is_pid((struct scan){ value.text, value.text + value.length }, &line->pid);
}

/* "postfix/smtpd", "postfix/smtpd[9]:" */
static void set_tag(struct log_line *line, struct span value)
{
	const char *open = memchr(value.text, '[', value.length), *end = value.text + value.length;
	const char *close = open ? memchr(open, ']', (size_t)(end - open)) : NULL;

	if (close)
		set_pid(line, span_between(open + 1, close));
	line->tag = span_between(value.text, open ? open : end);
	line->tag.length -= line->tag.length > 0 && line->tag.text[line->tag.length - 1] == ':';
}

static void set_part(struct log_line *line, enum part part, struct span value)
{
	switch (part) {
	case PART_MESSAGE:
		while (value.length > 0 && value.text[0] == ' ')
			value = span_after(value, 1);
		line->message = line->whole = value;
		break;
	case PART_TAG: set_tag(line, value); break;
	case PART_PID: set_pid(line, value); break;
	case PART_HOST: line->host = value; break;
	case PART_TIME: set_time(line, value); break;
	case PART_NONE:
	case PART_INSIDE:
	case PART_SHELL: break;
	}
}

static const struct json_slice nothing = { "", 0 };

static bool take_object(struct json_reader *json, struct arena *arena, struct json_slice outer, struct log_line *line)
{
	struct json_slice key;
	bool good = json_enter(json, JSON_OBJECT);

	while (good && json_next_key(json, &key)) {
		bool is_object = json_peek(json) == JSON_OBJECT;
		enum part part = part_of(outer, key, is_object);
		struct span value = { NULL, 0 };
		char name[sizeof "process"];

		if (part == PART_INSIDE && outer.length == 0) {
			/* The key is the reader's until the next one. */
			memcpy(name, key.text, key.length);
			good = take_object(json, arena, (struct json_slice){ name, key.length }, line);
		} else if (part == PART_SHELL) {
			good = take_object(json, arena, nothing, line);
		} else if (part == PART_NONE || part == PART_INSIDE) {
			good = json_skip(json);
		} else {
			good = take_text(json, arena, &value);
			if (good && value.text)
				set_part(line, part, value);
		}
	}
	return good && !json->error;
}

bool shipped_line(struct arena *arena, const char *text, size_t length, struct log_line *line_r)
{
	const char *object = object_of((struct span){ text, length });
	struct json_reader json;

	*line_r = (struct log_line){ .host = { nothing.text, 0 }, .tag = { nothing.text, 0 } };
	if (!object)
		return false;
	if (object > text)
		set_time(line_r, span_between(text, object));
	json_read_init(&json, object, length - (size_t)(object - text));
	return take_object(&json, arena, nothing, line_r) && json_finished(&json) && line_r->message.text;
}
