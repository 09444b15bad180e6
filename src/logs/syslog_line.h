/* SPDX-License-Identifier: BSD-2-Clause */
/* A line as syslog daemons write it, taken apart. */
#ifndef LOGS_SYSLOG_LINE_H
#define LOGS_SYSLOG_LINE_H

#include "base/hash.h"
#include "logs/line_head.h"
#include "logs/span.h"
#include "logs/stamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stamp_form { STAMP_NONE, STAMP_RFC3164, STAMP_CTIME, STAMP_ISO, STAMP_EPOCH };

struct log_line {
	struct span whole;	/* as it stood in the input */
	struct span host;	/* empty: not told */
	struct span tag;	/* "postfix/smtpd", "sm-mta" */
	struct span message;
	const struct line_head *head;	/* of host and tag; NULL: they are not one that comes again */
	bool has_pid;
	uint32_t pid;
	enum stamp_form stamp_form;
	union {
		struct span stamp;	/* and what follows it; read on demand by log_line_time() */
		int64_t epoch_us;	/* of STAMP_EPOCH */
	};
};

static inline uint64_t log_line_host_hash(const struct log_line *line)
{
	return line->head ? line->head->host_hash : hash_bytes(line->host.text, line->host.length, 0);
}

static inline uint64_t log_line_tag_hash(const struct log_line *line)
{
	return line->head ? line->head->tag_hash : hash_bytes(line->tag.text, line->tag.length, 0);
}

/* What follows the last slash of the tag; empty: it has none. */
static inline struct span log_line_program(const struct log_line *line)
{
	if (!line->head)
		return tag_program(line->tag);
	return span_after(line->tag, line->tag.length - line->head->program_length);
}

enum line_kind {
	LINE_ODD,		/* no such line */
	LINE_TAGGED,
	LINE_REPEATED		/* "[last ]message repeated N times": *repeats_r more of the line before */
};

/*
 * Reads, whatever stands before it: RFC 3164 with or without host, RFC 3339, RFC 5424, a PRI, FreeBSD's
 * <facility.level>, BusyBox' and AIX' facility and level, Solaris' [ID n fac.lvl], macOS' <level>, a number of seconds, TAI64N,
 * ctime(3), the columns of loghub's BGL, what journalctl writes, a stamp (of Kubernetes, with its stream) before a line that has
 * one of its own, what docker compose and grep put before lines.
 * bare: a tag, behind a host or alone, or a message alone (then the tag is empty) is a line too.  heads, which may be
 * NULL, make it faster, and change nothing.  The line and the heads must outlive *line_r.
 */
enum line_kind syslog_line_parse(struct line_heads *heads, const char *text, size_t length, bool bare,
				 struct log_line *line_r, uint32_t *repeats_r);

/* When the line was written; false: it does not tell. */
bool log_line_time(struct stamps *stamps, const struct log_line *line, int64_t *us_r);

#define QUEUE_ID_MAX 40

/*
 * "QUEUEID: " at the start of text, of Postfix or Sendmail; the text behind it is left in *rest_r.  NOQUEUE is
 * none.
 */
bool span_take_queue_id(struct span text, struct span *id_r, struct span *rest_r);

#endif
