/* SPDX-License-Identifier: BSD-2-Clause */
/* What a judgement reads of DNS, and how it says what it would have liked to read. */
#ifndef CORE_LOOKUP_H
#define CORE_LOOKUP_H

#include "base/arena.h"
#include "base/reason.h"
#include "core/dns_answer.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>

struct context;

/* What DNS said so far about one session. */
struct answers {
	const struct dns_item *items;
	size_t count;
	const struct dns_answer *asked;		/* what stands for an answer that has not come */
	const struct dns_answer *not_asked;	/* what stands for an answer that nobody asked for */
};

/* NULL: it was not asked. */
const struct dns_item *answers_find(const struct answers *answers, const char *name, enum dns_type type);

#define WANTED_MAX 64	/* questions for one SMTP command; those of SPF are counted by RFC 7208 */

struct wanted_question {
	const char *name;
	enum dns_type type;
};

/*
 * The questions whose answers a judgement missed.  Whoever can ask them does so and has it judged again, until
 * nothing is missed: thus just what checks, rules and exemptions need is asked, and what can be asked together is.
 */
struct wanted {
	struct arena *arena;	/* for the names */
	bool thorough;		/* also what could not change the result any more */
	bool also_asked;	/* also what was asked, answered or not: the evidence of a check */
	bool no_memory;
	bool over_limit;	/* there were more than fit */
	size_t count;
	struct wanted_question questions[WANTED_MAX];
	bool spf[IDENTITY_COUNT];	/* evaluations of SPF, which ask by limits of their own */
};

/*
 * Never NULL; status UNKNOWN where nobody knows.  name: any letter case, a final dot is ignored.  A missing answer
 * is added to context->wanted, unless that is NULL.
 */
const struct dns_answer *dns_lookup(const struct context *context, const char *name, enum dns_type type);

/* For what turned out not to matter: forgets the questions that were added since the mark, unless thorough. */
size_t wanted_mark(const struct context *context);
void wanted_reset(const struct context *context, size_t mark);

/* Why an answer is of no use; NULL when it is certain. */
const struct reason *dns_reason(enum dns_status status);

/* Of two answers without certainty, that which weighs more: what nobody knows before what DNS failed to say. */
enum dns_status dns_worse(enum dns_status a, enum dns_status b);

#endif
