/* SPDX-License-Identifier: BSD-2-Clause */
/* A question to a name server, and lists of them. */
#ifndef DNS_QUESTION_H
#define DNS_QUESTION_H

#include "core/dns_answer.h"
#include "dns/standing.h"
#include "dns/wire_name.h"

#include <stdbool.h>
#include <stdint.h>

struct attempt;

/* A question on its way through the asker's queue and the resolver's lists. */
struct question {
	struct question *next, *previous;
	int64_t asked_us;
	struct tries tries;
	const struct attempt *last;	/* the last one sent, while it is open */
	unsigned open_count;		/* attempts */
	unsigned quick_count;		/* attempts left that need not wait for their time */
	unsigned stage;			/* what its time comes for next */
	enum dns_status error;		/* that servers have answered so far; DNS_UNKNOWN: none */
	bool ended;			/* its answer was given: it lives for late ones */
	bool certain;			/* and that was a certain one */
	enum dns_type type;
	struct wire_name wire;
	char name[];			/* as asked, the form of wire_name_format() */
};

/* NULL when memory is out, or the name is none. */
struct question *question_new(const char *name, enum dns_type type, int64_t now_us);

/* Zeroed memory is an empty one. */
struct question_list {
	struct question *first, *last;
};

void question_append(struct question_list *list, struct question *question);
void question_remove(struct question_list *list, struct question *question);

/* Behind those of the list, which takes them over. */
void question_append_all(struct question_list *list, struct question_list *more);

#endif
