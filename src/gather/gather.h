/* SPDX-License-Identifier: BSD-2-Clause */
/* From a session to the answers of DNS that its judgement needs: asked side by side, under one deadline. */
#ifndef GATHER_GATHER_H
#define GATHER_GATHER_H

#include "core/decide.h"
#include "dns/dns.h"
#include "spf/spf.h"

#include <stdbool.h>

/* How a session's questions are asked; shared by many. */
struct gather_plan {
	struct dns *dns;		/* not NULL */
	bool thorough;			/* waits for every answer, also those that can change nothing any more */
	bool judge_all;			/* also what another reject makes needless */
	/* Called before a wait, from the same thread; may be NULL. */
	void (*before_wait)(void);
	/* The deadline has passed, and what is missing counts as a time-out; from the same thread; may be NULL. */
	void (*out_of_time)(void);
};

/* The questions of one session, and what DNS said.  One thread at a time. */
struct gather;

/* NULL when memory is out.  plan must outlive it. */
struct gather *gather_new(const struct gather_plan *plan);
void gather_free(struct gather **gather);

/*
 * A new command begins: the questions are counted anew (64 for each), and answers that belonged to the stage or
 * a later one are forgotten; from the second MAIL on also errors of DNS.
 */
void gather_begin(struct gather *gather, enum stage stage);

/*
 * Judges as decide() does, with the answers that it needs.  With wait they are waited for, at most policy->dns.deadline_ms in
 * all, and what is missing then is a time-out; without, what is missing is asked and left open.  facts is given DNS's part
 * here; decision_r->rules is the caller's.  False when memory is out.
 */
bool gather_decide(struct gather *gather, const struct policy *policy, const struct choice *choice,
		   const struct session *session, struct facts *facts, enum stage stage, bool wait,
		   struct decision *decision_r);

/*
 * Asks what a judgement by choice needs, thoroughly and without regard to what is decided already, and waits until
 * deadline_us (clock_monotonic_us()) at most.  The questions count by themselves, so that they take nothing from those
 * of a judgement that matters.  False when memory is out.
 */
bool gather_ask_all(struct gather *gather, const struct policy *policy, const struct choice *choice,
		    const struct session *session, struct facts *facts, enum stage stage, int64_t deadline_us,
		    struct decision *decision_r);

/* All questions so far, with the answers that have come.  Valid until the next call. */
const struct answers *gather_answers(struct gather *gather);

/*
 * How SPF was evaluated, and of what; NULL: it was not, or not to its end.  Both are valid until the next call, and while the
 * session's strings are.
 */
const struct spf_outcome *gather_spf(const struct gather *gather, enum identity identity,
				     const struct spf_input **input_r);

#endif
