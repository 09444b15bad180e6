/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of the formats share: where records go, how lines are counted, how a format is made known. */
#ifndef LOGS_READER_H
#define LOGS_READER_H

#include "logs/lines.h"
#include "logs/logs.h"
#include "logs/syslog_line.h"

/* What became of a line. */
enum taken {
	TAKEN,		/* understood */
	TAKEN_OTHER,	/* of the MTA, and not about a session's facts */
	TAKEN_FOREIGN,	/* of another program */
	TAKEN_ORPHAN,	/* understood, but the begin of its session was not seen */
	TAKEN_BLANK,
	TAKEN_REPEATED,	/* "last message repeated" */
	TAKEN_NOT	/* not understood: counted and shown as missed */
};

#define ID_SETS 512
#define ID_WAYS 8

/* First lines of sessions: how many there were before this one that are equal to it. */
struct first_line {
	uint64_t hash;
	uint32_t count;
};

struct log_sink {
	record_take *take;
	void *context;
	bool stopped;			/* take() wants no more */
	bool no_memory;
	struct logs_stats stats;
	struct stamps stamps;		/* of the input that is being read */
	const char *path;
	uint64_t line_number;
	uint64_t losses;		/* how often the log has told of lines that are not in it */
	FILE *missed;			/* gets the lines that were not understood; NULL: they are only counted */
	struct first_line first_lines[ID_SETS][ID_WAYS];	/* of the last second or so; in each set, the latest first */
};

/* What became of the line at hand; text is shown where it was not understood. */
void sink_count(struct log_sink *sink, enum taken taken, const char *text, size_t length);

/* Hands a record over.  All that it points to lies in the arena, which may be another, empty one then: the record is gone. */
void sink_record(struct log_sink *sink, struct record *record, struct arena *arena);

/*
 * An id for the session that begins with this line: the same whenever the same log is read, in whatever parts.
 * Kept in the arena; NULL: out of memory.
 */
const char *sink_session_id(struct log_sink *sink, struct arena *arena, int64_t start_us, struct span first_line);

/*
 * A copy with a NUL behind it; a NUL inside, the mark of damage, becomes '?'.  NULL: out of memory, which the
 * sink remembers.
 */
const char *sink_copy(struct log_sink *sink, struct arena *arena, struct span text);
/* The same as a fact: unknown when memory is out. */
struct text sink_text(struct log_sink *sink, struct arena *arena, struct span text);

/* Is it known to be that? */
bool text_is(const struct text *text, struct span span);

/* The address in text; unknown when it is none. */
struct address sink_address(struct span text);
struct number sink_number(struct span text);

/* A row of the table.  state is what open() gave; NULL from it: out of memory. */
struct log_format {
	const char *name;
	/* Do the first bytes of an input look like it?  NULL: its lines come in syslog's, told by their tags. */
	bool (*recognise)(struct span head);
	bool (*claims)(struct span tag);		/* of those */
	void *(*open)(struct log_sink *sink);
	enum taken (*tagged)(void *state, const struct log_line *line);
	/* A whole line of its own; lines is where it came from, for formats that are not made of lines alone. */
	enum taken (*line)(void *state, char *text, size_t length, struct lines *lines);
	void (*end_of_input)(void *state);		/* may be NULL */
	void (*finish)(void *state);			/* end of all input; may be NULL */
	void (*close)(void *state);
};

/* NULL-terminated. */
extern const struct log_format *const log_formats[];

extern const struct log_format log_postfix, log_sendmail, log_suricata, log_zeek, log_session, log_swaks,
	log_sendmail_x;

#endif
