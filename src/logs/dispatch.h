/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes each line out of what it is wrapped in, and to the reader of the format or the MTA that it is of. */
#ifndef LOGS_DISPATCH_H
#define LOGS_DISPATCH_H

#include "logs/csv.h"
#include "logs/journal.h"
#include "logs/json_items.h"
#include "logs/loki.h"
#include "logs/order.h"
#include "logs/reader.h"
#include "logs/rsyslog_debug.h"

#define FORMATS_MAX 16

struct dispatch {
	struct log_sink *sink;
	const struct log_format *forced;	/* every input is of it; NULL: it is found out */
	bool bare;				/* lines without stamp and host */
	void *states[FORMATS_MAX];		/* in step with log_formats; NULL until first needed */
	void (*take)(struct dispatch *dispatch, struct lines *lines, char *text, size_t length);	/* a line of the input */
	size_t own;				/* the format of the input, where its lines are not syslog's */
	struct line_heads heads;
	unsigned char readers[LINE_HEADS];	/* of the heads: the number of the format and 1; 0: not found yet */
	struct journal journal;
	journal_line *journal_line;		/* of the input, where it is a journal's */
	bool by_items;				/* its lines are no lines, but items of JSON */
	struct json_items items;
	struct loki loki;			/* the entries of the input so far */
	struct rsyslog_debug debug;
	struct csv csv;				/* the columns of the input, where it is a table */
	struct arena unwrapped;			/* the line at hand */
	struct order *order;			/* gets the times of the lines, of which no reader hears then; or NULL */
};

/* Zeroed memory with sink, forced and bare set. */
void dispatch_init(struct dispatch *dispatch);
void dispatch_clear(struct dispatch *dispatch);

/* Finds out from the first bytes of an input what its lines are. */
void dispatch_begin(struct dispatch *dispatch, struct span head);

/* Reads it to its end, or as long as the sink wants more. */
void dispatch_lines(struct dispatch *dispatch, struct lines *lines);

/*
 * The order of the lines in head, read as dispatch would; stamps as they are at the begin of the input.  Formats whose lines are
 * no MTA's have none.
 */
struct order dispatch_order(const struct dispatch *dispatch, struct span head, const struct stamps *stamps);

/* May its lines be turned round?  Not where several make an entry. */
bool dispatch_is_by_line(const struct dispatch *dispatch);

/* After the last input: readers hand over the sessions that are still open. */
void dispatch_finish(struct dispatch *dispatch);

#endif
