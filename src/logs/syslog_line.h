/* SPDX-License-Identifier: BSD-2-Clause */
/* A line as syslog daemons write it, taken apart. */
#ifndef LOGS_SYSLOG_LINE_H
#define LOGS_SYSLOG_LINE_H

#include "logs/stamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes inside a line: not terminated, any value. */
struct span {
	const char *text;
	size_t length;
};

enum stamp_form { STAMP_NONE, STAMP_RFC3164, STAMP_CTIME, STAMP_ISO, STAMP_EPOCH };

struct log_line {
	struct span whole;	/* as it stood in the input */
	struct span host;	/* empty: not told */
	struct span tag;	/* "postfix/smtpd", "sm-mta" */
	struct span message;
	bool has_pid;
	uint32_t pid;
	enum stamp_form stamp_form;
	struct span stamp;	/* and what follows it; read on demand by log_line_time() */
	int64_t epoch_us;	/* of STAMP_EPOCH */
};

enum line_kind {
	LINE_ODD,		/* no such line */
	LINE_TAGGED,
	LINE_REPEATED		/* "[last ]message repeated N times": *repeats_r more of the line before */
};

/* "HOST TAG" of lines before: few machines and programs write most of a log.  Zeroed memory holds none. */
#define LINE_HEAD_BYTES 62
struct line_heads {
	struct line_head {
		unsigned char length, host_length;
		char text[LINE_HEAD_BYTES];
	} places[64];
};

/*
 * Reads, whatever stands before it: RFC 3164 with or without host, RFC 3339, RFC 5424, a PRI, FreeBSD's
 * <facility.level>, BusyBox' and AIX' facility and level, Solaris' [ID n fac.lvl], macOS' <level>, a number of seconds, TAI64N,
 * ctime(3), the columns of loghub's BGL, what journalctl writes, a stamp (of Kubernetes, with its stream) before a line that has
 * one of its own, what docker compose and grep put before lines.
 * bare: a tag alone, or a message alone (then the tag is empty), is a line too.  heads make it faster, and change nothing.  The
 * line must outlive *line_r.
 */
enum line_kind syslog_line_parse(struct line_heads *heads, const char *text, size_t length, bool bare,
				 struct log_line *line_r, uint32_t *repeats_r);

/* When the line was written; false: it does not tell. */
bool log_line_time(struct stamps *stamps, const struct log_line *line, int64_t *us_r);

static inline bool span_is(struct span span, const char *text, size_t length)
{
	return span.length == length && __builtin_memcmp(span.text, text, length) == 0;
}

static inline bool span_begins(struct span span, const char *text, size_t length)
{
	return span.length >= length && __builtin_memcmp(span.text, text, length) == 0;
}

/* With the length of a literal. */
#define SPAN_IS(span, literal) span_is(span, "" literal, sizeof(literal) - 1)
#define SPAN_BEGINS(span, literal) span_begins(span, "" literal, sizeof(literal) - 1)

/* Where needle stands in the span, NULL: nowhere; quick where its first byte is rare. */
static inline const char *span_find(struct span span, const char *needle, size_t length)
{
	const char *at = span.text, *end = span.text + span.length;

	while ((size_t)(end - at) >= length && (at = memchr(at, needle[0], (size_t)(end - at) - length + 1)) != NULL) {
		if (__builtin_memcmp(at, needle, length) == 0)
			return at;
		at++;
	}
	return NULL;
}

#define SPAN_FIND(span, literal) span_find(span, "" literal, sizeof(literal) - 1)

/*
 * "QUEUEID: " at the start of text, of Postfix or Sendmail; the text behind it is left in *rest_r.  NOQUEUE is
 * none.
 */
bool span_take_queue_id(struct span text, struct span *id_r, struct span *rest_r);

static inline struct span span_after(struct span span, size_t length)
{
	return (struct span){ span.text + length, span.length - length };
}

/* The bytes between two points of one line. */
static inline struct span span_between(const char *begin, const char *end)
{
	return (struct span){ begin, (size_t)(end - begin) };
}

#endif
