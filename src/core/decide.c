/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judgement.  Order of work: which listener; what is exempt; every check; every rule, which may
 * ask for results of checks; then the most severe action wins, rules before checks.
 */
#include "core/decide.h"

#include "core/reply.h"

#include <string.h>
#include <strings.h>

/* --- which listener --- */

static enum tri match_number(const struct number *fact, const unsigned *values, size_t count)
{
	if (count == 0)
		return TRI_YES;
	if (fact->presence != PRESENCE_KNOWN)
		return fact->presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	for (size_t i = 0; i < count; i++)
		if (fact->value == values[i])
			return TRI_YES;
	return TRI_NO;
}

static enum tri match_text(const struct text *fact, const char *const *values, size_t count)
{
	if (count == 0)
		return TRI_YES;
	if (fact->presence != PRESENCE_KNOWN)
		return fact->presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(fact->value, values[i]) == 0)
			return TRI_YES;
	return TRI_NO;
}

static enum tri match_address(const struct address *fact, const struct ip *values, size_t count)
{
	if (count == 0)
		return TRI_YES;
	if (fact->presence != PRESENCE_KNOWN)
		return fact->presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	for (size_t i = 0; i < count; i++)
		if (ip_equal(&fact->value, &values[i]))
			return TRI_YES;
	return TRI_NO;
}

static enum tri match_client(const struct session *session, const struct list *clients)
{
	if (!clients)
		return TRI_YES;
	if (session->client.presence != PRESENCE_KNOWN)
		return session->client.presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	return list_has_address(clients, session, &session->client.value, NULL);
}

static enum tri listener_matches(const struct listener *listener, const struct session *session)
{
	const struct match *m = &listener->match;
	enum tri truth;

	if (listener->match_any)
		return TRI_YES;
	truth = match_number(&session->daemon_port, m->daemon_ports, m->daemon_port_count);
	truth = tri_and(truth, match_text(&session->daemon_name, m->daemon_names, m->daemon_name_count));
	truth = tri_and(truth, match_text(&session->listener_service, m->services, m->service_count));
	truth = tri_and(truth, match_address(&session->daemon_addr, m->daemon_addrs, m->daemon_addr_count));
	return tri_and(truth, match_client(session, m->clients));
}

struct choice choose_listener(const struct policy *policy, const struct session *session)
{
	const struct listener *last = &policy->listeners[policy->listener_count - 1];

	for (size_t i = 0; i < policy->listener_count; i++) {
		const struct listener *listener = &policy->listeners[i];

		switch (listener_matches(listener, session)) {
		case TRI_NO:		break;
		case TRI_YES:		return (struct choice){ .listener = listener };
		case TRI_UNKNOWN:	return (struct choice){ .listener = last, .unsure = true };
		}
	}
	return (struct choice){ .listener = last };	/* not reached: the last matches any */
}

/* --- what is exempt --- */

static const struct reason local_submission = {
	"local_submission", "the mail did not come by SMTP: a reject would bounce it", NULL
};
static const struct reason no_address = {
	"no_address", "the client has no IP address", NULL
};
static const struct reason loopback = { "loopback", "the client is this host", NULL };
static const struct reason authenticated = { "authenticated", "the client has logged in", NULL };

const struct reason *always_exempt(const struct listener *listener, const struct session *session,
				   enum stage stage)
{
	if (session->local_submission)
		return &local_submission;
	if (session->client.presence == PRESENCE_NONE)
		return &no_address;
	if (listener->exempt_loopback && session->client.presence == PRESENCE_KNOWN &&
	    ip_is_loopback(&session->client.value))
		return &loopback;
	if (listener->exempt_authenticated && stage >= STAGE_MAIL &&
	    session->auth_user.presence == PRESENCE_KNOWN)
		return &authenticated;
	return NULL;
}

enum tri exempt_applies(const struct exempt *exempt, const struct context *context)
{
	if (!period_holds(&exempt->period, context->session->start_date))
		return TRI_NO;
	return expr_eval(exempt->condition, context);
}

bool exempt_covers(const struct exempt *exempt, const struct check *check, const struct rule *rule)
{
	if (exempt->skip_all)
		return true;
	if (check)
		return exempt->skip_checks >> check->id & 1;
	for (size_t i = 0; i < exempt->skip_rule_count; i++)
		if (strcmp(exempt->skip_rules[i], rule->name) == 0)
			return true;
	return false;
}

/* --- the work of one decision --- */

struct work {
	const struct policy *policy;
	const struct choice *choice;
	const struct listener *listener;
	struct context context;
	enum tri checks_exempt[CHECK_COUNT];
	struct decision *decision;
};

/* decision->rules serves for the exemptions first, for the results afterwards. */
static void exempt_all(struct work *w, enum tri value)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		w->checks_exempt[i] = value;
	for (size_t i = 0; i < w->listener->rule_count; i++)
		w->decision->rules[i] = value;
}

static void find_exemptions(struct work *w)
{
	const struct listener *listener = w->listener;
	bool exempt = always_exempt(listener, w->context.session, w->context.stage) != NULL;

	exempt_all(w, tri_of(exempt));
	for (size_t i = 0; i < listener->exempt_count && !exempt; i++) {
		const struct exempt *e = &listener->exempts[i];
		enum tri applies = exempt_applies(e, &w->context);

		if (applies == TRI_NO)
			continue;
		for (size_t c = 0; c < CHECK_COUNT; c++)
			if (exempt_covers(e, checks[c], NULL))
				w->checks_exempt[c] = tri_or(w->checks_exempt[c], applies);
		for (size_t r = 0; r < listener->rule_count; r++)
			if (exempt_covers(e, NULL, &listener->rules[r]))
				w->decision->rules[r] = tri_or(w->decision->rules[r], applies);
	}
}

static void run_checks(struct work *w)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct check_settings *settings = &w->listener->checks[i];
		struct finding *finding = &w->decision->findings[i];

		*finding = (struct finding){ .result = RESULT_NONE };
		if (settings->off || checks[i]->stage > w->context.stage)
			continue;
		if (w->checks_exempt[i] == TRI_YES)
			finding->result = RESULT_SKIPPED;
		else
			*finding = checks[i]->eval(&w->context, settings);
	}
}

/* Something with an action that was found: the verdict is the best of these. */
struct candidate {
	const struct check *check;
	const struct rule *rule;
	enum result result;
	enum action action;
	enum mode mode;
	enum stage stage;	/* at which the facts are complete */
	enum tri exempt;	/* never TRI_YES here */
};

/*
 * A finding is answered at the later of reply_at and its own stage.  A reply before MAIL is stored by the MTA
 * and repeated to the end, so it waits for MAIL while an exemption that covers it is undecided.
 */
static enum stage answer_stage(const struct work *w, const struct candidate *c)
{
	enum stage stage = c->stage > w->listener->reply_at ? c->stage : w->listener->reply_at;
	struct context context = w->context;

	if (stage >= STAGE_MAIL)
		return stage;
	context.stage = stage;
	for (size_t i = 0; i < w->listener->exempt_count; i++) {
		const struct exempt *e = &w->listener->exempts[i];

		if (exempt_covers(e, c->check, c->rule) && exempt_applies(e, &context) == TRI_UNKNOWN)
			return STAGE_MAIL;
	}
	return stage;
}

static enum answer answer_of(enum action action)
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

/* What the MTA is told first is what counts; of what is told at one time, the most severe. */
static void take_better(struct verdict *best, const struct verdict *other)
{
	if (best->answer == ANSWER_ACCEPT || other->stage < best->stage ||
	    (other->stage == best->stage && other->answer > best->answer))
		*best = *other;
}

static void consider(struct work *w, const struct candidate *c)
{
	struct verdict verdict = { .check = c->check, .rule = c->rule, .result = c->result };

	if (c->action == ACTION_LOG || c->action == ACTION_TAG)
		w->decision->notable = true;
	verdict.answer = answer_of(c->action);
	if (verdict.answer == ANSWER_ACCEPT)
		return;
	if (verdict.answer == ANSWER_REJECT && c->exempt == TRI_UNKNOWN) {
		verdict.answer = ANSWER_TEMPFAIL;
		verdict.exemption_unknown = true;
	}
	verdict.stage = answer_stage(w, c);
	take_better(&w->decision->would, &verdict);
	if (mode_in_force(w->policy, w->choice, c->mode) == MODE_ENFORCE)
		take_better(&w->decision->verdict, &verdict);
}

static void run_rules(struct work *w)
{
	for (size_t i = 0; i < w->listener->rule_count; i++) {
		const struct rule *rule = &w->listener->rules[i];
		enum tri exempt = w->decision->rules[i];
		struct candidate c = { .rule = rule, .action = rule->action, .mode = rule->mode,
				       .stage = expr_stage(rule->condition), .exempt = exempt };

		if (exempt == TRI_YES || !period_holds(&rule->period, w->context.session->start_date)) {
			w->decision->rules[i] = TRI_NO;
			continue;
		}
		w->decision->rules[i] = c.stage > w->context.stage ? TRI_UNKNOWN :
					expr_eval(rule->condition, &w->context);
		if (w->decision->rules[i] == TRI_YES)
			consider(w, &c);
	}
}

static void consider_checks(struct work *w)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct check_settings *settings = &w->listener->checks[i];
		enum result result = w->decision->findings[i].result;
		struct candidate c = { .check = checks[i], .result = result,
				       .action = settings->actions[result], .mode = settings->mode,
				       .stage = checks[i]->stage, .exempt = w->checks_exempt[i] };

		if (!settings->off)
			consider(w, &c);
	}
}

void decide(const struct policy *policy, const struct choice *choice, const struct session *session,
	    const struct facts *facts, enum stage stage, struct decision *decision_r)
{
	struct work w = {
		.policy = policy,
		.choice = choice,
		.listener = choice->listener,
		.context = { .session = session, .facts = facts, .listener = choice->listener->name,
			     .findings = decision_r->findings, .stage = stage },
		.decision = decision_r,
	};

	decision_r->notable = false;
	decision_r->verdict = decision_r->would =
		(struct verdict){ .answer = ANSWER_ACCEPT, .stage = stage };
	find_exemptions(&w);
	run_checks(&w);
	run_rules(&w);
	consider_checks(&w);
}

/* --- what else is asked about a decision --- */

enum mode mode_in_force(const struct policy *policy, const struct choice *choice, enum mode own)
{
	if (policy->observe || !policy->server.enforce || choice->unsure)
		return MODE_OBSERVE;
	return own == MODE_INHERIT ? choice->listener->mode : own;
}

bool always_delivered(const struct listener *listener, const struct mailbox *recipient)
{
	for (size_t i = 0; i < listener->always_deliver_to_count; i++) {
		const char *name = listener->always_deliver_to[i];

		if (recipient->local_part && strlen(name) == recipient->local_part_length &&
		    strncasecmp(name, recipient->local_part, recipient->local_part_length) == 0)
			return true;
	}
	return false;
}

const char *verdict_reply_template(const struct listener *listener, const struct verdict *verdict)
{
	if (verdict->answer != ANSWER_REJECT && verdict->answer != ANSWER_TEMPFAIL)
		return NULL;
	if (verdict->exemption_unknown)
		return REPLY_EXEMPTION_UNKNOWN;
	if (verdict->rule)
		return verdict->rule->reply;
	return listener->checks[verdict->check->id].replies[verdict->result];
}
