/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way from a session to a verdict: the milter and every command that judges go through here. */
#ifndef APP_ENGINE_H
#define APP_ENGINE_H

#include "base/arena.h"
#include "core/decide.h"
#include "core/reply.h"
#include "gather/gather.h"

/* A judged session.  Points into the policy, the session and its gather. */
struct judgement {
	struct choice choice;
	struct facts facts;
	struct decision decision;
	const struct gather *gather;	/* NULL: DNS was not asked */
	bool judge_all;			/* also what another reject makes needless; of a gather its plan says so */
};

/*
 * Judges by the listener that matches.  gather NULL: DNS is not asked, and the MTA's word counts for the client's
 * names.  Else what DNS says is waited for.  False when memory (of the arena, for the rules' results) is out.
 */
bool engine_judge(const struct policy *policy, struct gather *gather, const struct session *session, enum stage stage,
		  struct arena *arena, struct judgement *judgement_r);

/* By a listener that is chosen already: judgement_r->choice is set, and judge_all. */
bool engine_judge_chosen(const struct policy *policy, struct gather *gather, const struct session *session,
			 enum stage stage, struct arena *arena, struct judgement *judgement_r);

/* Begins the questions that a judgement at stage needs, without waiting.  False when memory is out. */
bool engine_ask_ahead(const struct policy *policy, struct gather *gather, const struct session *session,
		      enum stage stage, struct arena *arena);

/* By a listener that is chosen already. */
bool engine_ask_ahead_chosen(const struct policy *policy, struct gather *gather, const struct session *session,
			     enum stage stage, struct arena *arena, const struct choice *choice);

/*
 * With record_all, in a session that is only observed: asks what any check and rule of the listener might need, until
 * deadline_us (clock_monotonic_us()) at most.  Nothing is decided by it.  False when memory is out.
 */
bool engine_ask_all(const struct policy *policy, struct gather *gather, const struct session *session,
		    enum stage stage, int64_t deadline_us, struct arena *arena);

/* How the policy wants DNS to be asked.  Points into the policy. */
struct dns_settings engine_dns_settings(const struct policy *policy);

/* The questions that a check looks at: its evidence.  Their names are in the arena. */
void engine_questions(const struct judgement *judgement, const struct session *session, enum stage stage,
		      const struct check *check, struct arena *arena, struct wanted *wanted_r);

/* The same for a rule. */
void engine_rule_questions(const struct judgement *judgement, const struct session *session, enum stage stage,
			   const struct rule *rule, struct arena *arena, struct wanted *wanted_r);

/*
 * How SPF was evaluated for a check of it whose result that is; NULL for other checks, and where it was not evaluated.
 */
const struct spf_outcome *engine_spf(const struct judgement *judgement, const struct check *check,
				     const struct spf_input **input_r);

/* The context in which a judgement's expressions and replies were evaluated. */
struct context engine_context(const struct judgement *judgement, const struct session *session, enum stage stage);

/*
 * Is the session exempt from every check and rule?  *by_r: by what; NULL where the answer is no.  Unknown: an
 * expression cannot be decided.
 */
enum tri engine_exempt(const struct judgement *judgement, const struct session *session, enum stage stage,
		       const char **by_r);

/* The reply of verdict, which must not be an accept. */
void engine_reply(const struct judgement *judgement, const struct session *session,
		  const struct verdict *verdict, struct reply *reply_r);

#endif
