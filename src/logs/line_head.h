/* SPDX-License-Identifier: BSD-2-Clause */
/* "HOST TAG" of lines of syslog: few machines and programs write most of a log, and what follows from them is worked out once. */
#ifndef LOGS_LINE_HEAD_H
#define LOGS_LINE_HEAD_H

#include "logs/span.h"

#include <stdint.h>

#define LINE_HEADS 1024
#define LINE_HEAD_BYTES 62

struct line_head {
	unsigned char length;		/* 0: free */
	unsigned char host_length;
	char text[LINE_HEAD_BYTES];	/* "HOST TAG" */
	uint64_t hash;
	uint64_t host_hash, tag_hash;	/* of the parts */
	size_t program_length;		/* of the part of the tag behind its last slash; 0: it has none */
};

/* Zeroed memory holds none.  What one place holds stays there: lines point to it. */
struct line_heads {
	struct line_head places[LINE_HEADS];
};

/* What stands from begin to the first bracket, if it was added; NULL: it was not, or there is none before end. */
const struct line_head *line_heads_find(const struct line_heads *heads, const char *begin, const char *end);

/* The host stands before the tag, a space between them; what is too long, or finds its place taken, is not added. */
void line_heads_add(struct line_heads *heads, struct span host, struct span tag);

/* What follows the last slash of a tag; empty: it has none. */
struct span tag_program(struct span tag);

#endif
