/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is missing in a record and what it might have changed.  An answer of DNS that is there and says that DNS failed
 * is not missing: the daemon would have met it too.
 */
#include "app/replay_doubt.h"

#include "base/hash.h"
#include "core/decide.h"
#include "core/exempt.h"

#include <string.h>

#define JUDGED_AT STAGE_MAIL

enum stage doubt_answer_stage(const struct doubt *doubt, enum stage stage)
{
	enum stage reply_at = doubt->judgement->choice.listener->reply_at;

	return stage > reply_at ? stage : reply_at;
}

/* Could it still be answered, no MAIL having come? */
static bool can_be_answered(const struct doubt *doubt, enum stage stage)
{
	return !doubt->session->no_mail || doubt_answer_stage(doubt, stage) < STAGE_MAIL;
}

bool doubt_check_open(const struct doubt *doubt, const struct check *check)
{
	const struct check_settings *settings = &doubt->judgement->choice.listener->checks[check->id];

	return doubt->judgement->decision.findings[check->id].result == RESULT_UNKNOWN &&
	       (settings->asks_dns || !doubt->as_seen) && can_be_answered(doubt, check->stage);
}

/* --- expressions --- */

struct operands {
	const struct doubt *doubt;
	struct context context;
	bool open;
};

static bool is_open(const struct operands *operands, const struct expr_operand *operand)
{
	const struct doubt *doubt = operands->doubt;
	const struct judgement *judgement = doubt->judgement;

	if (!operand->fact)
		return judgement->decision.findings[operand->check].result == RESULT_UNKNOWN &&
		       (!doubt->as_seen || judgement->choice.listener->checks[operand->check].asks_dns);
	if (operand->list && list_asks_dns(operand->list) && !judgement->facts.dns)
		return true;
	/* No record holds recipients. */
	if (operand->fact->stage > JUDGED_AT)
		return true;
	/* The questions are looked at by themselves. */
	if (doubt->as_seen || (operand->fact->dns && !judgement->facts.reverse_by_mta))
		return false;
	return fact_get(operand->fact, &operands->context).presence == PRESENCE_UNKNOWN;
}

static void visit(void *data, const struct expr_operand *operand)
{
	struct operands *operands = data;

	operands->open = operands->open || is_open(operands, operand);
}

/* Of an expression whose value is unknown. */
static bool expr_open(const struct doubt *doubt, const struct expr *expr)
{
	struct wanted wanted;
	struct operands operands = { .doubt = doubt };
	const struct answers *answers = doubt->judgement->facts.dns;

	operands.context = engine_context(doubt->judgement, &doubt->session->session, JUDGED_AT);
	expr_each_operand(expr, visit, &operands);
	if (operands.open || !answers)
		return operands.open;
	wanted = (struct wanted){ .arena = doubt->arena, .thorough = true, .also_asked = true };
	operands.context.wanted = &wanted;
	(void)expr_eval(expr, &operands.context);
	for (size_t i = 0; i < wanted.count; i++) {
		const struct dns_item *item =
			answers_find(answers, wanted.questions[i].name, wanted.questions[i].type);

		if (!item || !item->answer || item->answer->status == DNS_UNKNOWN)
			return true;
	}
	return wanted.no_memory;
}

/* Whether the dates hold is not known where the start is not. */
static bool dates_open(const struct doubt *doubt, const struct period *period)
{
	return doubt->record->start_us.presence != PRESENCE_KNOWN &&
	       (period->since != DATE_NONE || period->until != DATE_NONE);
}

/* The value of the rule is that of the decision; the dates make it false where they do not hold. */
bool doubt_rule_open(const struct doubt *doubt, const struct rule *rule)
{
	const struct listener *listener = doubt->judgement->choice.listener;
	enum tri truth = doubt->judgement->decision.rules[rule - listener->rules];

	if (!can_be_answered(doubt, expr_stage(rule->condition)))
		return false;
	if (dates_open(doubt, &rule->rollout.period))
		return truth != TRI_YES;
	return truth == TRI_UNKNOWN && expr_open(doubt, rule->condition);
}

/* --- what might be worse, or exempt --- */

enum answer doubt_worst(const struct doubt *doubt, const struct check *check)
{
	const struct judgement *judgement = doubt->judgement;
	const enum action *actions = judgement->choice.listener->checks[check->id].actions;
	enum result worst = check->outcomes[0].result;

	for (size_t i = 1; i < check->outcome_count; i++)
		if (actions[check->outcomes[i].result] > actions[worst])
			worst = check->outcomes[i].result;
	return answer_of(action_of(judgement->choice.listener, check, worst, &judgement->facts));
}

/* --- what two policies are compared by --- */

static uint64_t sum_list(const struct list *list)
{
	uint64_t sum = list->content;

	for (size_t i = 0; list->zone && i < list->zone->answer_count; i++)
		sum += (uint64_t)list->zone->answers[i].first << 32 | list->zone->answers[i].last;
	return list->zone ? hash_bytes(list->zone->name, strlen(list->zone->name), sum) : sum;
}

static uint64_t list_stands_for(const struct list *list)
{
	uint64_t sum = hash_mix(sum_list(list) + 1, list->self + 1u);

	for (size_t i = 0; i < list->part_count; i++)
		sum += hash_mix(sum_list(list->parts[i]) + 1, list->parts[i]->self + 1u);
	return sum;
}

/* What its result hangs on. */
static uint64_t parameters_stand_for(const struct doubt *doubt, const struct check *check)
{
	const struct check_settings *settings = &doubt->judgement->choice.listener->checks[check->id];
	uint64_t sum = hash_bytes(check->name, strlen(check->name), 0);

	for (size_t i = 0; i < check->parameter_count; i++)
		sum = hash_mix(sum + settings->words[i] + 1, settings->lists[i] ? list_stands_for(settings->lists[i]) | 1 : 1);
	return sum;
}

uint64_t doubt_check(const struct doubt *doubt, const struct check *check)
{
	const struct judgement *judgement = doubt->judgement;
	uint64_t sum = parameters_stand_for(doubt, check);

	for (size_t i = 0; i < check->outcome_count; i++) {
		enum action action = action_of(judgement->choice.listener, check, check->outcomes[i].result, &judgement->facts);

		sum = hash_mix(sum + (uint64_t)answer_of(action) + 1, UINT64_C(0xd6e8feb86659fd93));
	}
	return sum;
}

struct named {
	const struct doubt *doubt;
	uint64_t sum;
};

static void add_named(void *data, const struct expr_operand *operand)
{
	struct named *named = data;

	if (operand->list)
		named->sum = hash_mix(named->sum + 1, list_stands_for(operand->list) | 1);
	if (!operand->fact)
		named->sum = hash_mix(named->sum + 1, parameters_stand_for(named->doubt, checks[operand->check]) | 1);
}

static uint64_t expr_stands_for(const struct doubt *doubt, const char *text, const struct expr *expr)
{
	struct named named = { .doubt = doubt, .sum = hash_bytes(text, strlen(text), 0) };

	expr_each_operand(expr, add_named, &named);
	return named.sum;
}

uint64_t doubt_rule(const struct doubt *doubt, const struct rule *rule)
{
	return expr_stands_for(doubt, rule->text, rule->condition);
}

/* The expression and its dates. */
static uint64_t stands_for(const struct doubt *doubt, const char *text, const struct expr *condition,
			   const struct period *period)
{
	uint64_t dates = (uint64_t)(uint32_t)period->since << 32 | (uint32_t)period->until;

	return doubt->compared ? hash_mix(expr_stands_for(doubt, text, condition) + 1, dates | 1) | 1 : 1;
}

uint64_t doubt_exemption(const struct doubt *doubt, const struct check *check, const struct rule *rule)
{
	const struct listener *listener = doubt->judgement->choice.listener;
	struct context context = engine_context(doubt->judgement, &doubt->session->session, JUDGED_AT);
	uint64_t found = 0;

	if (rule && dates_open(doubt, &rule->rollout.period))
		found = stands_for(doubt, rule->text, rule->condition, &rule->rollout.period);
	for (size_t i = 0; i < listener->exempt_count; i++) {
		const struct exempt *exempt = &listener->exempts[i];

		if (!exempt_bears_on(exempt, check, rule))
			continue;
		if ((dates_open(doubt, &exempt->period) && expr_eval(exempt->condition, &context) != TRI_NO) ||
		    (exempt_applies(exempt, &context) == TRI_UNKNOWN && expr_open(doubt, exempt->condition)))
			found = hash_mix(found + 1, stands_for(doubt, exempt->text, exempt->condition, &exempt->period)) | 1;
	}
	return found;
}

static bool is_login_open(const struct doubt *doubt)
{
	return doubt->judgement->choice.listener->exempt_authenticated &&
	       doubt->session->session.auth_user.presence == PRESENCE_UNKNOWN;
}

uint64_t doubt_listener(const struct doubt *doubt)
{
	bool loopback = doubt->judgement->choice.listener->exempt_loopback &&
			doubt->session->session.client.presence == PRESENCE_UNKNOWN;

	return (uint64_t)is_login_open(doubt) << 1 | loopback;
}

bool doubt_always(const struct doubt *doubt)
{
	const struct listener *listener = doubt->judgement->choice.listener;
	const struct session *session = &doubt->session->session;

	if (doubt->session->maybe_mail)
		return true;
	if (session->client.presence == PRESENCE_UNKNOWN)
		return true;
	/* Which recipients are let through is known, but not which there were. */
	if (listener->reply_at == STAGE_RCPT && listener->always_deliver_to_count > 0)
		return true;
	return is_login_open(doubt);
}
