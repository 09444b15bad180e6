/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of DNS between text and wire. */
#include "dns/wire_name.h"

#include "base/ascii.h"

#include <string.h>

static bool is_digit(uint8_t c)
{
	return ascii_is_digit((char)c);
}

/* What follows a backslash; the number of characters read, 0 when it is no escape. */
static size_t read_escape(const uint8_t *text, uint8_t *byte_r)
{
	unsigned value;

	if (!is_digit(text[0])) {
		*byte_r = text[0];
		return text[0] != '\0';
	}
	if (!is_digit(text[1]) || !is_digit(text[2]))
		return 0;
	value = (text[0] - '0') * 100u + (text[1] - '0') * 10u + (text[2] - '0');
	*byte_r = (uint8_t)value;
	return value <= 255 ? 3 : 0;
}

/* One label up to its dot or the end of the text, which *text is set to; false when it is none. */
static bool parse_label(const uint8_t **text, struct wire_name *name)
{
	size_t start = name->length, length = 0;
	const uint8_t *at = *text;

	while (*at != '\0' && *at != '.') {
		uint8_t byte = *at++;

		if (byte == '\\') {
			size_t read = read_escape(at, &byte);

			if (read == 0)
				return false;
			at += read;
		}
		/* Behind this byte the root's must have room too. */
		if (++length > WIRE_LABEL_BYTES || start + length + 1 >= WIRE_NAME_BYTES)
			return false;
		name->bytes[start + length] = (uint8_t)ascii_lower((char)byte);
	}
	name->bytes[start] = (uint8_t)length;
	name->length = (uint8_t)(start + length + 1);
	*text = at;
	return length > 0;
}

bool wire_name_parse(const char *text, struct wire_name *name_r)
{
	const uint8_t *at = (const uint8_t *)text;

	name_r->length = 0;
	if (strcmp(text, ".") != 0)
		do {
			if (!parse_label(&at, name_r))
				return false;
			at += *at == '.';
		} while (*at != '\0');
	name_r->bytes[name_r->length++] = 0;
	return true;
}

/* Shown as it is: neither special in zone files (RFC 1035 5.1) nor the comment of a tape. */
static bool is_plain(uint8_t c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"#$();@\\.", c);
}

static char *format_byte(uint8_t byte, char *to)
{
	if (is_plain(byte)) {
		*to++ = (char)byte;
		return to;
	}
	*to++ = '\\';
	*to++ = (char)('0' + byte / 100);
	*to++ = (char)('0' + byte / 10 % 10);
	*to++ = (char)('0' + byte % 10);
	return to;
}

void wire_name_format(const struct wire_name *name, char text_r[DNS_NAME_BYTES])
{
	char *to = text_r;

	for (size_t at = 0; name->bytes[at] != 0; at += name->bytes[at] + 1u) {
		if (at > 0)
			*to++ = '.';
		for (size_t i = 1; i <= name->bytes[at]; i++)
			to = format_byte(name->bytes[at + i], to);
	}
	if (to == text_r)
		*to++ = '.';
	*to = '\0';
}

bool wire_name_equal(const struct wire_name *a, const struct wire_name *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool is_host_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

bool wire_name_is_host(const struct wire_name *name)
{
	for (size_t at = 0; name->bytes[at] != 0; at += name->bytes[at] + 1u)
		for (size_t i = 1; i <= name->bytes[at]; i++)
			if (!is_host_byte(name->bytes[at + i]))
				return false;
	return name->length > 1;
}
