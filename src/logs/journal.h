/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What journalctl writes: a syslog line as JSON (-o json, json-seq, json-sse, json-pretty), or as a block of NAME=VALUE lines
 * (-o export), or as a stamp and indented NAME=VALUE lines (-o verbose).
 */
#ifndef LOGS_JOURNAL_H
#define LOGS_JOURNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "logs/lines.h"
#include "logs/syslog_line.h"

#include <stdbool.h>

/* The entry that is being read. */
struct journal {
	struct arena arena;
	struct span host;
	struct span tag;
	struct span pid;
	struct span message;
	bool has_message;
	bool pid_is_syslog;
	int64_t time_us;
	bool any;		/* a field was seen */
	struct buf pretty;	/* the lines of the entry so far */
};

/* Gets the entry as a line; false: no more, please. */
typedef bool journal_take(void *context, const struct log_line *line);

void journal_init(struct journal *journal);
void journal_clear(struct journal *journal);

bool journal_is_json(struct span head);
bool journal_is_pretty(struct span head);
bool journal_is_export(struct span head);
bool journal_is_verbose(struct span head);

/* Takes a line, which came from lines; false: it is of no entry. */
typedef bool journal_line(struct journal *journal, const char *text, size_t length, struct lines *lines, journal_take *take,
			  void *context);

/* An entry; a blank line of json-sse is one that holds nothing. */
journal_line journal_json_line;

/* A line of an entry that is spread over many; the last one is "}". */
journal_line journal_pretty_line;

/*
 * A stamp with the entry's cursor begins it; of a value with several lines the first is taken.  A value that journalctl does not
 * show, "[164B blob data]", is taken for what it says.
 */
journal_line journal_verbose_line;

/* An empty line ends an entry; a field whose value is binary takes its bytes from lines. */
journal_line journal_export_line;

/* The end of the input ends an entry of export or verbose. */
void journal_end(struct journal *journal, journal_take *take, void *context);

#endif
