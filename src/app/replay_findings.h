/* SPDX-License-Identifier: BSD-2-Clause */
/* What checks and rules found in a judged transaction, and how sure its answer is by that. */
#ifndef APP_REPLAY_FINDINGS_H
#define APP_REPLAY_FINDINGS_H

#include "app/replay_doubt.h"
#include "core/verdict.h"
#include "report/judged.h"

#include <stdbool.h>
#include <stddef.h>

/* What the findings say together. */
struct findings {
	struct judged_finding *findings;
	size_t count;
	unsigned refusing;
	bool sure;			/* one of them refuses, whatever exemption is not known */
	bool sure_to_hold;		/* the same of quarantine */
	enum answer open;		/* the worst to which one could lead that could not tell */
	const struct listener *listener;	/* by which it was judged */
	uint64_t others;		/* stands for what other listeners would say that may be the right one; 0: none may */
};

/* space: room for a finding of each check and each rule of the listener; it belongs to the caller.  Pure. */
void findings_sum_up(const struct doubt *doubt, struct judged_finding *space, struct findings *all);

/* Of the answer that the judgement came to.  Pure. */
enum certainty findings_certainty(const struct doubt *doubt, const struct findings *all, enum answer answer);

/* Stands for the recipients that the listener lets through whatever was found: the same for the same ones.  Pure. */
uint64_t findings_let_through(const struct findings *all);

/* What the answer of after hangs on, neither being certain.  Pure. */
enum doubts findings_compare(const struct findings *before, const struct findings *after);

#endif
