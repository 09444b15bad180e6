/* SPDX-License-Identifier: BSD-2-Clause */
/* Cuts an input into lines of syslog, and takes them apart, in a thread while the lines before are worked on. */
#ifndef LOGS_PARSE_AHEAD_H
#define LOGS_PARSE_AHEAD_H

#include "logs/lines.h"
#include "logs/syslog_line.h"

/* A line and what syslog_line_parse() says of it. */
struct parsed_line {
	enum line_kind kind;
	struct log_line line;
};

struct parse_ahead;

/*
 * lines and heads are the thread's until the end.  NULL: there is little to read or nobody knows how much, memory or threads are
 * out, or there is only one processor; then the caller reads by itself.
 */
struct parse_ahead *parse_ahead_new(struct lines *lines, struct line_heads *heads, bool bare);

/* The next line; valid until the next call.  NULL: there are no more, as from lines_next(). */
const struct parsed_line *parse_ahead_next(struct parse_ahead *ahead);

/* Its number in the input. */
uint64_t parse_ahead_number(const struct parse_ahead *ahead);

/* Waits for the thread.  lines tells of what was given, as if nothing had been read ahead; no more can be read from it. */
void parse_ahead_free(struct parse_ahead **ahead);

#endif
