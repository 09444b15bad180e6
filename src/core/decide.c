/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judgement.  Order of work: what is exempt; the checks without DNS; whether these decide (decide_early.c); the checks
 * with DNS; every rule, which may ask for results of checks; then the most severe action wins, rules before checks.
 */
#include "core/decide.h"

#include "core/decide_work.h"
#include "core/exempt.h"
#include "core/reply.h"
#include "core/reverse.h"

/* --- exemptions and checks --- */

/* decision->rules serves for the exemptions first, for the results afterwards. */
static void exempt_all(struct decide_work *w, enum tri value)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		w->checks_exempt[i] = value;
	for (size_t i = 0; i < w->listener->rule_count; i++)
		w->decision->rules[i] = value;
}

static void find_exemptions(struct decide_work *w)
{
	const struct listener *listener = w->listener;
	bool exempt = always_exempt(listener, w->context.session, w->context.stage) != NULL;

	exempt_all(w, tri_of(exempt));
	for (size_t i = 0; i < listener->exempt_count && !exempt; i++) {
		const struct exempt *e = &listener->exempts[i];
		enum tri applies = exempt_applies(e, &w->context);

		if (applies == TRI_NO)
			continue;
		if (applies == TRI_UNKNOWN)
			w->exempt_unknown = true;
		for (size_t c = 0; c < CHECK_COUNT; c++)
			if (exempt_covers(e, checks[c], NULL))
				w->checks_exempt[c] = tri_or(w->checks_exempt[c], applies);
		for (size_t r = 0; r < listener->rule_count; r++)
			if (applies == TRI_YES ? exempt_covers(e, NULL, &listener->rules[r]) :
						 exempt_bears_on(e, NULL, &listener->rules[r]))
				w->decision->rules[r] = tri_or(w->decision->rules[r], applies);
	}
}

static void run_checks(struct decide_work *w, bool dns)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct check_settings *settings = &w->listener->checks[i];
		struct finding *finding = &w->decision->findings[i];

		if (settings->asks_dns != dns)
			continue;
		*finding = (struct finding){ .result = RESULT_NONE };
		if (settings->off || checks[i]->stage > w->context.stage)
			continue;
		if (w->checks_exempt[i] == TRI_YES)
			finding->result = RESULT_SKIPPED;
		else
			*finding = checks[i]->eval(&w->context, settings);
	}
}

static const struct reason decided = {
	"decided", "another check or rule rejects already: DNS is not asked", NULL
};

static void skip_dns_checks(struct decide_work *w)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct check_settings *settings = &w->listener->checks[i];

		if (!settings->asks_dns)
			continue;
		w->decision->findings[i] = (struct finding){ .result = RESULT_NONE };
		if (!settings->off && checks[i]->stage <= w->context.stage)
			w->decision->findings[i] = (struct finding){ .result = RESULT_SKIPPED, .reason = &decided };
	}
	/* Rules that take DNS cannot win either: nothing is asked for them, nor taken from what has come. */
	w->context.dns = NULL;
	w->context.reverse = NULL;
	w->context.wanted = NULL;
}

/* --- the verdict --- */

bool decide_enforces(const struct decide_work *w, const struct rollout *own)
{
	return mode_in_force(w->policy, w->choice, w->context.session, own) == MODE_ENFORCE;
}

/* Something with an action that was found: the verdict is the best of these. */
struct candidate {
	const struct check *check;
	const struct rule *rule;
	enum result result;
	enum action action;
	const struct rollout *rollout;
	enum stage stage;	/* at which the facts are complete */
	enum tri exempt;	/* never TRI_YES here */
	bool resolver_down;
};

/*
 * A finding is answered at the later of reply_at and its own stage.  A reply before MAIL is stored by the MTA
 * and repeated to the end, so it waits for MAIL while an exemption that covers it is undecided.
 */
static enum stage answer_stage(const struct decide_work *w, const struct candidate *c)
{
	enum stage stage = c->stage > w->listener->reply_at ? c->stage : w->listener->reply_at;
	struct context context = w->context;

	if (stage >= STAGE_MAIL)
		return stage;
	context.stage = stage;
	for (size_t i = 0; i < w->listener->exempt_count; i++) {
		const struct exempt *e = &w->listener->exempts[i];

		if (exempt_bears_on(e, c->check, c->rule) && exempt_applies(e, &context) == TRI_UNKNOWN)
			return STAGE_MAIL;
	}
	return stage;
}

enum answer answer_of(enum action action)
{
	switch (action) {
	case ACTION_QUARANTINE:	return ANSWER_QUARANTINE;
	case ACTION_TEMPFAIL:	return ANSWER_TEMPFAIL;
	case ACTION_REJECT:	return ANSWER_REJECT;
	case ACTION_OFF:
	case ACTION_LOG:
	case ACTION_TAG:
	case ACTION_COUNT:	break;
	}
	return ANSWER_ACCEPT;
}

/*
 * Of two refusals that which the MTA is told first counts, of those told at one time the more severe.  What is put
 * in quarantine has come to its end: any refusal was told before.
 */
static void take_better(struct verdict *best, const struct verdict *other)
{
	bool earlier = answer_refuses(best->answer) && answer_refuses(other->answer) && other->stage != best->stage;

	if (earlier ? other->stage < best->stage : other->answer > best->answer)
		*best = *other;
}

static void consider(struct decide_work *w, const struct candidate *c)
{
	struct verdict verdict = { .check = c->check, .rule = c->rule, .result = c->result,
				   .resolver_down = c->resolver_down };

	if (c->action == ACTION_LOG || c->action == ACTION_TAG)
		w->decision->notable = true;
	if (c->action == ACTION_TAG)
		w->decision->tagged = true;
	verdict.answer = answer_of(c->action);
	if (verdict.answer == ANSWER_ACCEPT || (w->always_delivered && answer_refuses(verdict.answer)))
		return;
	if (verdict.answer == ANSWER_REJECT && c->exempt == TRI_UNKNOWN) {
		verdict.answer = ANSWER_TEMPFAIL;
		verdict.exemption_unknown = true;
	}
	verdict.stage = answer_stage(w, c);
	take_better(&w->decision->would, &verdict);
	if (decide_enforces(w, c->rollout))
		take_better(&w->decision->verdict, &verdict);
}

static void run_rules(struct decide_work *w)
{
	for (size_t i = 0; i < w->listener->rule_count; i++) {
		const struct rule *rule = &w->listener->rules[i];
		enum tri exempt = w->decision->rules[i];
		struct candidate c = { .rule = rule, .action = rule->action, .rollout = &rule->rollout,
				       .stage = expr_stage(rule->condition), .exempt = exempt };

		if (exempt == TRI_YES || !period_holds(&rule->rollout.period, w->context.session->start_date)) {
			w->decision->rules[i] = TRI_NO;
			continue;
		}
		w->decision->rules[i] = c.stage > w->context.stage ? TRI_UNKNOWN :
					expr_eval(rule->condition, &w->context);
		if (w->decision->rules[i] == TRI_YES)
			consider(w, &c);
	}
}

/* RFC 5321 4.5.5: the null sender is not refused by SPF, whatever is set. */
static enum action capped(const struct check *check, const struct facts *facts, enum action action)
{
	bool bounce = check->id == CHECK_SPF_MAIL_FROM && facts->sender.kind == MAILBOX_NULL;

	return bounce && action > ACTION_TAG ? ACTION_TAG : action;
}

static void consider_checks(struct decide_work *w)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct check_settings *settings = &w->listener->checks[i];
		enum result result = w->decision->findings[i].result;
		enum action action = action_of(w->listener, checks[i], result, w->context.facts);
		struct candidate c;

		if (settings->off || action == ACTION_OFF)
			continue;
		c = (struct candidate){ .check = checks[i], .result = result, .action = action,
					.rollout = &settings->rollout, .stage = checks[i]->stage,
					.exempt = w->checks_exempt[i] };
		if (result == RESULT_TEMPERROR && w->context.facts->resolver_down) {
			c.resolver_down = true;
			c.action = capped(checks[i], w->context.facts, w->policy->dns.on_failure);
		}
		consider(w, &c);
	}
}

/* What the reply is going to name. */
static void want_reply(const struct decide_work *w, const struct verdict *verdict)
{
	if (w->context.wanted && decide_reply_needs_dns(w, verdict_reply_template(w->listener, verdict)))
		(void)fact_get(fact_find("client_name"), &w->context);
}

void decide(const struct policy *policy, const struct choice *choice, const struct session *session,
	    const struct facts *facts, enum stage stage, struct wanted *wanted, struct decision *decision_r)
{
	struct reverse_memo reverse = { .has_names = false };
	struct decide_work w = {
		.policy = policy,
		.choice = choice,
		.listener = choice->listener,
		.context = { .session = session, .facts = facts, .listener = choice->listener->name,
			     .findings = decision_r->findings, .stage = stage, .dns = facts->dns,
			     .wanted = wanted, .alarms = &decision_r->alarms,
			     .reverse = &reverse },
		.decision = decision_r,
	};

	w.always_delivered = always_delivered(w.listener, &w.context);
	decision_r->notable = decision_r->tagged = false;
	decision_r->alarms.count = 0;
	decision_r->verdict = decision_r->would =
		(struct verdict){ .answer = ANSWER_ACCEPT, .stage = stage };
	find_exemptions(&w);
	run_checks(&w, false);
	if (w.listener->needs_dns && decide_without_dns(&w))
		skip_dns_checks(&w);
	else
		run_checks(&w, true);
	run_rules(&w);
	consider_checks(&w);
	want_reply(&w, &decision_r->verdict);
	want_reply(&w, &decision_r->would);
}

/* --- what else is asked about a decision --- */

enum action action_of(const struct listener *listener, const struct check *check, enum result result,
		      const struct facts *facts)
{
	return capped(check, facts, listener->checks[check->id].actions[result]);
}

enum mode mode_in_force(const struct policy *policy, const struct choice *choice, const struct session *session,
			const struct rollout *own)
{
	const struct listener *listener = choice->listener;
	enum mode mode = own->mode == MODE_INHERIT ? listener->mode : own->mode;

	if (mode != MODE_ENFORCE || policy->observe || !policy->server.enforce || choice->unsure ||
	    !period_holds(&own->period, session->start_date))
		return MODE_OBSERVE;
	return client_in_share(session, listener->reply_at > STAGE_CONNECT, own->enforce_percent) ? MODE_ENFORCE :
												    MODE_OBSERVE;
}

const char *verdict_reply_template(const struct listener *listener, const struct verdict *verdict)
{
	if (!answer_refuses(verdict->answer))
		return NULL;
	if (verdict->exemption_unknown)
		return listener->reply_exemption_unknown ? listener->reply_exemption_unknown : REPLY_EXEMPTION_UNKNOWN;
	if (verdict->resolver_down)
		return listener->reply_resolver_down ? listener->reply_resolver_down : REPLY_RESOLVER_DOWN;
	if (verdict->rule)
		return verdict->rule->reply;
	return listener->checks[verdict->check->id].replies[verdict->result];
}
