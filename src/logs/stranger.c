/* SPDX-License-Identifier: BSD-2-Clause */
/* Inputs in which no session is found: what are they? */
#include "logs/stranger.h"

/* Its main log, or what it sends to syslog: "... <= joe@example.org H=host [192.0.2.1] P=esmtps", "H=... rejected RCPT ..." */
static bool is_exim(struct span head)
{
	return SPAN_FIND(head, " exim[") || SPAN_FIND(head, " exim: ") ||
	       (SPAN_FIND(head, " H=") && (SPAN_FIND(head, " <= ") || SPAN_FIND(head, " rejected RCPT ")));
}

/* Letters of English with a NUL before or behind each. */
static bool is_unmarked_utf16(struct span head)
{
	const char *c = head.text;

	return head.length > 3 && (c[0] == '\0') == (c[2] == '\0') && (c[1] == '\0') == (c[3] == '\0') &&
	       (c[0] == '\0') != (c[1] == '\0');
}

const char *log_stranger(struct span head)
{
	if (is_unmarked_utf16(head))
		return "it is UTF-16 without a mark; convert it to UTF-8, as iconv does";
	if (SPAN_BEGINS(head, "BZh"))
		return "it is compressed by bzip2; unpack it first";
	if (is_exim(head))
		return "it is of Exim, which is not read";
	return NULL;
}
