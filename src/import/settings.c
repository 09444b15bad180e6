/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of settings, and its JSON reader. */
#include "import/settings.h"

#include "base/json_read.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_BYTES 24

bool settings_error(struct settings *settings, unsigned line, const char *text)
{
	diag_error(settings->diag, (struct place){ .file = settings->file, .line = line }, "%s", text);
	return false;
}

bool settings_add(struct settings *settings, const char *key, const char *value, unsigned line)
{
	struct setting *setting = arena_alloc(settings->arena, sizeof *setting);

	if (!setting || !key || !value) {
		settings->failed = true;
		return false;
	}
	if (++settings->count > SETTINGS_MAX)
		return settings_error(settings, line, "too many settings; at most 20000 are read");
	*setting = (struct setting){ .key = key, .value = value, .line = line };
	*settings->last = setting;
	settings->last = &setting->next;
	return true;
}

const char *settings_join(struct settings *settings, const char *prefix, const char *key, size_t length)
{
	size_t before = strlen(prefix);
	char *joined = arena_alloc(settings->arena, before + length + 2);

	if (!joined) {
		settings->failed = true;
		return NULL;
	}
	memcpy(joined, prefix, before);
	if (before > 0)
		joined[before++] = '.';
	memcpy(joined + before, key, length);
	return joined;
}

/* --- JSON --- */

/* line is that of counted. */
struct json_walk {
	struct settings *settings;
	struct json_reader reader;
	const char *counted;
	unsigned line;
};

static unsigned current_line(struct json_walk *walk)
{
	for (; walk->counted < walk->reader.at; walk->counted++)
		walk->line += *walk->counted == '\n';
	return walk->line;
}

static bool walk_value(struct json_walk *walk, const char *key, unsigned depth);

static bool walk_object(struct json_walk *walk, const char *key, unsigned depth)
{
	struct json_slice name;

	if (!json_enter(&walk->reader, JSON_OBJECT))
		return false;
	while (json_next_key(&walk->reader, &name)) {
		const char *inner = settings_join(walk->settings, key, name.text, name.length);

		if (!inner || !walk_value(walk, inner, depth + 1))
			return false;
	}
	return !walk->reader.error;
}

static bool walk_array(struct json_walk *walk, const char *key, unsigned depth)
{
	char number[NUMBER_BYTES];
	unsigned i = 0;

	if (!json_enter(&walk->reader, JSON_ARRAY))
		return false;
	while (json_next_item(&walk->reader)) {
		int length = snprintf(number, sizeof number, "%u", i++);
		const char *inner = settings_join(walk->settings, key, number, (size_t)length);

		if (!inner || !walk_value(walk, inner, depth + 1))
			return false;
	}
	return !walk->reader.error;
}

static bool walk_scalar(struct json_walk *walk, const char *key)
{
	struct settings *settings = walk->settings;
	unsigned line = current_line(walk);
	struct json_slice slice;
	bool flag;

	switch (json_peek(&walk->reader)) {
	case JSON_STRING:
		return json_take_string(&walk->reader, &slice) &&
		       settings_add(settings, key, json_decode(settings->arena, slice, false), line);
	case JSON_NUMBER:
		return json_take_number(&walk->reader, &slice) &&
		       settings_add(settings, key, arena_strndup(settings->arena, slice.text, slice.length), line);
	case JSON_BOOL:
		return json_take_bool(&walk->reader, &flag) &&
		       settings_add(settings, key, flag ? "true" : "false", line);
	case JSON_NULL:
		return json_take_null(&walk->reader);
	case JSON_NONE:
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return json_skip(&walk->reader);
}

static bool walk_value(struct json_walk *walk, const char *key, unsigned depth)
{
	if (depth > SETTINGS_DEPTH_MAX)
		return settings_error(walk->settings, current_line(walk), "nested too deeply; at most 16 levels are read");
	switch (json_peek(&walk->reader)) {
	case JSON_OBJECT: return walk_object(walk, key, depth);
	case JSON_ARRAY:  return walk_array(walk, key, depth);
	case JSON_NONE:
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_NUMBER:
	case JSON_STRING: break;
	}
	return walk_scalar(walk, key);
}

bool settings_read_json(struct settings *settings, const char *text)
{
	struct json_walk walk = { .settings = settings, .counted = text, .line = 1 };

	json_read_init(&walk.reader, text, strlen(text));
	if (walk_value(&walk, "", 0) && json_finished(&walk.reader))
		return true;
	if (settings->failed || settings->diag->error_count > 0)
		return false;
	return settings_error(settings, current_line(&walk), walk.reader.error ? walk.reader.error : "this is no JSON");
}
