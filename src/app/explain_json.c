/* SPDX-License-Identifier: BSD-2-Clause */
/* An explanation as one JSON object; its keys and their order are a contract. */
#include "app/explain.h"

#include "core/exempt.h"

#include <string.h>

/* none is null; for unknown the key is left out. */
static void add_value(struct json *json, const char *key, const struct fact *fact,
		      const struct fact_value *value)
{
	char address[IP_TEXT_BYTES];

	if (value->presence == PRESENCE_NONE) {
		json_null(json, key);
		return;
	}
	switch (fact->type) {
	case FACT_TEXT:
	case FACT_NAME:
	case FACT_WORD:		json_string(json, key, value->text); break;
	case FACT_NUMBER:	json_number(json, key, value->number); break;
	case FACT_BOOL:		json_bool(json, key, value->flag); break;
	case FACT_NAMES:	break;	/* add_names() */
	case FACT_ADDRESS:
		ip_format(value->address, address);
		json_string(json, key, address);
		break;
	}
}

static void add_names(struct json *json, const char *key, const struct fact *fact, const struct context *context)
{
	struct name_set set;

	if (fact_get_names(fact, context, &set) != PRESENCE_KNOWN) {
		json_null(json, key);
		return;
	}
	json_open_array(json, key);
	for (size_t i = 0; i < set.count; i++)
		json_string(json, NULL, set.names[i]);
	json_close_array(json);
}

/* A fact that is not unknown. */
static void add_fact(struct json *json, const char *key, const struct fact *fact, const struct context *context)
{
	struct fact_value value = fact_get(fact, context);

	if (fact->type == FACT_NAMES)
		add_names(json, key, fact, context);
	else
		add_value(json, key, fact, &value);
}

static void add_sender_kind(struct json *json, const struct explanation *e)
{
	switch (e->session->sender.presence) {
	case PRESENCE_UNKNOWN:
		break;
	case PRESENCE_NONE:
		json_null(json, "sender_kind");
		break;
	case PRESENCE_KNOWN:
		json_string(json, "sender_kind", mailbox_kind_word(e->judgement->facts.sender.kind));
		break;
	}
}

static void add_facts(struct json *json, const struct explanation *e)
{
	struct context context = engine_context(e->judgement, e->session, e->stage);

	json_open_object(json, "facts");
	for (size_t i = 0; i < facts_count; i++) {
		struct fact_value value = fact_get(&facts_table[i], &context);

		if (value.presence != PRESENCE_UNKNOWN)
			add_fact(json, facts_table[i].name, &facts_table[i], &context);
		if (strcmp(facts_table[i].name, "sender_domain") == 0)
			add_sender_kind(json, e);
	}
	json_close_object(json);
}

/* Each mechanism of each record: what it was, and why it matched or not. */
static void add_spf_steps(struct json *json, const struct explanation *e, const struct check *check)
{
	const struct spf_input *input;
	const struct spf_outcome *outcome = engine_spf(e->judgement, check, &input);
	struct buf value;

	for (const struct spf_step *step = outcome ? outcome->steps : NULL; step; step = step->next) {
		buf_init(&value);
		explain_spf_step(step, &value);
		json_open_object(json, NULL);
		json_string(json, "fact", "spf");
		json_string(json, "value", value.text);
		json_string(json, "clause", step->reason->clause ? step->reason->clause : check->clause);
		json_string(json, "text", step->reason->text);
		json_close_object(json);
		json->out->failed = json->out->failed || value.failed;
		buf_clear(&value);
	}
}

static void add_evidence(struct json *json, const struct explanation *e, const struct check *check)
{
	const struct reason *reason = e->judgement->decision.findings[check->id].reason;
	struct context context = engine_context(e->judgement, e->session, e->stage);

	json_open_array(json, "evidence");
	for (size_t i = 0; check->facts[i]; i++) {
		const struct fact *fact = fact_find(check->facts[i]);
		struct fact_value value = fact_get(fact, &context);

		if (value.presence == PRESENCE_UNKNOWN)
			continue;
		json_open_object(json, NULL);
		json_string(json, "fact", fact->name);
		add_fact(json, "value", fact, &context);
		json_string(json, "clause", reason && reason->clause ? reason->clause : check->clause);
		json_string(json, "text", reason ? reason->text : NULL);
		json_close_object(json);
	}
	add_spf_steps(json, e, check);
	json_close_array(json);
}

static void add_mode(struct json *json, const struct explanation *e, const struct rollout *own)
{
	json_string(json, "mode", mode_word(mode_in_force(e->policy, &e->judgement->choice, e->session, own)));
}

static void add_question(struct json *json, const struct dns_item *item)
{
	struct buf rdata;

	json_open_object(json, NULL);
	json_string(json, "q", item->name);
	json_string(json, "type", dns_type_word(item->type));
	json_string(json, "status", dns_status_word(item->answer ? item->answer->status : DNS_TIMEOUT));
	json_number(json, "ttl", item->answer ? item->answer->ttl_s : 0);
	json_open_array(json, "answers");
	for (size_t i = 0; item->answer && i < item->answer->count; i++) {
		buf_init(&rdata);
		dns_record_format(item->type, &item->answer->records[i], &rdata);
		json_string(json, NULL, rdata.text);
		json->out->failed = json->out->failed || rdata.failed;
		buf_clear(&rdata);
	}
	json_close_array(json);
	json_number(json, "us", item->took_us);
	json_string(json, "source", dns_source_word(item->source));
	json_close_object(json);
}

static void add_dns(struct json *json, const struct explanation *e, const struct check *check)
{
	struct wanted wanted;
	struct arena arena;

	arena_init(&arena, NULL, 0, 4096);
	engine_questions(e->judgement, e->session, e->stage, check, &arena, &wanted);
	json_open_array(json, "dns");
	for (size_t i = 0; i < wanted.count; i++) {
		const struct dns_item *item = explain_item(e, &wanted.questions[i]);

		if (item)
			add_question(json, item);
	}
	json_close_array(json);
	json->out->failed = json->out->failed || wanted.no_memory;
	arena_clear(&arena);
}

static void add_check(struct json *json, const struct explanation *e, const struct check *check)
{
	const struct finding *finding = &e->judgement->decision.findings[check->id];
	bool has_action = check_outcome(check, finding->result) != NULL;
	char line[REPLY_TEXT_BYTES];

	json_open_object(json, NULL);
	json_string(json, "check", check->name);
	json_string(json, "stage", stage_word(check->stage));
	json_string(json, "result", result_word(finding->result));
	json_string(json, "reason", finding->reason ? finding->reason->word : NULL);
	json_string(json, "action", has_action ? action_word(explain_action(e, check->id)) : NULL);
	add_mode(json, e, &e->judgement->choice.listener->checks[check->id].rollout);
	json_string(json, "reply", explain_reply(e, check, NULL, line) ? line : NULL);
	add_evidence(json, e, check);
	add_dns(json, e, check);
	json_close_object(json);
}

static void add_rule(struct json *json, const struct explanation *e, const struct rule *rule, enum tri truth)
{
	char line[REPLY_TEXT_BYTES];

	json_open_object(json, NULL);
	json_string(json, "rule", rule->name);
	if (truth == TRI_UNKNOWN)
		json_null(json, "result");
	else
		json_bool(json, "result", truth == TRI_YES);
	json_string(json, "action", truth == TRI_YES ? action_word(rule->action) : NULL);
	add_mode(json, e, &rule->rollout);
	json_string(json, "reply", truth == TRI_YES && explain_reply(e, NULL, rule, line) ? line : NULL);
	json_close_object(json);
}

static void add_always_exempt(struct json *json, const struct reason *reason)
{
	json_open_object(json, NULL);
	json_string(json, "if", reason->word);
	json_null(json, "skip");
	json_string(json, "reason", reason->text);
	json_null(json, "line");
	json_close_object(json);
}

static void add_exempt(struct json *json, const struct exempt *exempt)
{
	json_open_object(json, NULL);
	json_string(json, "if", exempt->text);
	if (exempt->skip_all) {
		json_null(json, "skip");
	} else {
		json_open_array(json, "skip");
		for (size_t i = 0; i < CHECK_COUNT; i++)
			if (exempt_covers(exempt, checks[i], NULL))
				json_string(json, NULL, checks[i]->name);
		for (size_t i = 0; i < exempt->skip_rule_count; i++)
			json_string(json, NULL, exempt->skip_rules[i]);
		json_close_array(json);
	}
	json_string(json, "reason", exempt->reason);
	json_number(json, "line", exempt->line);
	json_close_object(json);
}

static void add_exempts(struct json *json, const struct explanation *e)
{
	const struct listener *listener = e->judgement->choice.listener;
	const struct reason *always = always_exempt(listener, e->session, e->stage);
	struct context context = engine_context(e->judgement, e->session, e->stage);

	json_open_array(json, "exempt");
	if (always)
		add_always_exempt(json, always);
	for (size_t i = 0; i < listener->exempt_count; i++)
		if (exempt_applies(&listener->exempts[i], &context) == TRI_YES)
			add_exempt(json, &listener->exempts[i]);
	json_close_array(json);
}

static void add_verdict(struct json *json, const char *key, const struct explanation *e,
			const struct verdict *verdict)
{
	char line[REPLY_TEXT_BYTES];

	json_open_object(json, key);
	json_string(json, "action", answer_word(verdict->answer));
	json_string(json, "stage", stage_word(verdict->stage));
	json_string(json, "reply", explain_verdict_reply(e, verdict, line) ? line : NULL);
	json_string(json, "check", verdict->check ? verdict->check->name : NULL);
	json_string(json, "rule", verdict->rule ? verdict->rule->name : NULL);
	json_close_object(json);
}

void explain_json_value(const struct explanation *e, struct json *json, const char *key)
{
	const struct listener *listener = e->judgement->choice.listener;
	const struct decision *decision = &e->judgement->decision;

	json_open_object(json, key);
	json_string(json, "listener", listener->name);
	json_bool(json, "listener_unsure", e->judgement->choice.unsure);
	json_string(json, "policy_sha256", e->policy->sha256);
	add_facts(json, e);
	json_open_array(json, "checks");
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (!listener->checks[i].off)
			add_check(json, e, checks[i]);
	json_close_array(json);
	json_open_array(json, "rules");
	for (size_t i = 0; i < listener->rule_count; i++)
		add_rule(json, e, &listener->rules[i], decision->rules[i]);
	json_close_array(json);
	add_exempts(json, e);
	add_verdict(json, "verdict", e, &decision->verdict);
	if (verdict_equal(&decision->verdict, &decision->would))
		json_null(json, "would");
	else
		add_verdict(json, "would", e, &decision->would);
	json_close_object(json);
}

void explain_json(const struct explanation *e, struct buf *out)
{
	struct json json;

	json_init(&json, out);
	explain_json_value(e, &json, NULL);
	buf_add_char(out, '\n');
}
