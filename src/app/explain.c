/* SPDX-License-Identifier: BSD-2-Clause */
/* What both forms of an explanation need. */
#include "app/explain.h"

#define SPF_TEXT_MAX 300

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

void explain_spf_step(const struct spf_step *step, struct buf *out)
{
	static const char *const states[] = {
		[SPF_STEP_NO_MATCH] = "no match", [SPF_STEP_MATCH] = "match", [SPF_STEP_STOPPED] = "stopped",
	};

	buf_add_escaped(out, step->domain, "", SPF_TEXT_MAX);
	buf_add(out, step->kind == SPF_STEP_REDIRECT ? ": redirect=" : ": ");
	if (step->kind == SPF_STEP_RECORD && step->text[0] == '\0')
		buf_add(out, "no record");
	else
		buf_add_escaped(out, step->text, "", SPF_TEXT_MAX);
	if (step->target && step->kind != SPF_STEP_RECORD) {
		buf_add(out, " [");
		buf_add_escaped(out, step->target, "", SPF_TEXT_MAX);
		buf_add_char(out, ']');
	}
	if (step->kind != SPF_STEP_RECORD || step->state == SPF_STEP_STOPPED)
		buf_addf(out, " %s", states[step->state]);
	if (step->inner != SPF_PENDING)
		buf_addf(out, " (%s)", spf_result_word(step->inner));
}
