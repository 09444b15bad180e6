/* SPDX-License-Identifier: BSD-2-Clause */
/* Warnings about a policy without errors: what an RFC speaks against, and what has no effect. */
#include "conf/loader.h"

#include "base/clock.h"
#include "core/checks/iprev.h"

/* At the key's value, or at the map where the key is absent. */
static void warn(struct loader *loader, const struct node *map, const char *key, const char *text)
{
	const struct node *value = node_get(map, key);

	diag_warn(loader->diag, value ? value->place : map->place, "%s", text);
}

/* Soon enough to ask whoever wrote it. */
#define ENDS_SOON_DAYS 14

static void lint_period(struct loader *loader, const struct period *period, const struct node *node)
{
	const struct node *until = node_get(node, "until");
	int32_t days = until ? period->until - loader->today : 0;

	if (until && days < 0)
		diag_warn(loader->diag, until->place, "ended on %s; it has no effect any more",
			  until->text);
	else if (until && days <= ENDS_SOON_DAYS)
		diag_warn(loader->diag, until->place, "ends %s, on %s", days == 0 ? "today" : "soon", until->text);
}

/* node: the check's or rule's. */
static void lint_rollout(struct loader *loader, const struct listener *listener, const struct rollout *rollout,
			 const struct node *node)
{
	enum mode mode = rollout->mode == MODE_INHERIT ? listener->mode : rollout->mode;
	const struct node *percent = node_get(node, "enforce_percent");

	lint_period(loader, &rollout->period, node);
	if (percent && mode == MODE_OBSERVE)
		diag_warn(loader->diag, percent->place,
			  "has no effect in mode observe: it is the share of clients for which mode enforce holds");
	else if (percent && rollout->enforce_percent == 0)
		diag_warn(loader->diag, percent->place,
			  "enforces for no client; expected 'mode: observe' for that");
}

/* Of a check outside its dates only the mode changes. */
static void lint_check_dates(struct loader *loader, const struct listener *listener, const struct rollout *rollout,
			     const struct node *node)
{
	enum mode mode = rollout->mode == MODE_INHERIT ? listener->mode : rollout->mode;
	const struct node *date = node_get(node, "since") ? node_get(node, "since") : node_get(node, "until");

	if (date && mode == MODE_OBSERVE)
		diag_warn(loader->diag, date->place,
			  "has no effect in mode observe: it says when mode enforce holds");
}

static void lint_lists(struct loader *loader)
{
	const struct policy *policy = loader->policy;
	const struct node *lists = node_get(loader->root, "lists");

	for (size_t i = 0; lists && i < policy->list_count; i++) {
		const struct list *list = &policy->lists[i];
		const struct node *node = node_get(lists, list->name);

		if (node && list_empty(list))
			diag_warn(loader->diag, node->key->place,
				  "list '%s' is empty: nothing is in it", list->name);
	}
}

/* Sendmail tells FORGED where it could not look the name up, Postfix TEMP: only by DNS one is told from the other. */
static void lint_iprev(struct loader *loader, const struct check_settings *iprev, const struct node *settings)
{
	if (settings && iprev_asks_mta(iprev) && iprev->actions[RESULT_FAIL] == ACTION_REJECT)
		warn(loader, settings, checks[CHECK_IPREV]->name,
		     "refuses for good by the MTA's word: Sendmail says of a name that it could not look up for the moment that "
		     "it is forged; expected 'fail: tempfail', or 'dns_source: dns' (RFC 8601 2.7.3)");
}

static void lint_checks(struct loader *loader, const struct listener *listener,
			const struct node *node)
{
	const struct check_settings *verb = &listener->checks[CHECK_EHLO_VERB];
	const struct node *settings = node_get(node, "checks");

	for (size_t id = 0; id < CHECK_COUNT; id++) {
		const struct node *check = settings ? node_get(settings, checks[id]->name) : NULL;

		if (!check || check->kind != NODE_MAP)
			continue;
		lint_rollout(loader, listener, &listener->checks[id].rollout, check);
		lint_check_dates(loader, listener, &listener->checks[id].rollout, check);
	}
	lint_iprev(loader, &listener->checks[CHECK_IPREV], settings);
	for (enum check_id id = CHECK_SPF_HELO; id <= CHECK_SPF_MAIL_FROM; id++)
		if (settings && listener->checks[id].actions[RESULT_NEUTRAL] >= ACTION_QUARANTINE)
			warn(loader, settings, checks[id]->name,
			     "treats neutral otherwise than none, which a receiver must not (RFC 7208 8.2)");
	if (settings && verb->actions[RESULT_FAIL] >= ACTION_TEMPFAIL)
		warn(loader, settings, checks[CHECK_EHLO_VERB]->name,
		     "refuses clients that say HELO, which a server "
		     "must support (RFC 5321 3.2)");
}

/* What a session with this sender, of which nothing else is known, makes of the condition. */
static enum tri eval_with_sender(const struct expr *condition, const char *sender)
{
	const struct session session = { .sender = text_known(sender) };
	struct finding findings[CHECK_COUNT];
	struct facts facts;
	const struct context context = {
		.session = &session,
		.facts = &facts,
		.listener = "",
		.findings = findings,
		.stage = STAGE_MAIL,
	};

	facts_derive(&session, &facts);
	for (size_t i = 0; i < CHECK_COUNT; i++)
		findings[i] = (struct finding){ .result = RESULT_UNKNOWN };
	return expr_eval(condition, &context);
}

/* It may be true for <>, but never for another sender. */
static bool is_for_null_sender(const struct expr *condition)
{
	return eval_with_sender(condition, "<>") != TRI_NO &&
	       eval_with_sender(condition, "<user@example.org>") == TRI_NO;
}

static void lint_rule(struct loader *loader, const struct listener *listener, const struct rule *rule,
		      const struct node *node)
{
	lint_rollout(loader, listener, &rule->rollout, node);
	if (rule->action < ACTION_TEMPFAIL)
		return;
	if (expr_names_check(rule->condition, CHECK_EHLO_LITERAL))
		warn(loader, node, "if",
		     "refuses by ehlo_literal: mail must not be refused because the name does not "
		     "match the client's address (RFC 5321 4.1.4)");
	if (expr_names_check(rule->condition, CHECK_EHLO_MATCHES_CLIENT))
		warn(loader, node, "if",
		     "refuses by ehlo_matches_client: mail must not be refused because the name does not "
		     "match the client's address (RFC 5321 4.1.4)");
	if (expr_names_check(rule->condition, CHECK_EHLO_VERB))
		warn(loader, node, "if",
		     "refuses by ehlo_verb: a server must support HELO (RFC 5321 3.2)");
	if (is_for_null_sender(rule->condition))
		warn(loader, node, "if",
		     "refuses the null sender <>: notifications must be accepted (RFC 5321 4.5.5, "
		     "6.1; RFC 2505 item 6a)");
}

static void lint_rules(struct loader *loader, const struct listener *listener,
		       const struct node *rules)
{
	const struct node *node = rules->first;
	bool all_off = listener->rule_count > 0;

	for (size_t i = 0; i < listener->rule_count; i++, node = node->next) {
		lint_rule(loader, listener, &listener->rules[i], node);
		all_off = all_off && listener->rules[i].action == ACTION_OFF;
	}
	if (all_off)
		diag_warn(loader->diag, rules->place, "every rule of this listener is off");
}

static void lint_exempts(struct loader *loader, const struct listener *listener,
			 const struct node *exempts)
{
	const struct node *node = exempts->first;

	for (size_t i = 0; i < listener->exempt_count; i++, node = node->next)
		lint_period(loader, &listener->exempts[i].period, node);
}

static void lint_always_deliver_to(struct loader *loader, const struct listener *listener,
				   const struct node *node)
{
	if (listener->reply_at == STAGE_RCPT && listener->always_deliver_to_count == 0)
		warn(loader, node, "always_deliver_to",
		     "mail to postmaster may be refused, which a server must "
		     "accept (RFC 5321 4.5.1)");
	if (listener->reply_at != STAGE_RCPT && node_get(node, "always_deliver_to"))
		warn(loader, node, "always_deliver_to", "has no effect without 'reply_at: rcpt'");
}

static bool observes(const struct policy *policy)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		if (policy_observes(policy, &policy->listeners[i]))
			return true;
	return false;
}

static void lint_server(struct loader *loader)
{
	const struct node *server = node_get(loader->root, "server");

	if (server && loader->policy->server.authserv_id && !policy_has_action(loader->policy, ACTION_TAG))
		warn(loader, server, "authserv_id", "has no effect: no check or rule has the action tag, which writes "
		     "headers");
	if (loader->policy->server.session_log.record_all && !observes(loader->policy))
		warn(loader, node_get(server, "session_log"), "record_all", "has no effect: no listener is in mode observe");
}

/* Without errors there is one struct for each node, in the same order. */
void lint_policy(struct loader *loader)
{
	const struct policy *policy = loader->policy;
	const struct node *node = node_get(loader->root, "listeners")->first;
	const struct node *commands = node_get(loader->root, "commands");

	lint_server(loader);
	lint_lists(loader);
	if (commands)
		lint_commands(loader, &policy->commands, commands);
	for (size_t i = 0; i < policy->listener_count; i++, node = node->next) {
		const struct listener *listener = &policy->listeners[i];
		const struct node *rules = node_get(node, "rules");
		const struct node *exempts = node_get(node, "exempt");
		const struct node *own = node_get(node, "commands");

		lint_checks(loader, listener, node);
		lint_always_deliver_to(loader, listener, node);
		if (rules)
			lint_rules(loader, listener, rules);
		if (exempts)
			lint_exempts(loader, listener, exempts);
		if (own)
			lint_commands(loader, &listener->commands, own);
		lint_reach(loader, listener, node);
	}
}
