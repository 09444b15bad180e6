/* SPDX-License-Identifier: BSD-2-Clause */
/* Logs to session records: what the commands call. */
#ifndef LOGS_LOGS_H
#define LOGS_LOGS_H

#include "logs/line_samples.h"
#include "logs/record.h"
#include "logs/stamp.h"

#include <stdio.h>

struct diag;

/*
 * Called for each session; the record is valid until it returns.  It is to be made whole (record_make_whole()) by who wants to look
 * at it.  It lies in the arena with all that it points to: who wants to keep it exchanges the arena for an empty one
 * (arena_exchange()).  false: no more, please.
 */
typedef bool record_take(void *context, struct record *record, struct arena *arena);

struct logs_options {
	const char *format;	/* a name of the table; NULL: found out for each input */
	bool bare;		/* lines without stamp and host */
	int year;		/* of the first stamp without year in each input; 0: from the time of the file */
	struct time_zone zone;	/* of stamps without zone */
	FILE *missed;		/* gets every line that was not understood; NULL: they are only counted */
};

struct logs_stats {
	uint64_t bytes;			/* unpacked */
	uint64_t lines;			/* an entry of the journal is one, however many it takes */
	uint64_t understood;
	uint64_t other;			/* of an MTA, but without facts of a session */
	uint64_t foreign;		/* of other programs */
	uint64_t blank;
	uint64_t orphans;		/* understood; the begin of their session is not in the log */
	uint64_t repeated;		/* lines that a syslog daemon only counted */
	uint64_t missed;		/* not understood */
	uint64_t cut;			/* longer than LINE_MAX_BYTES */
	uint64_t sessions;
	uint64_t incomplete;		/* of them: an end was not seen */
	uint64_t given_up;		/* of them: idle for an hour, or too many at once */
	unsigned inputs;
	unsigned inputs_unread;		/* nothing could be read of them */
	bool year_guessed;		/* stamps without year were dated by the time of their file */
	struct line_samples missed_lines;
};

struct logs;

/* NULL: out of memory, or (with *error_r set) a format that is not known. */
struct logs *logs_new(const struct logs_options *options, record_take *take, void *context, const char **error_r);
void logs_free(struct logs **logs);

/*
 * Reads the inputs in the order of their first stamps, so that a session that goes on in the next file is one,
 * whatever the order of paths; what has no stamp, or may be read only once, comes first.  What is wrong with an
 * input goes to diag, and the others are read all the same.  false: out of memory, or take() has stopped it.
 */
bool logs_read(struct logs *logs, const char *const *paths, size_t count, struct diag *diag);

/* The same for one input that is in memory already; name is for messages. */
bool logs_read_bytes(struct logs *logs, const char *name, const char *bytes, size_t length, struct diag *diag);

/* After the last input: hands over the sessions that are still open. */
bool logs_finish(struct logs *logs);

const struct logs_stats *logs_stats(const struct logs *logs);

/*
 * For a progress bar: bytes of the files read so far and in all, as they lie there; total -1 where nobody knows.
 */
void logs_progress(const struct logs *logs, int64_t *done_r, int64_t *total_r);

/* Names of the formats, NULL after the last. */
const char *logs_format_name(size_t number);

#endif
