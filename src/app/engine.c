/* SPDX-License-Identifier: BSD-2-Clause */
/* From a session to a verdict: which listener, which facts, what is decided. */
#include "app/engine.h"

bool engine_judge_chosen(const struct policy *policy, const struct session *session, enum stage stage,
			 struct arena *arena, struct judgement *judgement_r)
{
	struct decision *decision = &judgement_r->decision;

	decision->rules = arena_array(arena, judgement_r->choice.listener->rule_count, sizeof(enum tri));
	if (!decision->rules)
		return false;
	facts_derive(session, &judgement_r->facts);
	decide(policy, &judgement_r->choice, session, &judgement_r->facts, stage, decision);
	return true;
}

bool engine_judge(const struct policy *policy, const struct session *session, enum stage stage,
		  struct arena *arena, struct judgement *judgement_r)
{
	judgement_r->choice = choose_listener(policy, session);
	return engine_judge_chosen(policy, session, stage, arena, judgement_r);
}

struct context engine_context(const struct judgement *judgement, const struct session *session, enum stage stage)
{
	return (struct context){
		.session = session,
		.facts = &judgement->facts,
		.listener = judgement->choice.listener->name,
		.findings = judgement->decision.findings,
		.stage = stage,
	};
}

void engine_reply(const struct judgement *judgement, const struct session *session,
		  const struct verdict *verdict, struct reply *reply_r)
{
	struct context context = engine_context(judgement, session, verdict->stage);

	reply_format(verdict_reply_template(judgement->choice.listener, verdict), verdict, &context, reply_r);
}
