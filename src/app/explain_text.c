/* SPDX-License-Identifier: BSD-2-Clause */
/* An explanation for people: every check and rule in order, what decided, and what would let the session pass. */
#include "app/alarm_tell.h"
#include "app/explain_parts.h"
#include "core/exempt.h"

static void add_facts(struct buf *out, const struct explanation *e)
{
	struct context context = engine_context(e->judgement, e->session, e->stage);

	buf_add(out, "facts (what is not listed is unknown)\n");
	for (size_t i = 0; i < facts_count; i++) {
		struct fact_value value = fact_get(&facts_table[i], &context);

		if (value.presence == PRESENCE_UNKNOWN)
			continue;
		buf_addf(out, "  %-26s", facts_table[i].name);
		explain_add_fact(out, &facts_table[i], &context);
		buf_add_char(out, '\n');
	}
}

static void add_evidence(struct buf *out, const struct explanation *e, const struct check *check)
{
	struct context context = engine_context(e->judgement, e->session, e->stage);

	buf_addf(out, "%*s", EXPLAIN_BELOW - 1, "");
	for (size_t i = 0; check->facts[i]; i++) {
		const struct fact *fact = fact_find(check->facts[i]);
		struct fact_value value = fact_get(fact, &context);

		buf_addf(out, " %s=", fact->name);
		if (value.presence == PRESENCE_UNKNOWN)
			buf_add(out, "unknown");
		else
			explain_add_fact(out, fact, &context);
	}
	buf_add_char(out, '\n');
}

static void add_dns(struct buf *out, const struct explanation *e, const struct check *check)
{
	struct wanted wanted;
	struct arena arena;

	if (explain_spf(e, check, out))
		return;
	arena_init(&arena, NULL, 0, 4096);
	engine_questions(e->judgement, e->session, e->stage, check, &arena, &wanted);
	explain_add_questions(out, e, &wanted);
	arena_clear(&arena);
}

static void add_check(struct buf *out, const struct explanation *e, const struct check *check)
{
	const struct finding *finding = &e->judgement->decision.findings[check->id];
	const struct reason *reason = finding->reason;
	char line[REPLY_TEXT_BYTES];

	if (reason)
		buf_addf(out, "  %-*s %-9s %s%s%s%s\n", EXPLAIN_NAME, check->name, result_word(finding->result), reason->text,
			 reason->clause ? " (" : "", reason->clause ? reason->clause : "",
			 reason->clause ? ")" : "");
	else
		buf_addf(out, "  %-*s %s\n", EXPLAIN_NAME, check->name, result_word(finding->result));
	if (finding->result == RESULT_NONE || finding->result == RESULT_SKIPPED)
		return;
	add_evidence(out, e, check);
	add_dns(out, e, check);
	if (!check_outcome(check, finding->result))
		return;
	explain_add_action(out, e, explain_action(e, check->id),
			   &e->judgement->choice.listener->checks[check->id].rollout);
	if (explain_reply(e, check, NULL, line))
		explain_add_reply(out, line);
}

static void add_alarms(struct buf *out, const struct alarms *alarms)
{
	for (size_t i = 0; i < alarms->count; i++) {
		buf_add(out, "alarm: ");
		alarm_add_text(&alarms->items[i], out);
		buf_add_char(out, '\n');
	}
}

static void add_exempts(struct buf *out, const struct explanation *e)
{
	const struct listener *listener = e->judgement->choice.listener;
	const struct reason *always = always_exempt(listener, e->session, e->stage);
	struct context context = engine_context(e->judgement, e->session, e->stage);

	if (always)
		buf_addf(out, "exempt from everything: %s\n", always->text);
	for (size_t i = 0; i < listener->exempt_count; i++) {
		const struct exempt *exempt = &listener->exempts[i];
		enum tri applies = exempt_applies(exempt, &context);

		if (applies == TRI_NO)
			continue;
		buf_addf(out, "%s (line %u): if ", applies == TRI_YES ? "exemption applies" :
			 "exemption cannot be decided", exempt->line);
		buf_add_escaped(out, exempt->text, "", 0);
		if (exempt->reason) {
			buf_add(out, " - ");
			buf_add_escaped(out, exempt->reason, "", 0);
		}
		buf_add_char(out, '\n');
	}
}

static void add_verdict(struct buf *out, const char *what, const struct explanation *e,
			const struct verdict *verdict)
{
	char line[REPLY_TEXT_BYTES];

	buf_addf(out, "%s: %s", what, answer_word(verdict->answer));
	if (verdict->answer != ANSWER_ACCEPT)
		buf_addf(out, " at %s, by %s %s", stage_word(verdict->stage), verdict->rule ? "rule" : "check",
			 verdict->rule ? verdict->rule->name : verdict->check->name);
	if (verdict->exemption_unknown)
		buf_add(out, " (not a reject: an exemption cannot be decided)");
	if (verdict->resolver_down)
		buf_add(out, " (by dns.on_failure: the resolver is down)");
	buf_add_char(out, '\n');
	if (explain_verdict_reply(e, verdict, line))
		buf_addf(out, "  %s\n", line);
}

void explain_text(const struct explanation *e, struct buf *out)
{
	const struct listener *listener = e->judgement->choice.listener;
	const struct decision *decision = &e->judgement->decision;
	bool same = verdict_equal(&decision->verdict, &decision->would);

	buf_addf(out, "listener %s (profile %s, mode %s, reply_at %s)%s\n", listener->name,
		 profile_word(listener->profile), mode_word(listener->mode), stage_word(listener->reply_at),
		 e->judgement->choice.unsure ? ", unsure: what 'match' needs is unknown, so it only observes" : "");
	add_facts(out, e);
	buf_add(out, "checks\n");
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (!listener->checks[i].off)
			add_check(out, e, checks[i]);
	if (listener->rule_count > 0)
		buf_add(out, "rules\n");
	for (size_t i = 0; i < listener->rule_count; i++)
		explain_add_rule(out, e, i);
	add_alarms(out, &decision->alarms);
	add_exempts(out, e);
	add_verdict(out, "verdict", e, &decision->verdict);
	if (!same)
		add_verdict(out, "in mode enforce", e, &decision->would);
	else if (decision->verdict.answer != ANSWER_ACCEPT)
		buf_add(out, "in mode observe: accept\n");
	explain_add_exemption(out, e);
}
