/* SPDX-License-Identifier: BSD-2-Clause */
/* The key rules of a listener. */
#include "conf/loader.h"

#include "core/reply.h"

#include <string.h>

/* A rule whose keys are being read. */
struct rule_load {
	struct rule *rule;
	const struct listener *listener;
	bool has_action;
};

/* Words that already mean something where a rule's name may stand. */
static bool is_taken(const char *name)
{
	return check_find(name) || fact_find(name);
}

static void load_rule_name(struct loader *loader, const struct node *node, void *target)
{
	struct rule_load *load = target;
	const struct rule *rules = load->listener->rules;
	const char *name = load_name(loader, node);

	load->rule->name = name;
	if (!name)
		return;
	if (is_taken(name))
		error_at(loader, node,
			 "'%s' is the name of a %s; expected another name for the rule", name,
			 fact_find(name) ? "fact" : "check");
	for (const struct rule *other = rules; other != load->rule; other++) {
		if (!other->name || strcmp(other->name, name) != 0)
			continue;
		error_at(loader, node,
			 "a second rule '%s' in this listener; the first stands in line %u", name,
			 other->line);
		return;
	}
}

static void load_then(struct loader *loader, const struct node *node, void *target)
{
	struct rule_load *load = target;

	load->has_action = load_action(loader, node, &load->rule->action);
}

static void load_rule_mode(struct loader *loader, const struct node *node, void *target)
{
	struct rule_load *load = target;

	load->rule->rollout.mode_line = node->key->place.line;
	load_mode(loader, node, &load->rule->rollout.mode);
}

static void load_rule_since(struct loader *loader, const struct node *node, void *target)
{
	struct rule_load *load = target;

	load_since(loader, node, &load->rule->rollout.period);
}

static void load_rule_until(struct loader *loader, const struct node *node, void *target)
{
	struct rule_load *load = target;

	load_until(loader, node, &load->rule->rollout.period);
}

static void load_rule_percent(struct loader *loader, const struct node *node, void *target)
{
	struct rule_load *load = target;

	(void)load_number(loader, node, 100, &load->rule->rollout.enforce_percent);
}

static void load_if(struct loader *loader, const struct node *node, void *target)
{
	struct rule_load *load = target;

	load->rule->condition = load_condition(loader, node, load->listener, load->rule);
	if (!load->rule->condition)
		return;
	load->rule->text = policy_copy(loader, node->text);
	load->rule->needs_dns = expr_needs_dns(load->rule->condition, load->listener->checks);
}

static const char *reply_of(struct loader *loader, enum action action)
{
	if (action < ACTION_TEMPFAIL)
		return NULL;
	return default_reply(loader, action == ACTION_REJECT ? REPLY_RULE_REJECT : REPLY_RULE_TEMPFAIL, action);
}

static void load_reply(struct loader *loader, const struct node *node, void *target)
{
	struct rule_load *load = target;
	struct rule *rule = load->rule;

	if (!node)
		rule->reply = reply_of(loader, rule->action);
	else if (load->has_action && rule->action < ACTION_TEMPFAIL)
		error_at(loader, node->key,
			 "'reply' has no use with 'then: %s'; expected reject or tempfail",
			 action_word(rule->action));
	else if (load->has_action)
		rule->reply = load_reply_text(loader, node, rule->action);
}

static const struct key rule_keys[] = {
	{ .name = "name", .load = load_rule_name, .use = KEY_REQUIRED, .expected = "a name",
	  .help = "letters, digits, dot, underscore and hyphen; no name of a check" },
	{ .name = "then", .load = load_then, .use = KEY_REQUIRED,
	  .expected = "an action: reject, tempfail, quarantine, tag, log or off",
	  .help = "an action" },
	{ .name = "if", .load = load_if, .use = KEY_REQUIRED, .expected = "an expression",
	  .help = "an expression: the rule fires when it is true" },
	{ .name = "reply", .load = load_reply, .use = KEY_ALWAYS,
	  .help = "code, enhanced code and text of a refusal" },
	{ .name = "mode", .load = load_rule_mode,
	  .help = "observe or enforce, whatever the listener's is" },
	{ .name = "since", .load = load_rule_since,
	  .help = "the first day (UTC)" },
	{ .name = "until", .load = load_rule_until,
	  .help = "the last day; after it the rule is nothing" },
	{ .name = "enforce_percent", .load = load_rule_percent,
	  .help =
		  "the share of clients for which mode enforce holds, the others are observed: for a slow start. The client's /24 "
		  "or /64 and the name of its greeting decide, so that a retry meets the same answer, as does every restart and "
		  "every host; who is in a share is in every larger one. With 'reply_at: connect' the network alone decides. "
		  "Where one of them is unknown the client is observed" },
};
const struct key_table rule_table = KEY_TABLE(rule_keys);

static void load_rule(struct loader *loader, const struct node *node, struct rule_load *load)
{
	*load->rule = (struct rule){
		.rollout = ROLLOUT_WHOLE,
		.line = node->place.line,
	};
	load_map(loader, node, &rule_table, load);
}

void load_rules(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	if (node->kind != NODE_SEQUENCE) {
		if (node->kind != NODE_BROKEN)
			error_at(loader, node, "expected a list of rules, '- name: ...'");
		return;
	}
	listener->rules = policy_array(loader, node->count, sizeof *listener->rules);
	if (!listener->rules)
		return;
	for (const struct node *item = node->first; item; item = item->next) {
		struct rule_load load = { .rule = &listener->rules[listener->rule_count],
					  .listener = listener };

		listener->rule_count++;
		load_rule(loader, item, &load);
		listener->needs_dns = listener->needs_dns || load.rule->needs_dns;
	}
}
