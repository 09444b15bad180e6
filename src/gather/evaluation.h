/* SPDX-License-Identifier: BSD-2-Clause */
/* One evaluation of SPF, begun again with more answers until it comes to its end: for gather.c alone. */
#ifndef GATHER_EVALUATION_H
#define GATHER_EVALUATION_H

#include "core/facts.h"
#include "core/lookup.h"
#include "spf/spf.h"

#include <stdbool.h>

/* A question whose answer was not there. */
struct missed {
	struct missed *next;
	const char *name;
	enum dns_type type;
};

struct evaluation {
	enum identity identity;
	bool done;
	unsigned ahead_count;		/* questions that were asked for terms not reached yet */
	struct arena arena;		/* of the outcome, and of the domain in the input */
	struct spf_input input;		/* points into the session besides */
	struct spf_outcome outcome;
};

void evaluation_init(struct evaluation *evaluation, enum identity identity);

/* It is to be done anew. */
void evaluation_clear(struct evaluation *evaluation);

/*
 * From the start, with the answers there are.  Sets evaluation->done, or *missed_r to the questions that keep it from
 * its end, which lie in arena.  False when memory is out.
 */
bool evaluation_run(struct evaluation *evaluation, const struct session *session, const struct facts *facts,
		    const struct answers *answers, struct arena *arena, struct missed **missed_r);

/* What the check makes of it: unknown until it is done. */
struct finding evaluation_finding(const struct evaluation *evaluation);

#endif
