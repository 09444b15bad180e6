/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds where a line begins. */
#include "logs/line_prefix.h"

#include "logs/line_stamp.h"

/*
 * Lines that were quoted.  Journalctl puts the further lines of a message below its first one, behind stamp, host and tag: those
 * are what some client had a program say.
 */
#define INDENT_MAX 8

static size_t length_of(const struct scan *scan, const struct scan *rest)
{
	return scan_left(rest) > 0 ? (size_t)(rest->at - scan->at) : 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct scan *scan)
{
	while (scan->at < scan->end && is_blank(*scan->at))
		scan->at++;
}

/* "    ", "    12\t", "     12 " of cat -n and less -N */
static size_t indent_length(const struct scan *scan)
{
	struct scan rest = *scan, numbered;
	uint64_t number;

	skip_blanks(&rest);
	if (rest.at - scan->at > INDENT_MAX)
		return 0;
	numbered = rest;
	if (scan_take_number(&numbered, &number) && numbered.at < numbered.end && is_blank(*numbered.at)) {
		numbered.at++;
		return length_of(scan, &numbered);
	}
	return length_of(scan, &rest);
}

/* ">", "> > " */
static size_t quote_length(const struct scan *scan)
{
	struct scan rest = *scan;

	while (rest.at < rest.end && (*rest.at == '>' || *rest.at == ' '))
		rest.at++;
	return length_of(scan, &rest);
}

/* Behind the name of the file, from grep -n: "12:" */
static void skip_line_number(struct scan *scan)
{
	struct scan try = *scan;
	uint64_t number;

	if (scan_take_number(&try, &number) && scan_skip_char(&try, ':'))
		*scan = try;
}

/* "NAME-", "NAME-12-" before a stamp: grep has no colons around a line that does not match itself. */
static size_t context_length(const struct scan *scan)
{
	struct scan rest = *scan;

	for (; rest.at < rest.end && *rest.at != ' '; rest.at++) {
		const struct scan behind = { rest.at + 1, rest.end };

		if (*rest.at == '-' && (stamp_is_rfc3164(&behind) || stamp_is_iso(&behind)))
			return length_of(scan, &behind);
	}
	return 0;
}

size_t line_prefix_length(const struct scan *scan)
{
	struct scan try = *scan;
	size_t context;

	if (scan_left(scan) == 0)
		return 0;
	if (is_blank(*scan->at))
		return indent_length(scan);
	if (*scan->at == '>')
		return quote_length(scan);
	while (try.at < try.end && *try.at != ' ' && *try.at != ':')
		try.at++;
	context = context_length(scan);
	if (context > 0 || try.at == scan->at)
		return context;
	if (try.at[-1] == ']' && *scan->at == '[' && scan_skip_char(&try, ' '))
		return length_of(scan, &try);
	/* The tag of a program is none. */
	if (scan_skip_char(&try, ':') && try.at[-2] != ']') {
		skip_line_number(&try);
		(void)scan_skip_char(&try, ' ');
		return length_of(scan, &try);
	}
	scan_skip_spaces(&try);
	return scan_skip_char(&try, '|') && scan_skip_char(&try, ' ') ? length_of(scan, &try) : 0;
}
