/* SPDX-License-Identifier: BSD-2-Clause */
/* The key checks of a listener: the profile's actions, then what the file says. */
#include "conf/loader.h"

#include "base/buf.h"
#include "core/checks/iprev.h"

#include <string.h>

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

size_t check_names(const char *names_r[CHECK_COUNT])
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		names_r[i] = checks[i]->name;
	return CHECK_COUNT;
}

bool load_action(struct loader *loader, const struct node *node, enum action *action_r)
{
	static const char *const words[] = { "reject", "tempfail", "quarantine", "tag", "log", "off" };

	if (!is_scalar(loader, node, "an action: reject, tempfail, quarantine, tag, log or off"))
		return false;
	if (is_one_of(node->text, words, COUNT_OF(words)))
		return action_from_word(node->text, action_r);
	error_unknown(loader, node, "action",
		      &(struct words){ words, COUNT_OF(words), COUNT_OF(words) });
	return false;
}

/* One check of one listener, while its keys are read. */
struct check_load {
	struct loader *loader;
	const struct check *check;
	struct check_settings *settings;
};

static void set_action(const struct check_load *load, enum result result, const struct node *node)
{
	enum action action;

	if (!load_action(load->loader, node, &action))
		return;
	if (action >= ACTION_TEMPFAIL && load->check->never_refuses)
		error_at(load->loader, node, "'%s' never refuses (%s); expected quarantine, tag, log or off",
			 load->check->name, load->check->never_refuses);
	else if (action == ACTION_REJECT && result == RESULT_TEMPERROR)
		error_at(load->loader, node, "an error of DNS may pass and must not refuse for good (RFC 7208 8.6); "
			 "expected tempfail, quarantine, tag, log or off");
	else
		load->settings->actions[result] = action;
}

static void set_off(struct check_settings *settings)
{
	for (size_t i = 0; i < RESULT_COUNT; i++)
		settings->actions[i] = ACTION_OFF;
}

static void add_results(struct buf *buf, const struct check *check)
{
	const char *words[RESULT_COUNT];

	for (size_t i = 0; i < check->outcome_count; i++)
		words[i] = result_word(check->outcomes[i].result);
	add_joined(buf, words, check->outcome_count);
}

/* The one failure that a check has beside the errors of DNS; NULL where there are several. */
static const struct outcome *only_failure(const struct check *check)
{
	const struct outcome *only = NULL;

	for (size_t i = 0; i < check->outcome_count; i++) {
		if (check->outcomes[i].result == RESULT_TEMPERROR)
			continue;
		if (only)
			return NULL;
		only = &check->outcomes[i];
	}
	return only;
}

/* "ehlo_fqdn: reject" stands for { fail: reject }. */
static void load_short_form(const struct check_load *load, const struct node *node)
{
	const struct outcome *only = only_failure(load->check);
	struct buf results;

	if (strcmp(node->text, "off") == 0) {
		set_off(load->settings);
		return;
	}
	if (only) {
		set_action(load, only->result, node);
		return;
	}
	buf_init(&results);
	add_results(&results, load->check);
	error_at(load->loader, node,
		 "'%s' can be %s; expected an action for each, such as { %s: %s }, or off",
		 load->check->name, results.text, result_word(load->check->outcomes[0].result),
		 node->text);
	buf_clear(&results);
}

void error_no_result(struct loader *loader, const struct node *key, const struct check *check)
{
	struct buf results;

	buf_init(&results);
	add_results(&results, check);
	error_at(loader, key, "'%s' has no action for the result '%s'; expected %s", check->name, key->text,
		 results.text);
	buf_clear(&results);
}

/* Keys that every check has. */
#define COMMON_KEYS 5

/* They bear on how far the check is carried out, not on what it does. */
static bool load_rollout(const struct check_load *load, const struct node *value)
{
	const char *key = value->key->text;
	struct rollout *rollout = &load->settings->rollout;

	if (strcmp(key, "mode") == 0) {
		rollout->mode_line = value->key->place.line;
		load_mode(load->loader, value, &rollout->mode);
	} else if (strcmp(key, "enforce_percent") == 0)
		(void)load_number(load->loader, value, 100, &rollout->enforce_percent);
	else if (strcmp(key, "since") == 0)
		load_since(load->loader, value, &rollout->period);
	else if (strcmp(key, "until") == 0)
		load_until(load->loader, value, &rollout->period);
	else
		return false;
	return true;
}

static void error_unknown_setting(const struct check_load *load, const struct node *key)
{
	const char *names[RESULT_COUNT + PARAMETER_MAX + COMMON_KEYS] = { "mode", "enforce_percent", "since", "until",
									  "reply" };
	size_t count = COMMON_KEYS;
	enum result result;

	if (result_from_word(key->text, &result)) {
		error_no_result(load->loader, key, load->check);
		return;
	}
	for (size_t i = 0; i < load->check->outcome_count; i++)
		names[count++] = result_word(load->check->outcomes[i].result);
	for (size_t i = 0; i < load->check->parameter_count; i++)
		names[count++] = load->check->parameters[i].key;
	error_unknown(load->loader, key, "key", &(struct words){ names, count, count });
}

static void load_parameter_word(const struct check_load *load, const struct parameter *parameter, size_t index,
				const struct node *value)
{
	size_t word;

	if (load_choice(load->loader, value, parameter->words, &word))
		load->settings->words[index] = (unsigned)word;
}

static void load_parameter_value(const struct check_load *load, const struct parameter *parameter, size_t index,
				 const struct node *value)
{
	static const enum item_kind kinds[] = {
		[PARAMETER_NAMES] = ITEMS_BOTH,
		[PARAMETER_NETWORKS] = ITEMS_NETWORKS_AND_LITERALS,
		[PARAMETER_DOMAINS] = ITEMS_DOMAINS,
	};

	const struct list *list;

	if (parameter->kind == PARAMETER_WORD) {
		load_parameter_word(load, parameter, index, value);
		return;
	}
	list = load_unnamed_list(load->loader, value, kinds[parameter->kind]);
	load->settings->lists[index] = list;
	/* A name or domain that is ours loosens: it must be certain.  blocked_ips tightens. */
	if (list && list_asks_dns(list) && parameter->kind != PARAMETER_NETWORKS)
		error_at(load->loader, value, "'%s' cannot ask DNS; expected no list with a dns_zone",
			 parameter->key);
}

static bool load_parameter(const struct check_load *load, const struct node *value)
{
	for (size_t i = 0; i < load->check->parameter_count; i++) {
		const struct parameter *parameter = &load->check->parameters[i];

		if (strcmp(value->key->text, parameter->key) != 0)
			continue;
		load_parameter_value(load, parameter, i, value);
		return true;
	}
	return false;
}

static void load_setting(const struct check_load *load, const struct node *value)
{
	const char *key = value->key->text;
	enum result result;

	if (result_from_word(key, &result) && check_outcome(load->check, result))
		set_action(load, result, value);
	else if (strcmp(key, "reply") == 0)
		return;	/* when all actions are known */
	else if (!load_rollout(load, value) && !load_parameter(load, value))
		error_unknown_setting(load, value->key);
}

static void load_settings(const struct check_load *load, const struct node *node)
{
	const struct node *until = node_get(node, "until"), *reply = node_get(node, "reply");

	for (const struct node *value = node->first; value; value = value->next)
		load_setting(load, value);
	if (until)
		check_period(load->loader, until, &load->settings->rollout.period);
	if (reply)
		load_check_reply(load->loader, reply, load->check, load->settings);
}

static void load_check(struct loader *loader, const struct node *node, struct listener *listener)
{
	const char *name = node->key->text;
	const struct check *check = check_find(name);
	const char *names[CHECK_COUNT];
	struct check_load load = { .loader = loader, .check = check };

	if (!check) {
		error_unknown(loader, node->key, "check",
			      &(struct words){ names, check_names(names), CHECK_COUNT });
		return;
	}
	load.settings = &listener->checks[check->id];
	load.settings->line = node->key->place.line;
	load.settings->short_form = node->kind == NODE_SCALAR;
	if (node->kind == NODE_SCALAR && !node_is_nothing(node))
		load_short_form(&load, node);
	else if (is_map(loader, node, "an action, or results with an action each"))
		load_settings(&load, node);
}

static void set_profile(struct loader *loader, struct listener *listener)
{
	for (size_t id = 0; id < CHECK_COUNT; id++) {
		const struct check *check = checks[id];
		struct check_settings *settings = &listener->checks[id];

		settings->rollout = (struct rollout)ROLLOUT_WHOLE;
		for (size_t i = 0; i < check->outcome_count; i++)
			settings->actions[check->outcomes[i].result] =
				check->outcomes[i].actions[listener->profile];
		for (size_t i = 0; i < check->parameter_count; i++)
			if (check->parameters[i].fallback)
				settings->lists[i] = policy_find_list(loader->policy,
								      check->parameters[i].fallback);
	}
}

static void fill_replies(struct loader *loader, const struct check *check,
			 struct check_settings *settings)
{
	settings->off = true;
	for (size_t i = 0; i < check->outcome_count; i++) {
		const struct outcome *outcome = &check->outcomes[i];
		enum action action = settings->actions[outcome->result];

		if (action != ACTION_OFF)
			settings->off = false;
		if (action >= ACTION_TEMPFAIL && !settings->replies[outcome->result])
			settings->replies[outcome->result] = default_reply(loader, outcome->reply, action);
	}
}

void load_checks(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	listener->checks_line = node ? node->key->place.line : 0;
	set_profile(loader, listener);
	if (node && is_map(loader, node, "checks and their actions"))
		for (const struct node *value = node->first; value; value = value->next)
			load_check(loader, value, listener);
	for (size_t id = 0; id < CHECK_COUNT; id++) {
		struct check_settings *settings = &listener->checks[id];

		fill_replies(loader, checks[id], settings);
		settings->asks_dns = checks[id]->dns && !(id == CHECK_IPREV && iprev_asks_mta(settings));
		listener->needs_dns = listener->needs_dns || (settings->asks_dns && !settings->off);
	}
}
