/* SPDX-License-Identifier: BSD-2-Clause */
/* Queue ids at the begin of messages. */
#include "logs/syslog_line.h"

enum kind { DIGIT = 1, SMALL = 2, HEX = 4, CAPITAL = 8 };

static const unsigned char kinds[256] = {
	['0' ... '9'] = DIGIT, ['a' ... 'z'] = SMALL, ['A' ... 'F'] = HEX, ['G' ... 'Z'] = CAPITAL
};

/*
 * Not a word of a message?  Postfix' long ids have no digit one time in twenty, its short ones, which are hexadecimal, hardly ever.
 * seen: what stands behind the first character.
 */
static bool is_id(unsigned first, unsigned seen, size_t length)
{
	return seen & DIGIT || (length >= 10 && seen & SMALL && seen & (HEX | CAPITAL)) || (length >= 6 && (first | seen) == HEX);
}

bool span_take_queue_id(struct span text, struct span *id_r, struct span *rest_r)
{
	size_t max = text.length < QUEUE_ID_MAX ? text.length : QUEUE_ID_MAX, length = 0;
	unsigned first = max > 0 ? kinds[(unsigned char)text.text[0]] : 0, seen = 0, kind;

	/* A word may begin with a capital. */
	if (first & (HEX | CAPITAL))
		length = 1;
	for (; length < max && (kind = kinds[(unsigned char)text.text[length]]) != 0; length++)
		seen |= kind;
	if (length < 5 || !is_id(first, seen, length) ||
	    length + 2 > text.length || text.text[length] != ':' || text.text[length + 1] != ' ')
		return false;
	*id_r = (struct span){ text.text, length };
	*rest_r = span_after(text, length + 2);
	return !SPAN_IS(*id_r, "NOQUEUE");
}
