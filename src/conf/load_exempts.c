/* SPDX-License-Identifier: BSD-2-Clause */
/* The key exempt of a listener, which is read after its rules: skip may name them. */
#include "conf/loader.h"

#include <string.h>

/* An exemption whose keys are being read. */
struct exempt_load {
	struct exempt *exempt;
	const struct listener *listener;
};

static void load_if(struct loader *loader, const struct node *node, void *target)
{
	struct exempt_load *load = target;

	load->exempt->condition = load_condition(loader, node, load->listener, NULL);
	if (load->exempt->condition)
		load->exempt->text = policy_copy(loader, node->text);
}

static const struct rule *find_rule(const struct listener *listener, const char *name)
{
	for (size_t i = 0; i < listener->rule_count; i++)
		if (listener->rules[i].name && strcmp(listener->rules[i].name, name) == 0)
			return &listener->rules[i];
	return NULL;
}

static void error_no_such(struct loader *loader, const struct node *item,
			  const struct listener *listener)
{
	const char *names[CHECK_COUNT + 100];
	size_t count = check_names(names);
	const char *near;

	for (size_t i = 0; i < listener->rule_count && count < COUNT_OF(names); i++)
		if (listener->rules[i].name)
			names[count++] = listener->rules[i].name;
	near = diag_nearest(item->text, names, count);
	if (near)
		error_at(loader, item, "unknown check or rule '%s'; did you mean '%s'?", item->text,
			 near);
	else
		error_at(loader, item, "unknown check or rule '%s'; expected one of this listener",
			 item->text);
}

static void add_skip(struct loader *loader, const struct node *item, const struct exempt_load *load)
{
	struct exempt *exempt = load->exempt;
	const struct check *check = check_find(item->text);
	const struct rule *rule = find_rule(load->listener, item->text);

	if (check)
		exempt->skip_checks |= 1u << check->id;
	else if (rule)
		exempt->skip_rules[exempt->skip_rule_count++] = rule->name;
	else
		error_no_such(loader, item, load->listener);
}

static void load_skip(struct loader *loader, const struct node *node, void *target)
{
	struct exempt_load *load = target;
	struct exempt *exempt = load->exempt;

	exempt->skip_all = false;
	if (!is_items(loader, node, "names of checks and rules"))
		return;
	if (node->kind == NODE_SEQUENCE && node->count == 0)
		error_at(loader, node,
			 "an empty list skips nothing; expected names, or no 'skip' to skip "
			 "everything");
	exempt->skip_rules = policy_array(loader, item_count(node), sizeof *exempt->skip_rules);
	if (!exempt->skip_rules)
		return;
	for (const struct node *item = first_item(node); item; item = next_item(node, item))
		if (is_scalar(loader, item, "the name of a check or rule"))
			add_skip(loader, item, load);
}

static void load_reason(struct loader *loader, const struct node *node, void *target)
{
	struct exempt_load *load = target;

	load->exempt->reason = load_text(loader, node, "a reason");
}

static void load_owner(struct loader *loader, const struct node *node, void *target)
{
	struct exempt_load *load = target;

	load->exempt->owner = load_text(loader, node, "an owner");
}

static void load_exempt_since(struct loader *loader, const struct node *node, void *target)
{
	struct exempt_load *load = target;

	load_since(loader, node, &load->exempt->period);
}

static void load_exempt_until(struct loader *loader, const struct node *node, void *target)
{
	struct exempt_load *load = target;

	load_until(loader, node, &load->exempt->period);
}

static const struct key exempt_keys[] = {
	{ .name = "if", .load = load_if, .use = KEY_REQUIRED, .expected = "an expression",
	  .help = "an expression" },
	{ .name = "skip", .load = load_skip,
	  .help = "names of checks and rules (default: all)" },
	{ .name = "reason", .load = load_reason,
	  .help = "why, for whoever reads it" },
	{ .name = "owner", .load = load_owner,
	  .help = "whom to ask" },
	{ .name = "since", .load = load_exempt_since,
	  .help = "the first day (UTC, such as 2026-11-24), compared with the day on which the session began" },
	{ .name = "until", .load = load_exempt_until,
	  .help = "the last day; after it the exemption is nothing" },
};
const struct key_table exempt_table = KEY_TABLE(exempt_keys);

static void load_exempt(struct loader *loader, const struct node *node,
			const struct exempt_load *load)
{
	struct exempt_load target = *load;

	*load->exempt = (struct exempt){
		.skip_all = true,
		.period = { .since = DATE_NONE, .until = DATE_NONE },
		.line = node->place.line,
	};
	load_map(loader, node, &exempt_table, &target);
}

void load_exempts(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	listener->exempt_line = node->key->place.line;
	if (node->kind != NODE_SEQUENCE) {
		if (node->kind != NODE_BROKEN)
			error_at(loader, node, "expected a list of exemptions, '- if: ...'");
		return;
	}
	listener->exempts = policy_array(loader, node->count, sizeof *listener->exempts);
	if (!listener->exempts)
		return;
	for (const struct node *item = node->first; item; item = item->next) {
		struct exempt_load load = { &listener->exempts[listener->exempt_count], listener };

		listener->exempt_count++;
		load_exempt(loader, item, &load);
		if (load.exempt->condition && expr_needs_dns(load.exempt->condition, listener->checks))
			listener->needs_dns = true;
	}
}
