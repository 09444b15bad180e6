/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the lines out of Docker's JSON log. */
#include "logs/docker.h"

#include "base/instant.h"
#include "base/json_read.h"

bool docker_is_json(struct span head)
{
	bool log = false, time = false;
	struct json_reader json;
	struct json_slice key;

	head = span_first_line(head);
	json_read_init(&json, head.text, head.length);
	if (!SPAN_BEGINS(head, "{") || !json_enter(&json, JSON_OBJECT))
		return false;
	while (json_next_key(&json, &key)) {
		bool is_string = json_peek(&json) == JSON_STRING;

		log |= is_string && json_slice_is(key, "log");
		time |= is_string && json_slice_is(key, "time");
		(void)json_skip(&json);
	}
	return log && time;
}

static bool take_time(struct json_reader *json, int64_t *us_r)
{
	struct json_slice raw;
	bool has_offset;

	return json_take_string(json, &raw) && instant_parse(raw.text, raw.length, us_r, &has_offset) > 0;
}

static bool take_log(struct json_reader *json, struct arena *arena, struct span *inner_r)
{
	struct json_slice raw;

	if (!json_take_string(json, &raw))
		return false;
	inner_r->text = json_decode(arena, raw, false);
	inner_r->length = inner_r->text ? strcspn(inner_r->text, "\r\n") : 0;
	return inner_r->text;
}

bool docker_line(struct arena *arena, const char *text, size_t length, struct span *inner_r, int64_t *us_r)
{
	struct json_reader json;
	struct json_slice key;
	bool good, found = false, timed = false;

	json_read_init(&json, text, length);
	good = json_enter(&json, JSON_OBJECT);
	while (good && json_next_key(&json, &key)) {
		if (json_slice_is(key, "log"))
			good = found = take_log(&json, arena, inner_r);
		else if (json_slice_is(key, "time"))
			good = timed = take_time(&json, us_r);
		else
			good = json_skip(&json);
	}
	return good && found && timed && json_finished(&json);
}
