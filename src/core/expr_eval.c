/* SPDX-License-Identifier: BSD-2-Clause */
/* Evaluates compiled expressions by Kleene's logic. */
#include "core/expr_tree.h"

#include "base/name.h"
#include "core/checks/iprev.h"

#include <string.h>
#include <strings.h>

static bool is_name(const struct expr *expr)
{
	return expr->fact->type == FACT_NAME || expr->fact->type == FACT_NAMES;
}

static bool text_equal(const struct expr *expr, const char *text)
{
	return is_name(expr) ? domain_equal(text, expr->text) : strcasecmp(text, expr->text) == 0;
}

/* A client may write a dot behind its name, and it is the same name: it must not get away with that. */
static bool has_final_dot(const struct expr *expr, const char *text, size_t length)
{
	return is_name(expr) && length > 1 && text[length - 1] == '.';
}

static bool text_starts(const char *text, const char *start)
{
	return strncasecmp(text, start, strlen(start)) == 0;
}

static bool text_ends(const char *text, size_t length, const char *end)
{
	size_t end_length = strlen(end);

	return length >= end_length && strncasecmp(text + length - end_length, end, end_length) == 0;
}

static bool ends(const struct expr *expr, const char *text)
{
	size_t length = strlen(text);

	return text_ends(text, length, expr->text) ||
	       (has_final_dot(expr, text, length) && text_ends(text, length - 1, expr->text));
}

static enum tri match_pattern(const struct expr *expr, const char *text, const struct context *context)
{
	size_t length = strlen(text);
	enum tri truth = pattern_match(expr->pattern, text, length);

	if (truth != TRI_YES && has_final_dot(expr, text, length))
		truth = tri_or(truth, pattern_match(expr->pattern, text, length - 1));
	if (truth == TRI_UNKNOWN)
		alarms_add(context->alarms, &(struct alarm){ ALARM_PATTERN_LIMIT, .subject = expr->text });
	return truth;
}

static enum tri eval_value(const struct expr *expr, const struct fact_value *value,
			   const struct context *context)
{
	switch (expr->kind) {
	case EXPR_FLAG:
		return tri_of(value->flag);
	case EXPR_TEXT_EQUAL:
		return tri_of(text_equal(expr, value->text));
	case EXPR_TEXT_STARTS:
		return tri_of(text_starts(value->text, expr->text));
	case EXPR_TEXT_ENDS:
		return tri_of(ends(expr, value->text));
	case EXPR_TEXT_CONTAINS:
		return tri_of(strcasestr(value->text, expr->text) != NULL);
	case EXPR_TEXT_MATCHES:
		return match_pattern(expr, value->text, context);
	case EXPR_TEXT_IN_LIST:
		return list_has_name(expr->list, context, value->text, NULL);
	case EXPR_NUMBER_EQUAL:
		return tri_of(value->number == expr->number);
	case EXPR_ADDRESS_IN_NETWORK:
		return tri_of(network_contains(&expr->network, value->address));
	case EXPR_ADDRESS_IN_LIST:
		return list_has_address(expr->list, context, value->address, NULL);
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_NOT:
	case EXPR_CHECK_IS:
		break;	/* no comparison of a fact */
	}
	return TRI_UNKNOWN;
}

/* Is the comparison true of any of the names? */
static enum tri eval_names(const struct expr *expr, const struct context *context)
{
	struct name_set set;
	enum presence presence = fact_get_names(expr->fact, context, &set);
	size_t mark = wanted_mark(context);
	enum tri truth = TRI_NO;

	if (presence != PRESENCE_KNOWN)
		return presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	for (size_t i = 0; i < set.count && truth != TRI_YES; i++) {
		struct fact_value value = { .presence = PRESENCE_KNOWN, .text = set.names[i] };

		truth = tri_or(truth, eval_value(expr, &value, context));
	}
	if (truth == TRI_YES)
		wanted_reset(context, mark);
	return expr->negate ? tri_not(truth) : truth;
}

/* What is known to be none is neither equal nor unequal to anything. */
static enum tri eval_fact(const struct expr *expr, const struct context *context)
{
	struct fact_value value;
	enum tri truth;

	if (expr->fact->type == FACT_NAMES)
		return eval_names(expr, context);
	value = fact_get(expr->fact, context);
	switch (value.presence) {
	case PRESENCE_UNKNOWN:	return TRI_UNKNOWN;
	case PRESENCE_NONE:	return TRI_NO;
	case PRESENCE_KNOWN:	break;
	}
	truth = eval_value(expr, &value, context);
	return expr->negate ? tri_not(truth) : truth;
}

/*
 * A check with the result none is like a fact that is none, unless that is asked for by name.  One that is skipped speaks
 * against the rule, also where a not stands before it: exemptions only loosen.
 */
static enum tri eval_check(const struct expr *expr, const struct context *context)
{
	enum result result = context->findings[expr->check].result;
	bool asked_by_name = expr->result == result;

	/* What DNS did not say is not known either, unless just that is asked for. */
	if (result == RESULT_UNKNOWN || (result == RESULT_TEMPERROR && expr->result != RESULT_TEMPERROR))
		return TRI_UNKNOWN;
	if (result == RESULT_SKIPPED && !asked_by_name)
		return tri_of(expr->under_not);
	if (result == RESULT_NONE && !asked_by_name)
		return TRI_NO;
	return tri_of((expr->result == result) != expr->negate);
}

static enum tri eval_and(const struct expr *expr, const struct context *context)
{
	size_t mark = wanted_mark(context);
	enum tri truth = TRI_YES;

	for (const struct expr *child = expr->child; child && truth != TRI_NO; child = child->next)
		truth = tri_and(truth, expr_eval(child, context));
	/* What was missed before it is of no use any more. */
	if (truth == TRI_NO)
		wanted_reset(context, mark);
	return truth;
}

static enum tri eval_or(const struct expr *expr, const struct context *context)
{
	size_t mark = wanted_mark(context);
	enum tri truth = TRI_NO;

	for (const struct expr *child = expr->child; child && truth != TRI_YES; child = child->next)
		truth = tri_or(truth, expr_eval(child, context));
	if (truth == TRI_YES)
		wanted_reset(context, mark);
	return truth;
}

enum tri expr_eval(const struct expr *expr, const struct context *context)
{
	switch (expr->kind) {
	case EXPR_AND:		return eval_and(expr, context);
	case EXPR_OR:		return eval_or(expr, context);
	case EXPR_NOT:		return tri_not(expr_eval(expr->child, context));
	case EXPR_CHECK_IS:	return eval_check(expr, context);
	default:		return eval_fact(expr, context);
	}
}

enum stage expr_stage(const struct expr *expr)
{
	return expr->stage;
}

bool expr_needs_dns(const struct expr *expr, const struct check_settings *settings)
{
	if (expr->kind == EXPR_CHECK_IS)
		return settings[expr->check].asks_dns;
	if (expr->list && list_asks_dns(expr->list))
		return true;
	if (expr->fact)
		return expr->fact->dns && !iprev_asks_mta(&settings[CHECK_IPREV]);
	for (const struct expr *child = expr->child; child; child = child->next)
		if (expr_needs_dns(child, settings))
			return true;
	return false;
}

void expr_each_operand(const struct expr *expr, void (*visit)(void *data, const struct expr_operand *operand),
		       void *data)
{
	const struct expr_operand operand = { expr->fact, expr->check, expr->list };

	if (!expr->child)
		visit(data, &operand);
	for (const struct expr *child = expr->child; child; child = child->next)
		expr_each_operand(child, visit, data);
}

bool expr_names_check(const struct expr *expr, enum check_id id)
{
	if (expr->kind == EXPR_CHECK_IS)
		return expr->check == id;
	for (const struct expr *child = expr->child; child; child = child->next)
		if (expr_names_check(child, id))
			return true;
	return false;
}

void expr_release(struct expr *expr)
{
	if (!expr)
		return;
	pattern_free(&expr->pattern);
	for (struct expr *child = expr->child; child; child = child->next)
		expr_release(child);
}
