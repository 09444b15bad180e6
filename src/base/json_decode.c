/* SPDX-License-Identifier: BSD-2-Clause */
/* What the strings of a JSON text stand for (RFC 8259 7). */
#include "base/json_read.h"

#include "base/ascii.h"
#include "base/utf8.h"

#include <string.h>

static unsigned hex4(const char *text)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 4 | (unsigned)ascii_hex_value(text[i]);
	return value;
}

static size_t put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* The character of "\uXXXX", or of two that make a pair; half a pair is U+FFFD. */
static size_t unicode_escape(const char *text, size_t length, unsigned *code_r)
{
	unsigned low, code = hex4(text + 2);

	*code_r = code;
	if (code < 0xd800 || code > 0xdfff)
		return 6;
	*code_r = 0xfffd;
	if (code > 0xdbff || length < 12 || text[6] != '\\' || text[7] != 'u')
		return 6;
	low = hex4(text + 8);
	if (low < 0xdc00 || low > 0xdfff)
		return 6;
	*code_r = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

/* One character at text to out: how many were read, and in *put_r how many written, never more. */
static size_t decode_one(const char *text, size_t length, bool latin1, char *out, size_t *put_r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	unsigned code;
	size_t used;

	*put_r = 1;
	if (text[0] == '\\' && text[1] != 'u') {
		out[0] = to[strchr(from, text[1]) - from];
		return 2;
	}
	if (text[0] == '\\') {
		used = unicode_escape(text, length, &code);
		if (latin1 && code < 0x100)
			out[0] = (char)code;
		else
			*put_r = put_utf8(out, code);
		return used;
	}
	used = utf8_length(text, length);
	if (latin1 && used == 2 && (unsigned char)text[0] <= 0xc3) {
		out[0] = (char)((text[0] & 3) << 6 | (text[1] & 0x3f));
		return 2;
	}
	if (used == 0)
		used = 1;
	memcpy(out, text, used);
	*put_r = used;
	return used;
}

size_t json_decode_to(struct json_slice raw, bool latin1, char *out)
{
	size_t written = 0;

	while (raw.length > 0) {
		size_t put, used = decode_one(raw.text, raw.length, latin1, out + written, &put);

		written += put;
		raw.text += used;
		raw.length -= used;
	}
	return written;
}

char *json_decode(struct arena *arena, struct json_slice raw, bool latin1)
{
	char *text;

	if (!latin1 && !raw.escaped)
		return arena_strndup(arena, raw.text, raw.length);
	text = arena_alloc(arena, raw.length + 1);
	if (text)
		text[json_decode_to(raw, latin1, text)] = '\0';
	return text;
}
