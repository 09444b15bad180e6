/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts what cases exercise. */
#include "app/coverage.h"

bool coverage_init(struct coverage *coverage, const struct policy *policy, struct arena *arena)
{
	coverage->policy = policy;
	coverage->listeners = arena_array(arena, policy->listener_count, sizeof *coverage->listeners);
	for (size_t i = 0; coverage->listeners && i < policy->listener_count; i++) {
		coverage->listeners[i].rules = arena_array(arena, policy->listeners[i].rule_count, sizeof(bool));
		if (!coverage->listeners[i].rules)
			return false;
	}
	return coverage->listeners != NULL;
}

void coverage_add(struct coverage *coverage, const struct judgement *judgement)
{
	const struct listener *listener = judgement->choice.listener;
	struct listener_coverage *row = &coverage->listeners[listener - coverage->policy->listeners];

	row->used = true;
	for (size_t id = 0; id < CHECK_COUNT; id++)
		if (check_outcome(checks[id], judgement->decision.findings[id].result))
			row->checks[id] = true;
	for (size_t i = 0; i < listener->rule_count; i++)
		if (judgement->decision.rules[i] == TRI_YES)
			row->rules[i] = true;
}

static bool check_is_missed(const struct coverage *coverage, size_t listener, size_t id)
{
	return !coverage->policy->listeners[listener].checks[id].off && !coverage->listeners[listener].checks[id];
}

/* "  listener mx: checks ehlo_syntax, iprev" */
static void add_name(struct buf *out, const char *listener, const char *what, const char *name, bool first)
{
	if (first)
		buf_addf(out, "  listener %s: %s %s", listener, what, name);
	else
		buf_addf(out, ", %s", name);
}

static void add_listener(const struct coverage *coverage, size_t index, struct buf *out)
{
	const struct listener *listener = &coverage->policy->listeners[index];
	bool first = true;

	if (!coverage->listeners[index].used) {
		buf_addf(out, "  listener %s\n", listener->name);
		return;
	}
	for (size_t id = 0; id < CHECK_COUNT; id++) {
		if (!check_is_missed(coverage, index, id))
			continue;
		add_name(out, listener->name, "checks", checks[id]->name, first);
		first = false;
	}
	buf_add(out, first ? "" : "\n");
	first = true;
	for (size_t i = 0; i < listener->rule_count; i++) {
		if (coverage->listeners[index].rules[i])
			continue;
		add_name(out, listener->name, "rules", listener->rules[i].name, first);
		first = false;
	}
	buf_add(out, first ? "" : "\n");
}

static bool is_covered(const struct coverage *coverage, size_t index)
{
	if (!coverage->listeners[index].used)
		return false;
	for (size_t id = 0; id < CHECK_COUNT; id++)
		if (check_is_missed(coverage, index, id))
			return false;
	for (size_t i = 0; i < coverage->policy->listeners[index].rule_count; i++)
		if (!coverage->listeners[index].rules[i])
			return false;
	return true;
}

void coverage_text(const struct coverage *coverage, struct buf *out)
{
	bool told = false;

	for (size_t i = 0; i < coverage->policy->listener_count; i++) {
		if (is_covered(coverage, i))
			continue;
		if (!told)
			buf_add(out, "no case exercises (a check: finds something; a rule: is true)\n");
		told = true;
		add_listener(coverage, i, out);
	}
}

static void add_pair(struct json *json, const char *listener, const char *key, const char *name)
{
	json_open_object(json, NULL);
	json_string(json, "listener", listener);
	json_string(json, key, name);
	json_close_object(json);
}

void coverage_json(const struct coverage *coverage, struct json *json)
{
	const struct policy *policy = coverage->policy;

	json_open_object(json, "not_exercised");
	json_open_array(json, "listeners");
	for (size_t i = 0; i < policy->listener_count; i++)
		if (!coverage->listeners[i].used)
			json_string(json, NULL, policy->listeners[i].name);
	json_close_array(json);
	json_open_array(json, "checks");
	for (size_t i = 0; i < policy->listener_count; i++)
		for (size_t id = 0; id < CHECK_COUNT; id++)
			if (check_is_missed(coverage, i, id))
				add_pair(json, policy->listeners[i].name, "check", checks[id]->name);
	json_close_array(json);
	json_open_array(json, "rules");
	for (size_t i = 0; i < policy->listener_count; i++) {
		const struct listener *listener = &policy->listeners[i];

		for (size_t r = 0; r < listener->rule_count; r++)
			if (!coverage->listeners[i].rules[r])
				add_pair(json, listener->name, "rule", listener->rules[r].name);
	}
	json_close_array(json);
	json_close_object(json);
}
