/* SPDX-License-Identifier: BSD-2-Clause */
/* An explanation for people: every check and rule in order, what decided, and what would let the session pass. */
#include "app/explain.h"

#include "base/clock.h"

#define EXEMPTION_DAYS 90
#define RDATA_SHOWN_MAX 200

static void add_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	buf_add_escaped(out, text, "'", 0);
	buf_add_char(out, '\'');
}

static void add_value(struct buf *out, const struct fact *fact, const struct fact_value *value)
{
	char address[IP_TEXT_BYTES];

	if (value->presence == PRESENCE_NONE) {
		buf_add(out, "none");
		return;
	}
	switch (fact->type) {
	case FACT_TEXT:
	case FACT_NAME:
	case FACT_WORD:
		add_quoted(out, value->text);
		break;
	case FACT_NUMBER:
		buf_add_number(out, value->number);
		break;
	case FACT_BOOL:
		buf_add(out, value->flag ? "true" : "false");
		break;
	case FACT_NAMES:
		break;	/* add_names() */
	case FACT_ADDRESS:
		ip_format(value->address, address);
		buf_add(out, address);
		break;
	}
}

/* A fact that is not unknown. */
static void add_fact(struct buf *out, const struct fact *fact, const struct context *context)
{
	struct fact_value value = fact_get(fact, context);
	struct name_set set;

	if (fact->type != FACT_NAMES || value.presence != PRESENCE_KNOWN) {
		add_value(out, fact, &value);
		return;
	}
	(void)fact_get_names(fact, context, &set);
	for (size_t i = 0; i < set.count; i++) {
		buf_add(out, i > 0 ? ", " : "");
		add_quoted(out, set.names[i]);
	}
}

static void add_facts(struct buf *out, const struct explanation *e)
{
	struct context context = engine_context(e->judgement, e->session, e->stage);

	buf_add(out, "facts (what is not listed is unknown)\n");
	for (size_t i = 0; i < facts_count; i++) {
		struct fact_value value = fact_get(&facts_table[i], &context);

		if (value.presence == PRESENCE_UNKNOWN)
			continue;
		buf_addf(out, "  %-16s ", facts_table[i].name);
		add_fact(out, &facts_table[i], &context);
		buf_add_char(out, '\n');
	}
}

static void add_action(struct buf *out, const struct explanation *e, enum action action, const struct rollout *own)
{
	enum mode mode = mode_in_force(e->policy, &e->judgement->choice, e->session, own);

	buf_addf(out, "                   action %s, mode %s", action_word(action), mode_word(mode));
	if (!period_holds(&own->period, e->session->start_date))
		buf_add(out, ": outside its dates");
	else if (own->enforce_percent < 100)
		buf_addf(out, " (enforce_percent %u)", own->enforce_percent);
	buf_add_char(out, '\n');
}

static void add_reply(struct buf *out, const char *line)
{
	buf_addf(out, "                   reply %s\n", line);
}

static void add_evidence(struct buf *out, const struct explanation *e, const struct check *check)
{
	struct context context = engine_context(e->judgement, e->session, e->stage);

	buf_add(out, "                  ");
	for (size_t i = 0; check->facts[i]; i++) {
		const struct fact *fact = fact_find(check->facts[i]);
		struct fact_value value = fact_get(fact, &context);

		buf_addf(out, " %s=", fact->name);
		if (value.presence == PRESENCE_UNKNOWN)
			buf_add(out, "unknown");
		else
			add_fact(out, fact, &context);
	}
	buf_add_char(out, '\n');
}

void explain_question(const struct dns_item *item, struct buf *out)
{
	buf_addf(out, "asked %s ", dns_type_word(item->type));
	buf_add_escaped(out, item->name, "", 0);
	buf_addf(out, ": %s", item->answer ? dns_status_word(item->answer->status) : "no answer in time");
	for (size_t i = 0; item->answer && i < item->answer->count; i++) {
		struct buf rdata;

		buf_init(&rdata);
		dns_record_format(item->type, &item->answer->records[i], &rdata);
		buf_add(out, i > 0 ? ", " : " ");
		buf_add_escaped(out, rdata.text, "", RDATA_SHOWN_MAX);
		buf_clear(&rdata);
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
	for (size_t i = 0; i < wanted.count; i++) {
		const struct dns_item *item = explain_item(e, &wanted.questions[i]);

		if (!item)
			continue;
		buf_add(out, "                   ");
		explain_question(item, out);
	}
	arena_clear(&arena);
}

static void add_check(struct buf *out, const struct explanation *e, const struct check *check)
{
	const struct finding *finding = &e->judgement->decision.findings[check->id];
	const struct reason *reason = finding->reason;
	char line[REPLY_TEXT_BYTES];

	if (reason)
		buf_addf(out, "  %-16s %-9s %s%s%s%s\n", check->name, result_word(finding->result), reason->text,
			 reason->clause ? " (" : "", reason->clause ? reason->clause : "",
			 reason->clause ? ")" : "");
	else
		buf_addf(out, "  %-16s %s\n", check->name, result_word(finding->result));
	if (finding->result == RESULT_NONE || finding->result == RESULT_SKIPPED)
		return;
	add_evidence(out, e, check);
	add_dns(out, e, check);
	if (!check_outcome(check, finding->result))
		return;
	add_action(out, e, explain_action(e, check->id),
		   &e->judgement->choice.listener->checks[check->id].rollout);
	if (explain_reply(e, check, NULL, line))
		add_reply(out, line);
}

static void add_rule(struct buf *out, const struct explanation *e, const struct rule *rule, enum tri truth)
{
	static const char *const words[] = { [TRI_NO] = "false", [TRI_YES] = "true", [TRI_UNKNOWN] = "unknown" };
	char line[REPLY_TEXT_BYTES];

	buf_addf(out, "  %-16s %-9s if ", rule->name, words[truth]);
	buf_add_escaped(out, rule->text, "", 0);
	buf_add_char(out, '\n');
	if (truth != TRI_YES)
		return;
	add_action(out, e, rule->action, &rule->rollout);
	if (explain_reply(e, NULL, rule, line))
		add_reply(out, line);
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

/* A condition that holds for this client alone, as YAML; false when nothing in the session names it. */
static bool add_narrow_condition(struct buf *out, const struct explanation *e)
{
	const struct session *session = e->session;
	char address[IP_TEXT_BYTES];

	if (session->client.presence == PRESENCE_KNOWN) {
		ip_format(&session->client.value, address);
		buf_addf(out, "    - if: 'client == %s'\n", address);
		return true;
	}
	/* Other names may hold quotes and control bytes. */
	if (session->ehlo.presence == PRESENCE_KNOWN && e->judgement->facts.ehlo.syntax == NAME_PASS) {
		buf_addf(out, "    - if: \"ehlo == '%s'\"\n", session->ehlo.value);
		return true;
	}
	return false;
}

static void add_narrowest_exemption(struct buf *out, const struct explanation *e, const struct verdict *verdict)
{
	char date[11];
	struct buf condition;

	buf_init(&condition);
	if (verdict->answer != ANSWER_ACCEPT && add_narrow_condition(&condition, e)) {
		date_format(e->session->start_date + EXEMPTION_DAYS, date);
		buf_addf(out, "to let just this pass, in listener %s:\n  exempt:\n%s", e->judgement->choice.listener->name,
			 condition.text);
		buf_addf(out, "      skip: [%s]\n      reason: say why\n      until: %s\n",
			 verdict->rule ? verdict->rule->name : verdict->check->name, date);
	}
	buf_clear(&condition);
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
		add_rule(out, e, &listener->rules[i], decision->rules[i]);
	add_exempts(out, e);
	add_verdict(out, "verdict", e, &decision->verdict);
	if (!same)
		add_verdict(out, "in mode enforce", e, &decision->would);
	else if (decision->verdict.answer != ANSWER_ACCEPT)
		buf_add(out, "in mode observe: accept\n");
	add_narrowest_exemption(out, e, &decision->would);
}
