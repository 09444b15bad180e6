/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the colours out of a log. */
#include "logs/coloured.h"

#define ESCAPE '\x1b'

bool coloured_is(struct span head)
{
	head = span_first_line(head);
	return SPAN_FIND(head, "\x1b[");
}

/* ECMA-48 5.4: "ESC [", parameters, and a last byte. */
static const char *skip_sequence(const char *at, const char *end)
{
	at += 2;
	while (at < end && *at >= 0x20 && *at <= 0x3f)
		at++;
	return at < end ? at + 1 : end;
}

size_t coloured_strip(char *text, size_t length)
{
	const char *at = text, *end = text + length;
	char *out = text;

	while (at < end) {
		if (*at == ESCAPE && end - at > 1 && at[1] == '[')
			at = skip_sequence(at, end);
		else
			*out++ = *at++;
	}
	return (size_t)(out - text);
}
