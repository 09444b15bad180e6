/* SPDX-License-Identifier: BSD-2-Clause */
/* Queue ids at the begin of messages. */
#include "logs/syslog_line.h"

enum kind { DIGIT = 1, SMALL = 2, CAPITAL = 4 };

static const unsigned char kinds[256] = {
	['0' ... '9'] = DIGIT, ['a' ... 'z'] = SMALL, ['A' ... 'Z'] = CAPITAL
};

bool span_take_queue_id(struct span text, struct span *id_r, struct span *rest_r)
{
	size_t max = text.length < QUEUE_ID_MAX ? text.length : QUEUE_ID_MAX, length = 0;
	unsigned seen = 0, kind;

	/* A word may begin with a capital. */
	if (max > 0 && kinds[(unsigned char)text.text[0]] == CAPITAL)
		length = 1;
	for (; length < max && (kind = kinds[(unsigned char)text.text[length]]) != 0; length++)
		seen |= kind;
	/* Not a word of a message: Postfix' long ids have no digit one time in twenty. */
	if (!(seen & DIGIT || (seen == (CAPITAL | SMALL) && length >= 10)) || length < 5 ||
	    length + 2 > text.length || text.text[length] != ':' || text.text[length + 1] != ' ')
		return false;
	*id_r = (struct span){ text.text, length };
	*rest_r = span_after(text, length + 2);
	return !SPAN_IS(*id_r, "NOQUEUE");
}
