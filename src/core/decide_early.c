/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a decision needs DNS at all: not where a reject stands already that nothing from DNS could change. */
#include "core/decide_work.h"

#include "core/reply.h"

static bool rejects_now(const struct decide_work *w, enum action action, const struct rollout *own,
			enum stage stage)
{
	return action == ACTION_REJECT && stage <= w->context.stage && stage <= w->listener->reply_at &&
	       decide_enforces(w, own);
}

bool decide_reply_needs_dns(const struct decide_work *w, const char *template)
{
	return template && !w->context.facts->reverse_by_mta && reply_names_client(template);
}

/* Does a rule without DNS reject?  Unknown: one above it takes DNS, and may reject in its place. */
static enum tri rules_decide(const struct decide_work *w)
{
	for (size_t i = 0; i < w->listener->rule_count; i++) {
		const struct rule *rule = &w->listener->rules[i];

		if (rule->action != ACTION_REJECT || w->decision->rules[i] == TRI_YES ||
		    !period_holds(&rule->rollout.period, w->context.session->start_date))
			continue;
		if (rule->needs_dns || decide_reply_needs_dns(w, rule->reply))
			return TRI_UNKNOWN;
		if (rejects_now(w, rule->action, &rule->rollout, expr_stage(rule->condition)) &&
		    expr_eval(rule->condition, &w->context) == TRI_YES)
			return TRI_YES;
	}
	return TRI_NO;
}

static bool can_reject(const struct check_settings *settings)
{
	for (size_t i = 0; i < RESULT_COUNT; i++)
		if (settings->actions[i] == ACTION_REJECT)
			return true;
	return false;
}

/* Not when one above it takes DNS and may reject in its place: iprev by the MTA's word stands below some. */
static bool checks_decide(const struct decide_work *w)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct check_settings *settings = &w->listener->checks[i];
		enum result result = w->decision->findings[i].result;

		if (settings->off)
			continue;
		if (settings->asks_dns) {
			if (can_reject(settings))
				return false;
			continue;
		}
		if (settings->actions[result] == ACTION_REJECT && decide_reply_needs_dns(w, settings->replies[result]))
			return false;
		if (rejects_now(w, settings->actions[result], &settings->rollout, checks[i]->stage))
			return true;
	}
	return false;
}

bool decide_without_dns(const struct decide_work *w)
{
	if (w->exempt_unknown || w->always_delivered || w->context.facts->judge_all)
		return false;
	/* Before MAIL an exemption may put off this reject and not another, which is then told first. */
	if (w->listener->reply_at < STAGE_MAIL && w->listener->exempt_count > 0)
		return false;
	switch (rules_decide(w)) {
	case TRI_YES:		return true;
	case TRI_NO:		return checks_decide(w);
	case TRI_UNKNOWN:	break;
	}
	return false;
}
