/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON lines to session records. */
#include "logs/record_json.h"

#include "base/file.h"
#include "base/instant.h"
#include "base/json_read.h"
#include "core/facts.h"
#include "logs/record_shape.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

struct reading {
	struct json_reader json;
	struct arena *arena;
	bool latin1;
	const char *key;	/* of the record, where an error was found */
	struct json_slice enc;	/* its value; text NULL: not seen */
};

static bool read_fields(struct reading *reading, const struct shape *shape, void *base);

static bool read_string(struct reading *reading, const char **value_r)
{
	return json_take_text(&reading->json, reading->arena, reading->latin1, value_r);
}

static bool read_text(struct reading *reading, struct text *text)
{
	text->presence = PRESENCE_KNOWN;
	return read_string(reading, &text->value);
}

static bool read_number(struct reading *reading, struct number *number)
{
	int64_t value;

	if (!json_take_integer(&reading->json, &value))
		return false;
	if (value < 0 || value > UINT_MAX)
		return json_fail(&reading->json, "number out of range");
	*number = (struct number){ .presence = PRESENCE_KNOWN, .value = (unsigned)value };
	return true;
}

static bool read_micros(struct reading *reading, struct micros *micros)
{
	micros->presence = PRESENCE_KNOWN;
	return json_take_integer(&reading->json, &micros->value);
}

static bool read_flag(struct reading *reading, struct flag *flag)
{
	flag->presence = PRESENCE_KNOWN;
	return json_take_bool(&reading->json, &flag->value);
}

static bool read_address(struct reading *reading, struct address *address)
{
	const char *text;

	if (!read_string(reading, &text))
		return false;
	/* As policy delegation and macros write it. */
	if (strncasecmp(text, "IPv6:", 5) == 0)
		text += 5;
	address->presence = PRESENCE_KNOWN;
	return ip_parse(text, &address->value) || json_fail(&reading->json, "expected an address");
}

static bool read_instant(struct reading *reading, struct micros *at)
{
	struct json_slice raw;
	bool has_offset;

	if (!json_take_string(&reading->json, &raw))
		return false;
	at->presence = PRESENCE_KNOWN;
	if (instant_parse(raw.text, raw.length, &at->value, &has_offset) != raw.length || raw.length == 0 ||
	    !has_offset)
		return json_fail(&reading->json, "expected a time like 2026-11-22T05:16:02.123456Z");
	return true;
}

static bool read_source(struct reading *reading, enum record_source *source)
{
	const char *word;

	/* A word of a later version says no more than none. */
	if (read_string(reading, &word))
		(void)record_source_from_word(word, source);
	return true;
}

static bool read_mta(struct reading *reading, enum mta *mta)
{
	const char *word;

	if (!read_string(reading, &word))
		return false;
	*mta = MTA_OTHER;
	for (enum mta known = MTA_POSTFIX; known <= MTA_OTHER; known++)
		if (strcmp(word, mta_word(known)) == 0)
			*mta = known;
	return true;
}

static bool read_verb(struct reading *reading, enum verb *verb)
{
	const char *word;

	if (!read_string(reading, &word))
		return false;
	*verb = strcasecmp(word, "EHLO") == 0 ? VERB_EHLO :
		strcasecmp(word, "HELO") == 0 ? VERB_HELO :
						VERB_UNKNOWN;
	return *verb != VERB_UNKNOWN || json_fail(&reading->json, "expected EHLO, HELO or null");
}

static bool read_strings(struct reading *reading, const struct field *field, char *base)
{
	enum presence presence = PRESENCE_NONE;
	size_t count = 0;

	if (!json_enter(&reading->json, JSON_ARRAY))
		return false;
	while (json_next_item(&reading->json)) {
		const char **item = record_grow(reading->arena, base + field->offset, &count, sizeof *item);

		if (!item)
			return json_fail(&reading->json, file_no_memory);
		if (!read_string(reading, item))
			return false;
		presence = PRESENCE_KNOWN;
	}
	memcpy(base + field->count_offset, &count, sizeof count);
	memcpy(base + field->presence_offset, &presence, sizeof presence);
	return true;
}

static bool read_array(struct reading *reading, const struct field *field, char *base)
{
	enum presence presence = PRESENCE_NONE;
	size_t count = 0;

	if (!json_enter(&reading->json, JSON_ARRAY))
		return false;
	while (json_next_item(&reading->json)) {
		void *element =
			record_grow(reading->arena, base + field->offset, &count, field->shape->element_bytes);

		if (!element)
			return json_fail(&reading->json, file_no_memory);
		if (!read_fields(reading, field->shape, element))
			return false;
		presence = PRESENCE_KNOWN;
	}
	memcpy(base + field->count_offset, &count, sizeof count);
	memcpy(base + field->presence_offset, &presence, sizeof presence);
	return true;
}

/* Keys come mostly in the order of the table: the search begins behind the last hit.  COUNTED_TOTAL: another word. */
static size_t find_command(struct json_slice key, size_t *next)
{
	for (size_t i = 0; i < COUNTED_TOTAL; i++) {
		size_t at = (*next + i) % COUNTED_TOTAL;

		if (json_slice_is(key, record_command_word((enum record_command)at))) {
			*next = at + 1;
			return at;
		}
	}
	return COUNTED_TOTAL;
}

static bool read_commands(struct reading *reading, struct number *commands)
{
	struct json_slice key;
	size_t next = 0;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (json_next_key(&reading->json, &key)) {
		size_t command = find_command(key, &next);

		if (json_take_null(&reading->json))
			continue;
		if (command == COUNTED_TOTAL ? !json_skip(&reading->json) :
					       !read_number(reading, &commands[command]))
			return false;
	}
	return true;
}

/* null: the fact is none; of a verb: not known which. */
static void read_null(const struct field *field, char *base)
{
	const enum presence none = PRESENCE_NONE;
	const size_t empty = 0;

	switch (field->type) {
	case FIELD_TEXT: ((struct text *)(void *)(base + field->offset))->presence = none; break;
	case FIELD_NUMBER: ((struct number *)(void *)(base + field->offset))->presence = none; break;
	case FIELD_MICROS:
	case FIELD_INSTANT: ((struct micros *)(void *)(base + field->offset))->presence = none; break;
	case FIELD_FLAG: ((struct flag *)(void *)(base + field->offset))->presence = none; break;
	case FIELD_ADDRESS: ((struct address *)(void *)(base + field->offset))->presence = none; break;
	case FIELD_OBJECT: memcpy(base + field->presence_offset, &none, sizeof none); break;
	case FIELD_STRINGS:
	case FIELD_ARRAY:
		memcpy(base + field->presence_offset, &none, sizeof none);
		memcpy(base + field->count_offset, &empty, sizeof empty);
		break;
	case FIELD_SOURCE:
	case FIELD_MTA:
	case FIELD_VERB:
	case FIELD_COMMANDS: break;
	}
}

static bool read_object(struct reading *reading, const struct field *field, char *base)
{
	const enum presence known = PRESENCE_KNOWN;

	memcpy(base + field->presence_offset, &known, sizeof known);
	return read_fields(reading, field->shape, base);
}

static bool read_field(struct reading *reading, const struct field *field, char *base)
{
	void *at = base + field->offset;

	if (json_take_null(&reading->json)) {
		read_null(field, base);
		return true;
	}
	switch (field->type) {
	case FIELD_TEXT: return read_text(reading, at);
	case FIELD_NUMBER: return read_number(reading, at);
	case FIELD_MICROS: return read_micros(reading, at);
	case FIELD_FLAG: return read_flag(reading, at);
	case FIELD_ADDRESS: return read_address(reading, at);
	case FIELD_INSTANT: return read_instant(reading, at);
	case FIELD_SOURCE: return read_source(reading, at);
	case FIELD_MTA: return read_mta(reading, at);
	case FIELD_VERB: return read_verb(reading, at);
	case FIELD_STRINGS: return read_strings(reading, field, base);
	case FIELD_OBJECT: return read_object(reading, field, base);
	case FIELD_ARRAY: return read_array(reading, field, base);
	case FIELD_COMMANDS: return read_commands(reading, at);
	}
	return false;
}

/* The same of a field; NULL: another key. */
static const struct field *find_field(const struct shape *shape, struct json_slice key, size_t *next)
{
	for (size_t i = 0; i < shape->count; i++) {
		size_t at = *next + i < shape->count ? *next + i : *next + i - shape->count;

		if (json_slice_is(key, shape->fields[at].name)) {
			*next = at + 1 < shape->count ? at + 1 : 0;
			return &shape->fields[at];
		}
	}
	return NULL;
}

/* What no field holds; of the record itself "enc" is read. */
static bool read_other(struct reading *reading, const struct shape *shape, struct json_slice key)
{
	if (shape == &record_shape && !reading->enc.text && json_slice_is(key, "enc") && json_peek(&reading->json) == JSON_STRING)
		return json_take_string(&reading->json, &reading->enc);
	return json_skip(&reading->json);
}

static bool read_fields(struct reading *reading, const struct shape *shape, void *base)
{
	struct json_slice key;
	size_t next = 0;

	if (!json_enter(&reading->json, JSON_OBJECT))
		return false;
	while (json_next_key(&reading->json, &key)) {
		const struct field *field = find_field(shape, key, &next);

		if (shape == &record_shape && field)
			reading->key = field->name;
		if (field ? !read_field(reading, field, base) : !read_other(reading, shape, key))
			return false;
		if (shape == &record_shape)
			reading->key = NULL;
	}
	return !reading->json.error;
}

/* Is the key there, with this value?  It may stand behind the strings that it is about. */
bool record_is_latin1(const char *line, size_t length)
{
	struct json_reader json;
	struct json_slice key, value;

	if (!memmem(line, length, "\"enc\"", 5))
		return false;
	json_read_init(&json, line, length);
	if (!json_enter(&json, JSON_OBJECT))
		return false;
	while (json_next_key(&json, &key))
		if (json_slice_is(key, "enc") && json_peek(&json) == JSON_STRING)
			return json_take_string(&json, &value) && json_slice_is(value, "latin1");
		else
			(void)json_skip(&json);
	return false;
}

static const char *describe(struct reading *reading)
{
	const char *problem = reading->json.error;
	size_t bytes;
	char *text;

	if (!reading->key || problem == file_no_memory)
		return problem;
	bytes = strlen(reading->key) + strlen(problem) + 3;
	text = arena_alloc(reading->arena, bytes);
	if (!text)
		return file_no_memory;
	(void)snprintf(text, bytes, "%s: %s", reading->key, problem);
	return text;
}

static const char *read_line(struct reading *reading, const char *line, size_t length, struct record *record_r)
{
	memset(record_r, 0, sizeof *record_r);
	json_read_init(&reading->json, line, length);
	if (read_fields(reading, &record_shape, record_r) && json_finished(&reading->json))
		return NULL;
	return describe(reading);
}

const char *record_read(const char *line, size_t length, struct arena *arena, struct record *record_r)
{
	struct reading reading = { .arena = arena };
	const char *problem = read_line(&reading, line, length, record_r);

	/* It may stand behind the strings that it is about, and is rare. */
	if (problem || !json_slice_is(reading.enc, "latin1"))
		return problem;
	reading.latin1 = true;
	return read_line(&reading, line, length, record_r);
}
