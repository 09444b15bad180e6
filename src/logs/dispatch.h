/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes each line out of what it is wrapped in, and to the reader of the format or the MTA that it is of. */
#ifndef LOGS_DISPATCH_H
#define LOGS_DISPATCH_H

#include "logs/csv.h"
#include "logs/journal.h"
#include "logs/reader.h"

#define FORMATS_MAX 16

struct dispatch {
	struct log_sink *sink;
	const struct log_format *forced;	/* every input is of it; NULL: it is found out */
	bool bare;				/* lines without stamp and host */
	void *states[FORMATS_MAX];		/* in step with log_formats; NULL until first needed */
	size_t own;				/* the format of the input, where its lines are not syslog's */
	struct line_heads heads;
	unsigned char readers[LINE_HEADS];	/* of the heads: the number of the format and 1; 0: not found yet */
	struct journal journal;
	journal_line *journal_line;		/* of the input, where it is a journal's */
	struct csv csv;				/* the columns of the input, where it is a table */
	struct arena unwrapped;			/* the line at hand */
};

/* Zeroed memory with sink, forced and bare set. */
void dispatch_init(struct dispatch *dispatch);
void dispatch_clear(struct dispatch *dispatch);

/* Reads an input to its end, or as long as the sink wants more; head: its first bytes. */
void dispatch_lines(struct dispatch *dispatch, struct lines *lines, struct span head);

/* After the last input: readers hand over the sessions that are still open. */
void dispatch_finish(struct dispatch *dispatch);

#endif
