/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges, asks for what was missed, and judges again, until nothing is missed or the time is over. */
#include "gather/gather.h"

#include "base/clock.h"
#include "core/checks/iprev.h"
#include "gather/evaluation.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_FIRST_BYTES 400	/* enough for the questions of most rounds */
#define NAMES_BLOCK_BYTES 2048

struct gather {
	const struct gather_plan *plan;
	struct dns_batch *batch;
	struct arena names;		/* of the questions of one round */
	struct answers answers;
	unsigned asked;			/* by this command, those of SPF apart */
	bool judges_mail;		/* there was a MAIL */
	struct evaluation spf[IDENTITY_COUNT];
	char names_first[NAMES_FIRST_BYTES];
};

struct gather *gather_new(const struct gather_plan *plan)
{
	struct gather *gather = malloc(sizeof *gather);

	if (!gather)
		return NULL;
	memset(gather, 0, offsetof(struct gather, names_first));
	gather->plan = plan;
	gather->batch = dns_batch_new(plan->dns);
	if (!gather->batch) {
		free(gather);
		return NULL;
	}
	arena_init(&gather->names, gather->names_first, sizeof gather->names_first, NAMES_BLOCK_BYTES);
	for (size_t i = 0; i < IDENTITY_COUNT; i++)
		evaluation_init(&gather->spf[i], (enum identity)i);
	return gather;
}

void gather_free(struct gather **gather)
{
	struct gather *g = *gather;

	if (!g)
		return;
	for (size_t i = 0; i < IDENTITY_COUNT; i++)
		evaluation_clear(&g->spf[i]);
	dns_batch_free(&g->batch);
	arena_clear(&g->names);
	free(g);
	*gather = NULL;
}

void gather_begin(struct gather *gather, enum stage stage)
{
	struct evaluation *greeting = &gather->spf[IDENTITY_HELO];

	dns_batch_drop(gather->batch, stage);
	gather->asked = 0;
	if (stage <= STAGE_EHLO)
		evaluation_clear(greeting);
	/* For the next message an error of DNS may have passed. */
	if (stage == STAGE_MAIL && gather->judges_mail) {
		dns_batch_drop_errors(gather->batch);
		if (greeting->done && greeting->outcome.result == SPF_TEMPERROR)
			evaluation_clear(greeting);
	}
	gather->judges_mail = gather->judges_mail || stage == STAGE_MAIL;
	evaluation_clear(&gather->spf[IDENTITY_MAIL_FROM]);
}

const struct spf_outcome *gather_spf(const struct gather *gather, enum identity identity,
				     const struct spf_input **input_r)
{
	*input_r = &gather->spf[identity].input;
	return gather->spf[identity].done ? &gather->spf[identity].outcome : NULL;
}

/* --- one round --- */

/* One call of gather_decide(). */
struct round {
	const struct policy *policy;
	const struct choice *choice;
	const struct session *session;
	struct facts *facts;
	enum stage stage;
	bool thorough;
	int64_t deadline_us;		/* of the wait */
	struct decision *decision;
};

static void take_answers(struct gather *gather)
{
	gather->answers.items = dns_batch_items(gather->batch, &gather->answers.count);
}

/* Asks what was missed; what goes over the limit is answered by that.  False when memory is out. */
static bool ask(struct gather *gather, const struct wanted *wanted, enum stage stage)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (answers_find(&gather->answers, wanted->questions[i].name, wanted->questions[i].type))
			continue;
		if (gather->asked == WANTED_MAX) {
			gather->answers.not_asked = &dns_answer_limit;
			break;
		}
		gather->asked++;
		if (!dns_batch_ask(gather->batch, wanted->questions[i].name, wanted->questions[i].type, stage))
			return false;
		take_answers(gather);
	}
	if (wanted->over_limit)
		gather->answers.not_asked = &dns_answer_limit;
	return true;
}

/* SPF keeps to the limits of RFC 7208 by itself. */
static bool ask_for_spf(struct gather *gather, const struct missed *missed, enum stage stage)
{
	for (; missed; missed = missed->next)
		if (!dns_batch_ask(gather->batch, missed->name, missed->type, stage))
			return false;
	take_answers(gather);
	return true;
}

/* Goes on with an evaluation of SPF by what is there. */
static bool evaluate(struct gather *gather, const struct round *round, enum identity identity)
{
	struct evaluation *evaluation = &gather->spf[identity];
	struct missed *missed;

	if (!evaluation_run(evaluation, round->session, round->facts, &gather->answers, &gather->names, &missed) ||
	    !ask_for_spf(gather, missed, round->stage))
		return false;
	round->facts->spf[identity] = evaluation_finding(evaluation);
	return true;
}

/* Judges by what is there, and asks what was missed.  *open_r: it may become another judgement yet. */
static bool judge_and_ask(struct gather *gather, const struct round *round, bool *open_r)
{
	struct wanted wanted = { .arena = &gather->names, .thorough = round->thorough };

	arena_clear(&gather->names);
	take_answers(gather);
	round->facts->resolver_down = dns_is_down(gather->plan->dns);
	decide(round->policy, round->choice, round->session, round->facts, round->stage, &wanted, round->decision);
	*open_r = wanted.count > 0;
	if (wanted.no_memory || !ask(gather, &wanted, round->stage))
		return false;
	for (size_t i = 0; i < IDENTITY_COUNT; i++) {
		if (!wanted.spf[i] || gather->spf[i].done)
			continue;
		*open_r = true;
		if (!evaluate(gather, round, (enum identity)i))
			return false;
	}
	return true;
}

/* --- all rounds --- */

/* What only grows while a judgement is under way: questions, and evaluations that have come to their end. */
static size_t progress(const struct gather *gather)
{
	size_t count;

	(void)dns_batch_items(gather->batch, &count);
	for (size_t i = 0; i < IDENTITY_COUNT; i++)
		count += gather->spf[i].done;
	return count;
}

/* Until nothing is missed, or the time is over: then what is missing is a time-out, which is an answer. */
static bool judge_until_done(struct gather *gather, const struct round *round)
{
	bool told = false, open;
	size_t before = progress(gather);

	for (; judge_and_ask(gather, round, &open); before = progress(gather)) {
		if (!open)
			return true;
		if (dns_batch_open(gather->batch) == 0 || gather->answers.asked != &dns_answer_unknown) {
			/* A question that is asked and answered, and still missed, would be missed for ever. */
			if (progress(gather) == before && dns_batch_open(gather->batch) == 0)
				return true;
			continue;
		}
		if (!told && gather->plan->before_wait)
			gather->plan->before_wait();
		told = true;
		if (dns_batch_wait(gather->batch, round->deadline_us))
			continue;
		gather->answers.asked = gather->answers.not_asked = &dns_answer_timeout;
		if (gather->plan->out_of_time)
			gather->plan->out_of_time();
	}
	return false;
}

static bool judge_once(struct gather *gather, const struct round *round)
{
	bool open;

	(void)dns_batch_wait(gather->batch, 0);
	return judge_and_ask(gather, round, &open);
}

static bool decide_round(struct gather *gather, const struct round *round, bool wait)
{
	struct facts *facts = round->facts;

	gather->answers.asked = gather->answers.not_asked = &dns_answer_unknown;
	facts->dns = &gather->answers;
	facts->reverse_by_mta = iprev_asks_mta(&round->choice->listener->checks[CHECK_IPREV]);
	for (size_t i = 0; i < IDENTITY_COUNT; i++)
		facts->spf[i] = evaluation_finding(&gather->spf[i]);
	return wait ? judge_until_done(gather, round) : judge_once(gather, round);
}

bool gather_decide(struct gather *gather, const struct policy *policy, const struct choice *choice,
		   const struct session *session, struct facts *facts, enum stage stage, bool wait,
		   struct decision *decision_r)
{
	const struct round round = {
		.policy = policy,
		.choice = choice,
		.session = session,
		.facts = facts,
		.stage = stage,
		.thorough = gather->plan->thorough,
		.deadline_us = clock_monotonic_us() + (int64_t)policy->dns.deadline_ms * 1000,
		.decision = decision_r,
	};

	facts->judge_all = gather->plan->judge_all;
	return decide_round(gather, &round, wait);
}

bool gather_ask_all(struct gather *gather, const struct policy *policy, const struct choice *choice,
		    const struct session *session, struct facts *facts, enum stage stage, int64_t deadline_us,
		    struct decision *decision_r)
{
	const struct round round = {
		.policy = policy,
		.choice = choice,
		.session = session,
		.facts = facts,
		.stage = stage,
		.thorough = true,
		.deadline_us = deadline_us,
		.decision = decision_r,
	};
	unsigned asked = gather->asked;
	bool done;

	gather->asked = 0;
	facts->judge_all = true;
	done = decide_round(gather, &round, true);
	gather->asked = asked;
	return done;
}

const struct answers *gather_answers(struct gather *gather)
{
	(void)dns_batch_wait(gather->batch, 0);
	take_answers(gather);
	return &gather->answers;
}
