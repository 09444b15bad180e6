/* SPDX-License-Identifier: BSD-2-Clause */
/* What both forms of an explanation need. */
#include "app/explain.h"

enum action explain_action(const struct explanation *e, enum check_id id)
{
	enum result result = e->judgement->decision.findings[id].result;

	return action_of(e->judgement->choice.listener, checks[id], result, &e->judgement->facts);
}

bool explain_verdict_reply(const struct explanation *e, const struct verdict *verdict,
			   char line_r[REPLY_TEXT_BYTES])
{
	struct reply reply;

	if (!verdict_reply_template(e->judgement->choice.listener, verdict))
		return false;
	engine_reply(e->judgement, e->session, verdict, &reply);
	reply_line(&reply, line_r);
	return true;
}

bool explain_reply(const struct explanation *e, const struct check *check, const struct rule *rule,
		   char line_r[REPLY_TEXT_BYTES])
{
	enum action action = rule ? rule->action : explain_action(e, check->id);
	struct verdict verdict = { .check = check, .rule = rule, .stage = e->stage };

	if (check)
		verdict.result = e->judgement->decision.findings[check->id].result;
	if (action != ACTION_REJECT && action != ACTION_TEMPFAIL)
		return false;
	verdict.answer = action == ACTION_REJECT ? ANSWER_REJECT : ANSWER_TEMPFAIL;
	return explain_verdict_reply(e, &verdict, line_r);
}

const struct dns_item *explain_item(const struct explanation *e, const struct wanted_question *question)
{
	const struct answers *answers = e->judgement->facts.dns;

	return answers ? answers_find(answers, question->name, question->type) : NULL;
}
