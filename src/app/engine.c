/* SPDX-License-Identifier: BSD-2-Clause */
/* From a session to a verdict: which listener, which facts, what is decided. */
#include "app/engine.h"

#include "core/exempt.h"

static bool judge(const struct policy *policy, struct gather *gather, const struct session *session, enum stage stage,
		  bool wait, struct arena *arena, struct judgement *judgement_r)
{
	struct decision *decision = &judgement_r->decision;

	judgement_r->gather = gather;
	decision->rules = arena_array(arena, judgement_r->choice.listener->rule_count, sizeof(enum tri));
	if (!decision->rules)
		return false;
	facts_derive(session, &judgement_r->facts);
	if (gather)
		return gather_decide(gather, policy, &judgement_r->choice, session, &judgement_r->facts, stage, wait,
				     decision);
	judgement_r->facts.judge_all = judgement_r->judge_all;
	decide(policy, &judgement_r->choice, session, &judgement_r->facts, stage, NULL, decision);
	return true;
}

bool engine_judge_chosen(const struct policy *policy, struct gather *gather, const struct session *session,
			 enum stage stage, struct arena *arena, struct judgement *judgement_r)
{
	return judge(policy, gather, session, stage, true, arena, judgement_r);
}

bool engine_judge(const struct policy *policy, struct gather *gather, const struct session *session, enum stage stage,
		  struct arena *arena, struct judgement *judgement_r)
{
	judgement_r->choice = choose_listener(policy, session);
	judgement_r->judge_all = false;
	return engine_judge_chosen(policy, gather, session, stage, arena, judgement_r);
}

bool engine_ask_ahead(const struct policy *policy, struct gather *gather, const struct session *session,
		      enum stage stage, struct arena *arena)
{
	struct choice choice = choose_listener(policy, session);

	return engine_ask_ahead_chosen(policy, gather, session, stage, arena, &choice);
}

bool engine_ask_ahead_chosen(const struct policy *policy, struct gather *gather, const struct session *session,
			     enum stage stage, struct arena *arena, const struct choice *choice)
{
	struct arena_mark before = arena_mark(arena);
	struct judgement judgement;
	bool done;

	judgement.choice = *choice;
	judgement.judge_all = false;
	done = judge(policy, gather, session, stage, false, arena, &judgement);
	arena_reset(arena, before);
	return done;
}

bool engine_ask_all(const struct policy *policy, struct gather *gather, const struct session *session,
		    enum stage stage, int64_t deadline_us, struct arena *arena)
{
	struct choice choice = choose_listener(policy, session);
	struct arena_mark before = arena_mark(arena);
	struct decision decision;
	struct facts facts;
	bool done;

	if (!choice.listener->recorded || !(choice.unsure || policy_observes(policy, choice.listener)))
		return true;
	choice.listener = choice.listener->recorded;
	decision.rules = arena_array(arena, choice.listener->rule_count, sizeof(enum tri));
	facts_derive(session, &facts);
	done = decision.rules && gather_ask_all(gather, policy, &choice, session, &facts, stage, deadline_us, &decision);
	arena_reset(arena, before);
	return done;
}

struct context engine_context(const struct judgement *judgement, const struct session *session, enum stage stage)
{
	return (struct context){
		.session = session,
		.facts = &judgement->facts,
		.listener = judgement->choice.listener->name,
		.findings = judgement->decision.findings,
		.stage = stage,
		.dns = judgement->facts.dns,
	};
}

struct dns_settings engine_dns_settings(const struct policy *policy)
{
	return (struct dns_settings){
		.servers = (const char *const *)policy->dns.servers,
		.server_count = policy->dns.server_count,
		.timeout_ms = (int)policy->dns.timeout_ms,
		.cache_entries = policy->dns.cache_entries,
	};
}

void engine_questions(const struct judgement *judgement, const struct session *session, enum stage stage,
		      const struct check *check, struct arena *arena, struct wanted *wanted_r)
{
	struct context context = engine_context(judgement, session, stage);

	const struct spf_input *input;
	const struct spf_outcome *spf = engine_spf(judgement, check, &input);

	*wanted_r = (struct wanted){ .arena = arena, .thorough = true, .also_asked = true };
	if (judgement->decision.findings[check->id].result == RESULT_SKIPPED)
		return;
	context.wanted = wanted_r;
	(void)check->eval(&context, &judgement->choice.listener->checks[check->id]);
	for (const struct spf_step *step = spf ? spf->steps : NULL; step; step = step->next)
		for (const struct spf_question *q = step->questions; q; q = q->next)
			(void)dns_lookup(&context, q->name, q->type);
}

void engine_rule_questions(const struct judgement *judgement, const struct session *session, enum stage stage,
			   const struct rule *rule, struct arena *arena, struct wanted *wanted_r)
{
	struct context context = engine_context(judgement, session, stage);

	*wanted_r = (struct wanted){ .arena = arena, .thorough = true, .also_asked = true };
	context.wanted = wanted_r;
	(void)expr_eval(rule->condition, &context);
}

const struct spf_outcome *engine_spf(const struct judgement *judgement, const struct check *check,
				     const struct spf_input **input_r)
{
	bool of_greeting = check->id == CHECK_SPF_HELO;

	if (!judgement->gather || (!of_greeting && check->id != CHECK_SPF_MAIL_FROM) ||
	    judgement->choice.listener->checks[check->id].off ||
	    judgement->decision.findings[check->id].result == RESULT_SKIPPED)
		return NULL;
	return gather_spf(judgement->gather, of_greeting ? IDENTITY_HELO : IDENTITY_MAIL_FROM, input_r);
}

enum tri engine_exempt(const struct judgement *judgement, const struct session *session, enum stage stage,
		       const char **by_r)
{
	const struct listener *listener = judgement->choice.listener;
	const struct reason *always = always_exempt(listener, session, stage);
	const struct context context = engine_context(judgement, session, stage);
	enum tri answer = TRI_NO;

	*by_r = always ? always->text : NULL;
	if (always)
		return TRI_YES;
	for (size_t i = 0; i < listener->exempt_count && answer != TRI_YES; i++) {
		const struct exempt *exempt = &listener->exempts[i];
		enum tri applies = exempt->skip_all ? exempt_applies(exempt, &context) : TRI_NO;

		if (applies != TRI_NO) {
			answer = applies;
			*by_r = exempt->text;
		}
	}
	return answer;
}

void engine_reply(const struct judgement *judgement, const struct session *session,
		  const struct verdict *verdict, struct reply *reply_r)
{
	struct context context = engine_context(judgement, session, verdict->stage);

	reply_format(verdict_reply_template(judgement->choice.listener, verdict), verdict, &context, reply_r);
}
