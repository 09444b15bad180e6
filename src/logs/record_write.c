/* SPDX-License-Identifier: BSD-2-Clause */
/* Session records to JSON lines. */
#include "logs/record_json.h"

#include "base/instant.h"
#include "base/json.h"
#include "core/facts.h"
#include "logs/record_shape.h"

#include <string.h>

static void write_fields(struct json *json, const struct shape *shape, const void *base);

static void write_text(struct json *json, const char *key, const struct text *text)
{
	if (text->presence != PRESENCE_UNKNOWN)
		json_string(json, key, text->presence == PRESENCE_KNOWN ? text->value : NULL);
}

static void write_integer(struct json *json, const char *key, enum presence presence, int64_t value)
{
	if (presence == PRESENCE_KNOWN)
		json_number(json, key, value);
	else if (presence == PRESENCE_NONE)
		json_null(json, key);
}

static void write_flag(struct json *json, const char *key, const struct flag *flag)
{
	if (flag->presence == PRESENCE_KNOWN)
		json_bool(json, key, flag->value);
	else if (flag->presence == PRESENCE_NONE)
		json_null(json, key);
}

static void write_address(struct json *json, const char *key, const struct address *address)
{
	char text[IP_TEXT_BYTES];

	if (address->presence == PRESENCE_KNOWN)
		ip_format(&address->value, text);
	if (address->presence != PRESENCE_UNKNOWN)
		json_string(json, key, address->presence == PRESENCE_KNOWN ? text : NULL);
}

static void write_instant(struct json *json, const char *key, const struct micros *at)
{
	char text[INSTANT_TEXT_BYTES];

	if (at->presence == PRESENCE_KNOWN)
		instant_format(at->value, text);
	if (at->presence != PRESENCE_UNKNOWN)
		json_string(json, key, at->presence == PRESENCE_KNOWN ? text : NULL);
}

static void write_strings(struct json *json, const char *key, enum presence presence, const char *const *items,
			  size_t count)
{
	if (presence == PRESENCE_UNKNOWN)
		return;
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, items[i]);
	json_close_array(json);
}

static void write_array(struct json *json, const struct field *field, const char *base)
{
	enum presence presence;
	const char *items;
	size_t count;

	memcpy(&presence, base + field->presence_offset, sizeof presence);
	memcpy(&count, base + field->count_offset, sizeof count);
	memcpy(&items, base + field->offset, sizeof items);
	if (presence == PRESENCE_UNKNOWN)
		return;
	json_open_array(json, field->name);
	for (size_t i = 0; i < count; i++) {
		json_open_object(json, NULL);
		write_fields(json, field->shape, items + i * field->shape->element_bytes);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_object(struct json *json, const struct field *field, const char *base)
{
	enum presence presence;

	memcpy(&presence, base + field->presence_offset, sizeof presence);
	if (presence == PRESENCE_NONE)
		json_null(json, field->name);
	if (presence != PRESENCE_KNOWN)
		return;
	json_open_object(json, field->name);
	write_fields(json, field->shape, base);
	json_close_object(json);
}

static void write_commands(struct json *json, const char *key, const struct number *commands)
{
	bool any = false;

	for (int i = 0; i < COUNTED_TOTAL; i++) {
		if (commands[i].presence != PRESENCE_KNOWN)
			continue;
		if (!any)
			json_open_object(json, key);
		any = true;
		json_number(json, record_command_word((enum record_command)i), commands[i].value);
	}
	if (any)
		json_close_object(json);
}

static void write_strings_field(struct json *json, const struct field *field, const char *base)
{
	enum presence presence;
	const char *const *items;
	size_t count;

	memcpy(&presence, base + field->presence_offset, sizeof presence);
	memcpy(&count, base + field->count_offset, sizeof count);
	memcpy(&items, base + field->offset, sizeof items);
	write_strings(json, field->name, presence, items, count);
}

static void write_word(struct json *json, const char *key, const char *word)
{
	if (word)
		json_string(json, key, word);
}

static void write_field(struct json *json, const struct field *field, const char *base)
{
	const void *at = base + field->offset;
	const struct number *number = at;
	const struct micros *micros = at;

	switch (field->type) {
	case FIELD_TEXT: write_text(json, field->name, at); break;
	case FIELD_NUMBER: write_integer(json, field->name, number->presence, number->value); break;
	case FIELD_MICROS: write_integer(json, field->name, micros->presence, micros->value); break;
	case FIELD_FLAG: write_flag(json, field->name, at); break;
	case FIELD_ADDRESS: write_address(json, field->name, at); break;
	case FIELD_INSTANT: write_instant(json, field->name, at); break;
	case FIELD_SOURCE:
		write_word(json, field->name, record_source_word(*(const enum record_source *)at));
		break;
	case FIELD_MTA: write_word(json, field->name, mta_word(*(const enum mta *)at)); break;
	case FIELD_VERB: json_string(json, field->name, verb_word(*(const enum verb *)at)); break;
	case FIELD_STRINGS: write_strings_field(json, field, base); break;
	case FIELD_OBJECT: write_object(json, field, base); break;
	case FIELD_ARRAY: write_array(json, field, base); break;
	case FIELD_COMMANDS: write_commands(json, field->name, at); break;
	}
}

static void write_fields(struct json *json, const struct shape *shape, const void *base)
{
	for (size_t i = 0; i < shape->count; i++)
		write_field(json, &shape->fields[i], base);
}

/* true: a string held bytes that need latin1. */
static bool write_line(const struct record *record, struct buf *out, bool latin1)
{
	struct json json;

	json_init(&json, out);
	json.latin1 = latin1;
	json_open_object(&json, NULL);
	json_string(&json, "schema", RECORD_SCHEMA);
	if (latin1)
		json_string(&json, "enc", "latin1");
	write_fields(&json, &record_shape, record);
	json_close_object(&json);
	buf_add_char(out, '\n');
	return json.lossy;
}

void record_write(const struct record *record, struct buf *out)
{
	const char *missing[RECORD_MISSING_MAX];
	struct record shown = *record;
	size_t begin = out->length;

	if (shown.missing.presence == PRESENCE_UNKNOWN) {
		shown.missing = (struct string_list){ .presence = PRESENCE_KNOWN, .items = missing };
		shown.missing.count = record_missing(record, missing);
	}
	if (write_line(&shown, out, false) && !out->failed) {
		out->length = begin;
		(void)write_line(&shown, out, true);
	}
}
