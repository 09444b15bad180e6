/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON written as a stream. */
#include "base/json.h"

#include "base/utf8.h"

#include <string.h>

void json_init(struct json *json, struct buf *out)
{
	*json = (struct json){ .out = out };
}

/* How many bytes at value stand for themselves in a string. */
static size_t plain_length(const char *value, size_t left)
{
	size_t length = 0;

	while (length < left && value[length] >= 0x20 && value[length] < 0x7f && value[length] != '"' &&
	       value[length] != '\\')
		length++;
	return length;
}

/* What is no plain character; how many bytes of value it took. */
static size_t add_odd(struct json *json, const char *value, size_t left)
{
	size_t length = utf8_length(value, left);
	unsigned char c = (unsigned char)*value;
	struct buf *out = json->out;

	if (c == '"' || c == '\\')
		buf_addf(out, "\\%c", c);
	else if (c < 0x20 || c == 0x7f || (json->latin1 && c > 0x7f))
		buf_addf(out, "\\u%04x", c);
	else if (length == 0)
		buf_addf(out, "\\\\x%02x", c);
	else
		buf_add_bytes(out, value, length);
	json->lossy |= length == 0 && !json->latin1;
	return json->latin1 || length == 0 ? 1 : length;
}

static void add_quoted(struct json *json, const char *value)
{
	struct buf *out = json->out;
	size_t left = strlen(value);

	buf_add_char(out, '"');
	while (left > 0) {
		size_t length = plain_length(value, left);

		if (length > 0)
			buf_add_bytes(out, value, length);
		else
			length = add_odd(json, value, left);
		value += length;
		left -= length;
	}
	buf_add_char(out, '"');
}

/* The comma before it and its key. */
static void begin(struct json *json, const char *key)
{
	if (json->comma)
		buf_add_char(json->out, ',');
	json->comma = true;
	if (key) {
		add_quoted(json, key);
		buf_add_char(json->out, ':');
	}
}

static void open_with(struct json *json, const char *key, char bracket)
{
	begin(json, key);
	buf_add_char(json->out, bracket);
	json->comma = false;
}

static void close_with(struct json *json, char bracket)
{
	buf_add_char(json->out, bracket);
	json->comma = true;
}

void json_open_object(struct json *json, const char *key)
{
	open_with(json, key, '{');
}

void json_close_object(struct json *json)
{
	close_with(json, '}');
}

void json_open_array(struct json *json, const char *key)
{
	open_with(json, key, '[');
}

void json_close_array(struct json *json)
{
	close_with(json, ']');
}

void json_string(struct json *json, const char *key, const char *value)
{
	if (!value) {
		json_null(json, key);
		return;
	}
	begin(json, key);
	add_quoted(json, value);
}

void json_number(struct json *json, const char *key, int64_t value)
{
	begin(json, key);
	buf_add_number(json->out, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	buf_add(json->out, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	begin(json, key);
	buf_add(json->out, "null");
}
