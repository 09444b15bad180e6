/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON read as a stream. */
#include "base/json_read.h"

#include "base/ascii.h"
#include "base/file.h"

#include <string.h>

void json_read_init(struct json_reader *reader, const char *text, size_t length)
{
	*reader = (struct json_reader){ .begin = text, .at = text, .end = text + length };
}

bool json_fail(struct json_reader *reader, const char *error)
{
	if (!reader->error)
		reader->error = error;
	reader->at = reader->end;
	return false;
}

/* Between what programs write there is mostly none. */
static inline void skip_space(struct json_reader *reader)
{
	while (reader->at < reader->end && (unsigned char)*reader->at <= ' ' &&
	       (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
		reader->at++;
}

static inline enum json_kind peek(struct json_reader *reader)
{
	/* By its first byte. */
	static const unsigned char kinds[256] = {
		['{'] = JSON_OBJECT, ['['] = JSON_ARRAY, ['"'] = JSON_STRING, ['t'] = JSON_BOOL, ['f'] = JSON_BOOL,
		['n'] = JSON_NULL, ['-'] = JSON_NUMBER, ['0' ... '9'] = JSON_NUMBER,
	};

	skip_space(reader);
	return reader->at < reader->end ? (enum json_kind)kinds[(unsigned char)*reader->at] : JSON_NONE;
}

enum json_kind json_peek(struct json_reader *reader)
{
	return peek(reader);
}

bool json_enter(struct json_reader *reader, enum json_kind kind)
{
	if (peek(reader) != kind)
		return json_fail(reader, kind == JSON_OBJECT ? "expected an object" : "expected an array");
	if (++reader->depth > JSON_DEPTH_MAX)
		return json_fail(reader, "too deep");
	reader->at++;
	reader->fresh = true;
	return true;
}

/* To the next member: true; behind the closing bracket: false. */
static bool next_member(struct json_reader *reader, char close)
{
	bool fresh = reader->fresh;

	skip_space(reader);
	reader->fresh = false;
	if (reader->at == reader->end)
		return json_fail(reader, "ends early");
	if (*reader->at == close) {
		reader->at++;
		reader->depth--;
		return false;
	}
	if (fresh)
		return true;
	if (*reader->at != ',')
		return json_fail(reader, "expected a comma or a closing bracket");
	reader->at++;
	return true;
}

bool json_next_item(struct json_reader *reader)
{
	return next_member(reader, ']');
}

static bool four_digits(const char *text)
{
	for (int i = 0; i < 4; i++)
		if (ascii_hex_value(text[i]) < 0)
			return false;
	return true;
}

/* The escapes of RFC 8259 7: only their form is looked at. */
static bool skip_escape(struct json_reader *reader)
{
	size_t left = (size_t)(reader->end - reader->at);

	if (left < 2)
		return json_fail(reader, "ends in a string");
	if (reader->at[1] != 'u') {
		if (reader->at[1] == '\0' || !strchr("\"\\/bfnrt", reader->at[1]))
			return json_fail(reader, "unknown escape in a string");
		reader->at += 2;
		return true;
	}
	if (left < 6 || !four_digits(reader->at + 2))
		return json_fail(reader, "bad \\u escape in a string");
	reader->at += 6;
	return true;
}

/* What stands for itself in a string: most of it. */
static const char *skip_plain(const char *at, const char *end)
{
	static const bool special[256] = { [0 ... 0x1f] = true, ['"'] = true, ['\\'] = true };

	while (at < end && !special[(unsigned char)*at])
		at++;
	return at;
}

bool json_take_string(struct json_reader *reader, struct json_slice *raw_r)
{
	if (peek(reader) != JSON_STRING)
		return json_fail(reader, "expected a string");
	raw_r->text = ++reader->at;
	raw_r->escaped = false;
	while ((reader->at = skip_plain(reader->at, reader->end)) < reader->end && *reader->at == '\\') {
		raw_r->escaped = true;
		if (!skip_escape(reader))
			return false;
	}
	if (reader->at == reader->end)
		return json_fail(reader, "ends in a string");
	if (*reader->at != '"')
		return json_fail(reader, "control character in a string");
	raw_r->length = (size_t)(reader->at - raw_r->text);
	reader->at++;
	return true;
}

bool json_take_text(struct json_reader *reader, struct arena *arena, bool latin1, const char **text_r)
{
	struct json_slice raw;

	if (!json_take_string(reader, &raw))
		return false;
	*text_r = json_decode(arena, raw, latin1);
	return *text_r || json_fail(reader, file_no_memory);
}

bool json_slice_is(struct json_slice slice, const char *text)
{
	if (slice.length == 0 || slice.text[0] != text[0])
		return slice.length == 0 && text[0] == '\0';
	return strlen(text) == slice.length && memcmp(slice.text, text, slice.length) == 0;
}

bool json_next_key(struct json_reader *reader, struct json_slice *key_r)
{
	if (!next_member(reader, '}') || !json_take_string(reader, key_r))
		return false;
	if (key_r->escaped) {
		/* A longer key is none that anybody asks for. */
		if (key_r->length > sizeof reader->key)
			key_r->length = 0;
		key_r->length = json_decode_to(*key_r, false, reader->key);
		key_r->text = reader->key;
	}
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != ':')
		return json_fail(reader, "expected a colon");
	reader->at++;
	return true;
}

static bool take_word(struct json_reader *reader, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
		return json_fail(reader, "unknown word");
	reader->at += length;
	return true;
}

bool json_take_null(struct json_reader *reader)
{
	return peek(reader) == JSON_NULL && take_word(reader, "null");
}

bool json_take_bool(struct json_reader *reader, bool *value_r)
{
	if (peek(reader) != JSON_BOOL)
		return json_fail(reader, "expected true or false");
	*value_r = *reader->at == 't';
	return take_word(reader, *value_r ? "true" : "false");
}

static size_t digit_run(const char *at, const char *end)
{
	const char *begin = at;

	while (at < end && ascii_is_digit(*at))
		at++;
	return (size_t)(at - begin);
}

/* RFC 8259 6: [-] int [frac] [exp]. */
bool json_take_number(struct json_reader *reader, struct json_slice *text_r)
{
	const char *at, *end = reader->end;
	size_t run;

	if (peek(reader) != JSON_NUMBER)
		return json_fail(reader, "expected a number");
	at = reader->at + (*reader->at == '-');
	run = digit_run(at, end);
	if (run == 0 || (run > 1 && *at == '0'))
		return json_fail(reader, "malformed number");
	at += run;
	if (at < end && *at == '.') {
		run = digit_run(at + 1, end);
		at += 1 + run;
	}
	if (run > 0 && at < end && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < end && (*at == '+' || *at == '-');
		run = digit_run(at, end);
		at += run;
	}
	if (run == 0)
		return json_fail(reader, "malformed number");
	*text_r = (struct json_slice){ .text = reader->at, .length = (size_t)(at - reader->at) };
	reader->at = at;
	return true;
}

bool json_take_integer(struct json_reader *reader, int64_t *value_r)
{
	struct json_slice text;
	bool negative;
	int64_t value = 0;

	if (!json_take_number(reader, &text))
		return false;
	negative = text.text[0] == '-';
	for (size_t i = negative; i < text.length; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return json_fail(reader, "expected an integer");
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? '0' - text.text[i] : text.text[i] - '0', &value))
			return json_fail(reader, "number too large");
	}
	*value_r = value;
	return true;
}

/* As deep as JSON_DEPTH_MAX at most: json_enter() fails beyond. */
bool json_skip(struct json_reader *reader)
{
	struct json_slice ignored;
	bool flag;

	switch (json_peek(reader)) {
	case JSON_NONE: return json_fail(reader, reader->at == reader->end ? "ends early" : "expected a value");
	case JSON_NULL: return json_take_null(reader);
	case JSON_BOOL: return json_take_bool(reader, &flag);
	case JSON_NUMBER: return json_take_number(reader, &ignored);
	case JSON_STRING: return json_take_string(reader, &ignored);
	case JSON_OBJECT:
		if (json_enter(reader, JSON_OBJECT))
			while (json_next_key(reader, &ignored))
				(void)json_skip(reader);
		break;
	case JSON_ARRAY:
		if (json_enter(reader, JSON_ARRAY))
			while (json_next_item(reader))
				(void)json_skip(reader);
		break;
	}
	return !reader->error;
}

bool json_finished(struct json_reader *reader)
{
	skip_space(reader);
	if (!reader->error && reader->at != reader->end)
		return json_fail(reader, "text after the end");
	return !reader->error;
}
