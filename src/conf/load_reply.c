/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies: of rules, of checks, and those that are ours; each with the suffix behind it. */
#include "conf/loader.h"

#include "core/reply.h"

#include <string.h>

/* The template with its suffix, in the policy's memory. */
static const char *complete(struct loader *loader, const char *template)
{
	const char *whole = reply_template_with(template, loader->policy->server.reply_suffix, loader->kept);

	if (!whole)
		loader->no_memory = true;
	return whole;
}

const char *load_reply_text(struct loader *loader, const struct node *node, enum action action)
{
	struct reply_error error;
	const char *whole;

	if (!is_text(loader, node, "a reply such as \"550 5.7.1 text\"") || is_cut_by_comment(loader, node))
		return NULL;
	/* First by itself: what is wrong with it is told at its place. */
	if (!reply_template_check(node->text, action, &error)) {
		diag_error(loader->diag, node_place_at(node, &loader->source, error.offset), "%s", error.text);
		return NULL;
	}
	whole = complete(loader, node->text);
	if (!whole || reply_template_check(whole, action, &error))
		return whole;
	error_at(loader, node, "with 'reply_suffix' behind it %s", error.text);
	return NULL;
}

const char *default_reply(struct loader *loader, const char *template, enum action action)
{
	const char *fitted = reply_template_for(template, action, loader->kept);

	if (!fitted)
		loader->no_memory = true;
	return fitted ? complete(loader, fitted) : NULL;
}

/* --- of a check --- */

static bool refuses(const struct check_settings *settings, enum result result)
{
	return settings->actions[result] >= ACTION_TEMPFAIL;
}

static void load_result_reply(struct loader *loader, const struct node *value, const struct check *check,
			      struct check_settings *settings)
{
	enum result result;

	if (!result_from_word(value->key->text, &result) || !check_outcome(check, result))
		error_no_result(loader, value->key, check);
	else if (!refuses(settings, result))
		error_at(loader, value->key, "'reply' has no use with '%s: %s'; expected reject or tempfail",
			 value->key->text, action_word(settings->actions[result]));
	else
		settings->replies[result] = load_reply_text(loader, value, settings->actions[result]);
}

/* As the short form of a check is: for its failures, of which an error of DNS is none. */
static void load_one_reply(struct loader *loader, const struct node *node, const struct check *check,
			   struct check_settings *settings)
{
	const struct outcome *first = NULL;
	const char *text;

	for (size_t i = 0; i < check->outcome_count; i++) {
		const struct outcome *outcome = &check->outcomes[i];

		if (outcome->result == RESULT_TEMPERROR || !refuses(settings, outcome->result))
			continue;
		if (!first)
			first = outcome;
		if (settings->actions[outcome->result] == settings->actions[first->result])
			continue;
		error_at(loader, node, "'%s' is %s and '%s' is %s, which no code fits; expected a reply for each "
			 "result, { %s: ..., %s: ... }", result_word(first->result),
			 action_word(settings->actions[first->result]), result_word(outcome->result),
			 action_word(settings->actions[outcome->result]), result_word(first->result),
			 result_word(outcome->result));
		return;
	}
	if (!first) {
		error_at(loader, node->key,
			 "'reply' has no use: '%s' refuses nothing; expected reject or tempfail for a result",
			 check->name);
		return;
	}
	text = load_reply_text(loader, node, settings->actions[first->result]);
	for (size_t i = 0; i < check->outcome_count; i++)
		if (check->outcomes[i].result != RESULT_TEMPERROR && refuses(settings, check->outcomes[i].result))
			settings->replies[check->outcomes[i].result] = text;
}

void load_check_reply(struct loader *loader, const struct node *node, const struct check *check,
		      struct check_settings *settings)
{
	if (node->kind != NODE_MAP) {
		load_one_reply(loader, node, check, settings);
		return;
	}
	for (const struct node *value = node->first; value; value = value->next)
		load_result_reply(loader, value, check, settings);
}
