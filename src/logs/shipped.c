/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of syslog in the JSON of log shippers. */
#include "logs/shipped.h"

#include "base/json_read.h"
#include "logs/field_time.h"
#include "logs/fields.h"
#include "logs/line_stamp.h"

#include <string.h>

/* What Elasticsearch, Google Cloud, Splunk, Graylog, Kibana and Datadog put around the shipper's object. */
static bool is_shell(struct json_slice key)
{
	static const char *const shells[] = { "_source", "jsonPayload", "result", "message", "fields", "attributes", "content" };

	for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
		if (json_slice_is(key, shells[i]))
			return true;
	return false;
}

/* Of Elastic's schema, and of Filebeat before it: their keys count as "host.name". */
static bool is_inside(struct span name)
{
	return SPAN_IS(name, "process") || SPAN_IS(name, "host") || SPAN_IS(name, "log") || SPAN_IS(name, "log.syslog") ||
	       SPAN_IS(name, "syslog") || SPAN_IS(name, "event") || SPAN_IS(name, "system") || SPAN_IS(name, "system.syslog");
}

/* What Fluentd writes to its log has "2026-11-22 05:10:37.123456789 +0000 TAG: " before it; of itself it says "[info]: ". */
static bool take_fluentd_tag(struct scan *scan, struct span *tag_r)
{
	struct span date, time, zone;

	return stamp_is_iso(scan) && scan_take_word(scan, &date) && date.length == 10 && scan_take_word(scan, &time) &&
	       scan_take_word(scan, &zone) && zone.length == 5 && (zone.text[0] == '+' || zone.text[0] == '-') &&
	       scan_take_word(scan, tag_r) && tag_r->length > 1 && tag_r->text[tag_r->length - 1] == ':';
}

/* Of its output stdout; NULL: there is none.  A number in brackets is of a program, not of a tag. */
static const char *object_of_stdout(struct span line)
{
	struct scan scan = { line.text, line.text + line.length };
	struct span tag;

	return take_fluentd_tag(&scan, &tag) && tag.text[tag.length - 2] != ']' && scan_left(&scan) > 0 && *scan.at == '{' ?
		       scan.at : NULL;
}

static bool is_own_line_of_fluentd(struct span line)
{
	struct scan scan = { line.text, line.text + line.length };
	struct span tag;

	return take_fluentd_tag(&scan, &tag) && tag.text[0] == '[';
}

/* Where the object begins: Fluentd's files have "STAMP TAG " before it, with tabs.  NULL: there is none. */
static const char *object_of(struct span line)
{
	const char *tab;

	if (SPAN_BEGINS(line, "{"))
		return line.text;
	tab = SPAN_FIND(line, "\t{");
	if (tab && !memchr(line.text, ' ', (size_t)(tab - line.text)))
		return tab + 1;
	return object_of_stdout(line);
}

/* Before the objects Fluentd has told how it was started, and of its configuration. */
static struct span behind_own_lines(struct span head)
{
	const char *end = head.text + head.length;
	struct span line = span_first_line(head);

	if (!is_own_line_of_fluentd(line))
		return head;
	while (line.length < head.length && !object_of_stdout(line)) {
		head = span_between(line.text + line.length + 1, end);
		line = span_first_line(head);
	}
	return head;
}

bool shipped_is_json(struct span head)
{
	const char *object;

	head = span_first_line(behind_own_lines(head));
	object = object_of(head);
	if (!object)
		return false;
	head = span_between(object, head.text + head.length);
	return !SPAN_FIND(head, "\"ehlo-milter.") && field_names_message(head);
}

/* A string, or a number as it stands there. */
static bool take_scalar(struct json_reader *json, struct arena *arena, struct span *value_r)
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
	value_r->length = value_r->text ? strlen(value_r->text) : 0;
	return value_r->text;
}

/* The same; of an array, in which Kibana has each value, the first one. */
static bool take_text(struct json_reader *json, struct arena *arena, struct span *value_r)
{
	bool good;

	if (json_peek(json) != JSON_ARRAY)
		return take_scalar(json, arena, value_r);
	good = json_enter(json, JSON_ARRAY);
	while (good && json_next_item(json))
		good = value_r->text ? json_skip(json) : take_scalar(json, arena, value_r);
	return good && !json->error;
}

struct shipped {
	struct json_reader json;
	struct arena *arena;
	struct log_line *line;
	unsigned ranks[FIELD_KINDS];	/* of what was taken, and 1 more; 0: nothing yet */
};

static bool take_field(struct shipped *shipped, struct span name)
{
	unsigned rank;
	enum field field = field_of(name, &rank);
	unsigned *taken = &shipped->ranks[field];
	struct span value = { NULL, 0 };

	if (field == FIELD_NONE || (*taken > 0 && *taken <= rank))
		return json_skip(&shipped->json);
	if (!take_text(&shipped->json, shipped->arena, &value))
		return false;
	if (value.text) {
		*taken = rank + 1;
		field_set(shipped->arena, shipped->line, field, value);
	}
	return true;
}

#define NAME_BYTES 32

/* The keys of an object that is itself the value of outer; empty: of the outermost. */
static bool take_object(struct shipped *shipped, struct span outer)
{
	bool good = json_enter(&shipped->json, JSON_OBJECT);
	struct json_slice key;

	while (good && json_next_key(&shipped->json, &key)) {
		char text[NAME_BYTES];
		struct span name = { text, outer.length + (outer.length > 0) + key.length };

		if (name.length >= sizeof text) {
			good = json_skip(&shipped->json);
			continue;
		}
		/* The key is the reader's until the next one. */
		memcpy(text, outer.text, outer.length);
		text[outer.length] = '.';
		memcpy(text + name.length - key.length, key.text, key.length);
		if (json_peek(&shipped->json) != JSON_OBJECT)
			good = take_field(shipped, name);
		else if (is_shell(key))
			good = take_object(shipped, span_between(text, text));
		else
			good = is_inside(name) ? take_object(shipped, name) : json_skip(&shipped->json);
	}
	return good && !shipped->json.error;
}

bool shipped_line(struct arena *arena, const char *text, size_t length, struct log_line *line_r)
{
	const char *object = object_of((struct span){ text, length });
	struct shipped shipped = { .arena = arena, .line = line_r };

	*line_r = (struct log_line){ .host = { text, 0 }, .tag = { text, 0 } };
	if (!object)
		return false;
	if (object > text)
		field_time(arena, line_r, span_between(text, object));
	json_read_init(&shipped.json, object, length - (size_t)(object - text));
	return take_object(&shipped, span_between(text, text)) && json_finished(&shipped.json) && line_r->message.text;
}
