/* SPDX-License-Identifier: BSD-2-Clause */
/* What checks and rules found in a judged transaction, and how sure its answer is by that. */
#include "app/replay_findings.h"

#include "base/hash.h"

#include <string.h>
#include <strings.h>

/* What stands for it and the exemptions of which nobody knows: the same where two policies leave the same open. */
static uint64_t stands_for(const struct judged_finding *finding, const struct rule *rule, uint64_t open, uint64_t exemption)
{
	const char *what = rule ? rule->text : checks[finding->check]->name;
	uint64_t kind = (uint64_t)finding->answer << 2 | (uint64_t)finding->unknown << 1 | (rule != NULL);

	return hash_mix(hash_bytes(what, strlen(what), kind) + open, exemption | 1) | 1;
}

/* One that could not tell, and might lead to answer. */
static void add_open(struct findings *all, const struct doubt *doubt, const struct judged_finding *finding,
		     const struct rule *rule)
{
	struct judged_finding *open = &all->findings[all->count++];
	const struct check *check = rule ? NULL : checks[finding->check];

	*open = *finding;
	open->unknown = true;
	if (doubt->compared)
		open->doubt = stands_for(open, rule, rule ? doubt_rule(doubt, rule) : doubt_check(doubt, check),
					 doubt_exemption(doubt, check, rule));
	if (finding->answer > all->open)
		all->open = finding->answer;
}

static void add_found(struct findings *all, const struct doubt *doubt, const struct judged_finding *finding,
		      const struct rule *rule)
{
	uint64_t exemption = finding->answer != ANSWER_ACCEPT ?
		doubt_exemption(doubt, rule ? NULL : checks[finding->check], rule) : 0;
	bool sure = finding->answer != ANSWER_ACCEPT && exemption == 0;

	all->findings[all->count] = *finding;
	all->findings[all->count++].doubt = exemption != 0 ? stands_for(finding, rule, 0, exemption) : 0;
	all->refusing += answer_refuses(finding->answer);
	all->sure = all->sure || (sure && answer_refuses(finding->answer));
	all->sure_to_hold = all->sure_to_hold || (sure && finding->answer == ANSWER_QUARANTINE);
}

/* Without MAIL, what would be answered at MAIL is found and not answered. */
static enum answer answered(const struct doubt *doubt, enum stage stage, enum answer answer)
{
	return doubt->session->no_mail && doubt_answer_stage(doubt, stage) >= STAGE_MAIL ? ANSWER_ACCEPT : answer;
}

static void add_check(struct findings *all, const struct doubt *doubt, const struct check *check)
{
	const struct judgement *judgement = doubt->judgement;
	struct judged_finding finding = { .check = check->id,
					  .result = judgement->decision.findings[check->id].result };
	enum action action;

	if (finding.result == RESULT_UNKNOWN) {
		if (!doubt_check_open(doubt, check))
			return;
		finding.answer = doubt_worst(doubt, check);
		add_open(all, doubt, &finding, NULL);
		return;
	}
	action = action_of(judgement->choice.listener, check, finding.result, &judgement->facts);
	if (action == ACTION_OFF)
		return;
	finding.answer = answered(doubt, check->stage, answer_of(action));
	add_found(all, doubt, &finding, NULL);
}

static void add_rule(struct findings *all, const struct doubt *doubt, const struct rule *rule)
{
	const struct judgement *judgement = doubt->judgement;
	struct judged_finding finding = { .rule = rule->name };

	finding.answer = answered(doubt, expr_stage(rule->condition), answer_of(rule->action));
	if (judgement->decision.rules[rule - judgement->choice.listener->rules] == TRI_YES)
		add_found(all, doubt, &finding, rule);
	else if (doubt_rule_open(doubt, rule))
		add_open(all, doubt, &finding, rule);
}

void findings_sum_up(const struct doubt *doubt, struct judged_finding *space, struct findings *all)
{
	const struct listener *listener = doubt->judgement->choice.listener;

	*all = (struct findings){ .findings = space, .open = ANSWER_ACCEPT };
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (!listener->checks[i].off)
			add_check(all, doubt, checks[i]);
	for (size_t i = 0; i < listener->rule_count; i++)
		add_rule(all, doubt, &listener->rules[i]);
	for (size_t i = 0; i < all->count; i++)
		all->findings[i].alone = all->refusing == 1 && !all->findings[i].unknown &&
					 answer_refuses(all->findings[i].answer);
}

/* Is each doubt of one also one of the other? */
static bool doubts_within(const struct findings *one, const struct findings *other)
{
	for (size_t i = 0; i < one->count; i++) {
		bool found = one->findings[i].doubt == 0;

		for (size_t j = 0; j < other->count && !found; j++)
			found = other->findings[j].doubt == one->findings[i].doubt;
		if (!found)
			return false;
	}
	return true;
}

static size_t let_through_count(const struct listener *listener)
{
	return listener->reply_at == STAGE_RCPT ? listener->always_deliver_to_count : 0;
}

uint64_t findings_let_through(const struct findings *all)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < let_through_count(all->listener); i++)
		sum += hash_bytes(all->listener->always_deliver_to[i], strlen(all->listener->always_deliver_to[i]), 0);
	return sum;
}

/* Does the other let through each recipient that one does? */
static bool let_through_within(const struct listener *one, const struct listener *other)
{
	for (size_t i = 0; i < let_through_count(one); i++) {
		bool found = false;

		for (size_t j = 0; j < let_through_count(other) && !found; j++)
			found = strcasecmp(other->always_deliver_to[j], one->always_deliver_to[i]) == 0;
		if (!found)
			return false;
	}
	return true;
}

enum doubts findings_compare(const struct findings *before, const struct findings *after)
{
	const struct listener *old = before->listener, *new = after->listener;

	if (before->others != after->others || !doubts_within(after, before) || !let_through_within(old, new))
		return DOUBTS_OTHER;
	return doubts_within(before, after) && let_through_within(new, old) ? DOUBTS_SAME : DOUBTS_FEWER;
}

enum certainty findings_certainty(const struct doubt *doubt, const struct findings *all, enum answer answer)
{
	bool always = doubt_always(doubt);

	if (answer_refuses(answer))
		return all->sure && !always ? CERTAINTY_CERTAIN : CERTAINTY_POSSIBLE;
	if (all->open > answer)
		return CERTAINTY_UNDECIDABLE;
	if (answer == ANSWER_QUARANTINE && (always || !all->sure_to_hold))
		return CERTAINTY_UNDECIDABLE;
	return CERTAINTY_CERTAIN;
}
