/* SPDX-License-Identifier: BSD-2-Clause */
/* The key if of rules and exemptions: compiles the expression, and says where it is wrong. */
#include "conf/loader.h"

static const struct list *find_list(const void *policy, const char *name)
{
	return policy_find_list(policy, name);
}

struct expr *load_condition(struct loader *loader, const struct node *node,
			    const struct listener *listener, const struct rule *rule)
{
	bool off[CHECK_COUNT];
	struct expr_scope scope = {
		.find_list = find_list,
		.lists = loader->policy,
		.checks_off = rule ? off : NULL,
		.recipient = listener->reply_at == STAGE_RCPT,
		.refuses = rule && rule->action == ACTION_REJECT,
	};
	struct expr_error error;
	struct expr *expr;

	if (!is_text(loader, node, "an expression") || is_cut_by_comment(loader, node))
		return NULL;
	for (size_t i = 0; i < CHECK_COUNT; i++)
		off[i] = listener->checks[i].off;
	expr = expr_compile(node->text, &scope, loader->kept, &error);
	if (!expr)
		diag_error(loader->diag, node_place_at(node, &loader->source, error.offset), "%s",
			   error.text);
	return expr;
}
