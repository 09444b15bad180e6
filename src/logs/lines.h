/* SPDX-License-Identifier: BSD-2-Clause */
/* An input cut into lines. */
#ifndef LOGS_LINES_H
#define LOGS_LINES_H

#include "logs/input.h"

#include <string.h>

#define LINE_MAX_BYTES (4 << 20)	/* of a longer line only the begin is seen */

/* Grows up to LINE_MAX_BYTES for a long line. */
struct lines_block {
	char *bytes;
	size_t capacity;
};

/* What came so far. */
struct lines_seen {
	uint64_t count;		/* lines given */
	uint64_t cut_count;	/* of them, longer than LINE_MAX_BYTES */
	uint64_t total_bytes;	/* read */
	const char *error;	/* why the input ended early */
};

struct lines {
	struct input *input;	/* the caller's */
	struct lines_block block;
	char *at;		/* of the next line */
	char *end;		/* of what was read */
	bool skipping;		/* the rest of a line that was cut */
	bool ended;
	struct lines_seen seen;
};

/* false: out of memory. */
bool lines_open(struct lines *lines, struct input *input);
void lines_close(struct lines *lines);

/* The slow path of lines_next(): reads on. */
bool lines_more(struct lines *lines, char **line_r, size_t *length_r);

/* As lines_next(), if the whole line was read already; the lines before it stay valid. */
static inline bool lines_next_read(struct lines *lines, char **line_r, size_t *length_r)
{
	char *newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	size_t length;

	if (!newline || lines->skipping)
		return false;
	length = (size_t)(newline - lines->at);
	*line_r = lines->at;
	lines->at = newline + 1;
	lines->seen.count++;
	*length_r = length - (length > 0 && newline[-1] == '\r');
	return true;
}

/*
 * The next line without its end (LF or CRLF); any bytes.  It may be written to, and is valid until the next call.
 * false at the end, also when memory is out or a signal came, which leaves half a line unread: error says why.
 */
static inline bool lines_next(struct lines *lines, char **line_r, size_t *length_r)
{
	return lines_next_read(lines, line_r, length_r) || lines_more(lines, line_r, length_r);
}

/* NULL inside: out of memory. */
struct lines_block lines_block_new(size_t capacity);

/* The lines so far stay in their block, which is left in *block; the next ones come into the one that stood there. */
void lines_change_block(struct lines *lines, struct lines_block *block);

/* The next length bytes, whatever they are; NULL when there are not so many, or more than LINE_MAX_BYTES. */
const char *lines_take(struct lines *lines, size_t length);

/*
 * The bytes that are in memory already, for looking ahead without taking them; reads at least wanted if they are
 * there.
 */
size_t lines_peek(struct lines *lines, size_t wanted, const char **bytes_r);

#endif
