/* SPDX-License-Identifier: BSD-2-Clause */
/* The key expect of a case. */
#include "conf/case_loader.h"

#include <string.h>

static const char *const answer_words[] = {
	[ANSWER_ACCEPT] = "accept", [ANSWER_QUARANTINE] = "quarantine", [ANSWER_TEMPFAIL] = "tempfail",
	[ANSWER_REJECT] = "reject", NULL
};

static bool load_answer(struct loader *loader, const struct node *node, enum answer *answer_r)
{
	size_t i;

	if (!load_choice(loader, node, answer_words, &i))
		return false;
	*answer_r = (enum answer)i;
	return true;
}

static void load_expected_action(struct loader *loader, const struct node *node, void *target)
{
	struct expectation *e = &((struct case_draft *)target)->test.expected;

	e->has_action = load_answer(loader, node, &e->action);
}

static void load_told(struct loader *loader, const struct node *node, void *target)
{
	struct expectation *e = &((struct case_draft *)target)->test.expected;

	e->has_told = load_answer(loader, node, &e->told);
}

static void load_stage(struct loader *loader, const struct node *node, void *target)
{
	static const char *const words[] = { "connect", "ehlo", "mail", "rcpt", NULL };
	struct expectation *e = &((struct case_draft *)target)->test.expected;
	size_t i;

	e->has_stage = load_choice(loader, node, words, &i);
	if (e->has_stage)
		e->stage = (enum stage)i;
}

static const struct check *load_check_name(struct loader *loader, const struct node *node)
{
	const struct check *check = check_find(node->text);
	const char *names[CHECK_COUNT];

	if (!check)
		error_unknown(loader, node, "check", &(struct words){ names, check_names(names), CHECK_COUNT });
	return check;
}

static void load_expected_check(struct loader *loader, const struct node *node, void *target)
{
	if (is_scalar(loader, node, "the name of a check"))
		((struct case_draft *)target)->test.expected.check = load_check_name(loader, node);
}

static void load_expected_rule(struct loader *loader, const struct node *node, void *target)
{
	struct case_draft *draft = target;

	if (is_rule_of(loader, node, draft->policy))
		draft->test.expected.rule = policy_copy(loader, node->text);
}

static bool load_result_word(struct loader *loader, const struct node *node, enum result *result_r)
{
	const char *words[RESULT_COUNT];

	if (!is_scalar(loader, node, "the result of a check"))
		return false;
	if (result_from_word(node->text, result_r))
		return true;
	for (size_t i = 0; i < RESULT_COUNT; i++)
		words[i] = result_word((enum result)i);
	error_unknown(loader, node, "result", &(struct words){ words, RESULT_COUNT, RESULT_COUNT });
	return false;
}

static void load_expected_result(struct loader *loader, const struct node *node, void *target)
{
	struct expectation *e = &((struct case_draft *)target)->test.expected;

	e->has_result = load_result_word(loader, node, &e->result);
}

static void load_expected_reply(struct loader *loader, const struct node *node, void *target)
{
	if (!is_cut_by_comment(loader, node))
		((struct case_draft *)target)->test.expected.reply =
			load_text(loader, node, "what the reply begins with");
}

static void load_expected_listener(struct loader *loader, const struct node *node, void *target)
{
	struct case_draft *draft = target;

	if (is_listener_of(loader, node, draft->policy))
		draft->test.expected.listener = policy_copy(loader, node->text);
}

static void load_tagged(struct loader *loader, const struct node *node, void *target)
{
	struct expectation *e = &((struct case_draft *)target)->test.expected;

	e->has_tagged = load_bool(loader, node, &e->tagged);
}

static void load_expected_checks(struct loader *loader, const struct node *node, void *target)
{
	struct expectation *e = &((struct case_draft *)target)->test.expected;
	struct expected_check *checks;

	if (!is_map(loader, node, "names of checks and their results"))
		return;
	checks = policy_array(loader, node->count, sizeof *checks);
	if (!checks)
		return;
	e->checks = checks;
	for (const struct node *value = node->first; value; value = value->next) {
		const struct check *check = load_check_name(loader, value->key);
		enum result result;

		if (check && load_result_word(loader, value, &result))
			checks[e->check_count++] = (struct expected_check){ check, result };
	}
}

static void load_expected_rules(struct loader *loader, const struct node *node, void *target)
{
	static const char *const words[] = {
		[TRI_NO] = "false", [TRI_YES] = "true", [TRI_UNKNOWN] = "unknown", NULL
	};
	struct case_draft *draft = target;
	struct expectation *e = &draft->test.expected;
	struct expected_rule *rules;
	size_t truth;

	if (!is_map(loader, node, "names of rules, each true, false or unknown"))
		return;
	rules = policy_array(loader, node->count, sizeof *rules);
	if (!rules)
		return;
	e->rules = rules;
	for (const struct node *value = node->first; value; value = value->next)
		if (is_rule_of(loader, value->key, draft->policy) && load_choice(loader, value, words, &truth))
			rules[e->rule_count++] = (struct expected_rule){ policy_copy(loader, value->key->text),
									 (enum tri)truth };
}

static const struct key expect_keys[] = {
	{ .name = "action", .load = load_expected_action },
	{ .name = "told", .load = load_told },
	{ .name = "stage", .load = load_stage },
	{ .name = "check", .load = load_expected_check },
	{ .name = "rule", .load = load_expected_rule },
	{ .name = "result", .load = load_expected_result },
	{ .name = "reply", .load = load_expected_reply },
	{ .name = "listener", .load = load_expected_listener },
	{ .name = "tagged", .load = load_tagged },
	{ .name = "checks", .load = load_expected_checks },
	{ .name = "rules", .load = load_expected_rules },
};

/* What never can be, and would make a case fail that is meant otherwise. */
static void check_sense(struct loader *loader, const struct node *node, const struct expectation *e)
{
	bool decides = e->check || e->rule || e->reply || e->has_result;

	if (e->has_action && e->action == ANSWER_ACCEPT && decides)
		error_at(loader, node, "an accept is decided by nothing and has no reply; expected another action, "
			 "or what is meant under 'checks' or 'rules'");
	if (e->check && e->rule)
		error_at(loader, node_get(node, "rule"), "either a check decides or a rule; expected one of them");
	if (e->has_action && e->action == ANSWER_QUARANTINE && e->reply)
		error_at(loader, node_get(node, "reply"), "a quarantine has no reply");
}

void load_expect(struct loader *loader, const struct node *node, void *target)
{
	static const struct key_table table = KEY_TABLE(expect_keys);
	struct case_draft *draft = target;
	size_t errors_before = loader->diag->error_count;

	draft->has_expected = true;
	draft->test.expected = (struct expectation){ .has_action = false };
	if (node->kind == NODE_SCALAR) {
		load_expected_action(loader, node, draft);
		return;
	}
	if (node->kind == NODE_MAP && node->count == 0)
		error_at(loader, node, "nothing is expected; expected an action, or a map with one");
	load_map(loader, node, &table, draft);
	if (loader->diag->error_count == errors_before)
		check_sense(loader, node, &draft->test.expected);
}
