/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule, and what its condition looked at. */
#include "app/explain_parts.h"

#include "app/hit_text.h"
#include "core/exempt.h"

#define OPERANDS_MAX 64

/* Why a rule was not evaluated; NULL: it was. */
static const char *why_not(const struct explanation *e, const struct rule *rule)
{
	const struct listener *listener = e->judgement->choice.listener;
	struct context context = engine_context(e->judgement, e->session, e->stage);

	if (!period_holds(&rule->rollout.period, e->session->start_date))
		return "outside its dates";
	if (always_exempt(listener, e->session, e->stage))
		return "exempt";
	for (size_t i = 0; i < listener->exempt_count; i++)
		if (exempt_covers(&listener->exempts[i], NULL, rule) &&
		    exempt_applies(&listener->exempts[i], &context) == TRI_YES)
			return "exempt";
	return NULL;
}

/* --- evidence --- */

struct operands {
	struct expr_operand items[OPERANDS_MAX];
	size_t count;
};

static void collect(void *data, const struct expr_operand *operand)
{
	struct operands *operands = data;

	for (size_t i = 0; i < operands->count; i++)
		if (operands->items[i].fact == operand->fact && operands->items[i].list == operand->list &&
		    (operand->fact || operands->items[i].check == operand->check))
			return;
	if (operands->count < OPERANDS_MAX)
		operands->items[operands->count++] = *operand;
}

/* A fact that is looked up in several lists is shown once. */
static bool is_shown(const struct operands *operands, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (operands->items[index].fact && operands->items[i].fact == operands->items[index].fact)
			return true;
	return false;
}

static void add_values(struct buf *out, const struct explanation *e, const struct operands *operands)
{
	struct context context = engine_context(e->judgement, e->session, e->stage);

	buf_addf(out, "%*s", EXPLAIN_BELOW - 1, "");
	for (size_t i = 0; i < operands->count; i++) {
		const struct expr_operand *operand = &operands->items[i];

		if (is_shown(operands, i))
			continue;
		if (!operand->fact) {
			buf_addf(out, " %s=%s", checks[operand->check]->name,
				 result_word(e->judgement->decision.findings[operand->check].result));
			continue;
		}
		buf_addf(out, " %s=", operand->fact->name);
		if (fact_get(operand->fact, &context).presence == PRESENCE_UNKNOWN)
			buf_add(out, "unknown");
		else
			explain_add_fact(out, operand->fact, &context);
	}
	buf_add_char(out, '\n');
}

static void add_hit(struct buf *out, const struct expr_operand *operand, const struct list_hit *hit)
{
	buf_addf(out, "%*s%s: ", EXPLAIN_BELOW, "", operand->fact->name);
	hit_add_text(out, hit);
	buf_add_char(out, '\n');
}

static void add_hits_of_names(struct buf *out, const struct expr_operand *operand, const struct context *context)
{
	struct list_hit hit;
	struct name_set set;

	if (fact_get_names(operand->fact, context, &set) != PRESENCE_KNOWN)
		return;
	for (size_t i = 0; i < set.count; i++)
		if (list_has_name(operand->list, context, set.names[i], &hit) == TRI_YES)
			add_hit(out, operand, &hit);
}

static void add_hits(struct buf *out, const struct explanation *e, const struct operands *operands)
{
	struct context context = engine_context(e->judgement, e->session, e->stage);

	for (size_t i = 0; i < operands->count; i++) {
		const struct expr_operand *operand = &operands->items[i];
		struct fact_value value;
		struct list_hit hit;

		if (!operand->list)
			continue;
		if (operand->fact->type == FACT_NAMES) {
			add_hits_of_names(out, operand, &context);
			continue;
		}
		value = fact_get(operand->fact, &context);
		if (value.presence == PRESENCE_KNOWN &&
		    (value.address ? list_has_address(operand->list, &context, value.address, &hit) :
				     list_has_name(operand->list, &context, value.text, &hit)) == TRI_YES)
			add_hit(out, operand, &hit);
	}
}

static void add_dns(struct buf *out, const struct explanation *e, const struct rule *rule)
{
	struct wanted wanted;
	struct arena arena;

	arena_init(&arena, NULL, 0, 4096);
	engine_rule_questions(e->judgement, e->session, e->stage, rule, &arena, &wanted);
	explain_add_questions(out, e, &wanted);
	arena_clear(&arena);
}

void explain_add_rule(struct buf *out, const struct explanation *e, size_t index)
{
	static const char *const words[] = { [TRI_NO] = "false", [TRI_YES] = "true", [TRI_UNKNOWN] = "unknown" };
	const struct rule *rule = &e->judgement->choice.listener->rules[index];
	enum tri truth = e->judgement->decision.rules[index];
	const char *reason = why_not(e, rule);
	struct operands operands = { .count = 0 };
	char line[REPLY_TEXT_BYTES];

	buf_addf(out, "  %-*s %-9s if ", EXPLAIN_NAME, rule->name, reason ? "skipped" : words[truth]);
	buf_add_escaped(out, rule->text, "", 0);
	if (reason)
		buf_addf(out, " (%s)", reason);
	buf_add_char(out, '\n');
	if (reason)
		return;
	expr_each_operand(rule->condition, collect, &operands);
	add_values(out, e, &operands);
	add_hits(out, e, &operands);
	add_dns(out, e, rule);
	if (truth != TRI_YES)
		return;
	explain_add_action(out, e, rule->action, &rule->rollout);
	if (explain_reply(e, NULL, rule, line))
		explain_add_reply(out, line);
}
