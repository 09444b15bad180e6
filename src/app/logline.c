/* SPDX-License-Identifier: BSD-2-Clause */
/* The log line of a judged transaction. */
#include "app/logline.h"

#define EHLO_MAX 255
#define SENDER_MAX 320
#define FINDINGS_MAX 1000
#define HEADER_NAME_MAX 60
#define POLICY_DIGITS 8

bool logline_due(const struct judgement *judgement)
{
	const struct decision *decision = &judgement->decision;

	return decision->verdict.answer != ANSWER_ACCEPT || decision->would.answer != ANSWER_ACCEPT ||
	       decision->notable;
}

/* " key=value", the value without a byte that could end it or begin another line; "" when it is empty. */
static void add(struct buf *out, const char *key, const char *value, size_t max)
{
	buf_addf(out, " %s=", key);
	if (value[0] == '\0')
		buf_add(out, "\"\"");
	else
		buf_add_escaped(out, value, " \"", max);
}

static void add_text(struct buf *out, const char *key, const struct text *text, size_t max)
{
	if (text->presence == PRESENCE_KNOWN)
		add(out, key, text->value, max);
}

/* What DNS confirmed, where it was asked; else what the MTA says. */
static void add_client_name(struct buf *out, const struct session *session, const struct judgement *judgement)
{
	struct context context = engine_context(judgement, session, STAGE_CONNECT);
	struct fact_value name = fact_get(fact_find("client_name"), &context);

	if (name.presence == PRESENCE_KNOWN)
		add(out, "client_name", name.text, EHLO_MAX);
	else if (name.presence == PRESENCE_UNKNOWN)
		add_text(out, "client_name", &session->client_name, EHLO_MAX);
}

static void add_client(struct buf *out, const struct session *session)
{
	char address[IP_TEXT_BYTES];

	if (session->client.presence != PRESENCE_KNOWN)
		return;
	ip_format(&session->client.value, address);
	add(out, "client", address, 0);
}

static void add_sender(struct buf *out, const struct session *session, const struct judgement *judgement)
{
	if (session->sender.presence != PRESENCE_KNOWN)
		return;
	buf_add(out, " from=<");
	buf_add_escaped(out, judgement->facts.sender_text, " \"<>", SENDER_MAX);
	buf_add_char(out, '>');
}

static void add_reply(struct buf *out, const struct reply *reply)
{
	char line[REPLY_TEXT_BYTES];

	reply_line(reply, line);
	buf_add(out, " reply=\"");
	buf_add_escaped(out, line, "\"", 0);
	buf_add_char(out, '"');
}

/* What decided: the verdict, or what would have where it is an accept. */
static void add_decider(struct buf *out, const struct session *session, const struct judgement *judgement)
{
	const struct decision *decision = &judgement->decision;
	const struct verdict *decider = decision->verdict.answer != ANSWER_ACCEPT ? &decision->verdict :
										    &decision->would;
	struct reply reply;

	if (decider->answer == ANSWER_ACCEPT)
		return;
	if (decider->rule) {
		add(out, "rule", decider->rule->name, 0);
	} else {
		add(out, "check", decider->check->name, 0);
		add(out, "result", result_word(decider->result), 0);
	}
	if (!verdict_reply_template(judgement->choice.listener, decider))
		return;
	engine_reply(judgement, session, decider, &reply);
	add_reply(out, &reply);
}

static bool is_noted(enum action action)
{
	return action == ACTION_LOG || action == ACTION_TAG;
}

/* ",NAME:result"; the first one begins with the key instead.  What goes over the limit is three dots. */
static void add_finding(struct buf *out, size_t start, const char *name, const char *result)
{
	if (out->length - start < FINDINGS_MAX)
		buf_addf(out, "%s%s:%s", out->length == start ? " findings=" : ",", name, result);
	else if (out->text[out->length - 1] != '.')
		buf_add(out, ",...");
}

/* "ehlo_literal:fail,NAME:true": what was found with the action log or tag. */
static void add_findings(struct buf *out, const struct judgement *judgement)
{
	const struct listener *listener = judgement->choice.listener;
	size_t start = out->length;

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		enum result result = judgement->decision.findings[i].result;

		if (!listener->checks[i].off && is_noted(action_of(listener, checks[i], result, &judgement->facts)))
			add_finding(out, start, checks[i]->name, result_word(result));
	}
	for (size_t i = 0; i < listener->rule_count; i++)
		if (judgement->decision.rules[i] == TRI_YES && is_noted(listener->rules[i].action))
			add_finding(out, start, listener->rules[i].name, "true");
}

static void add_queue_id(struct buf *out, const struct session *session)
{
	if (session->queue_id.presence == PRESENCE_KNOWN)
		buf_add_escaped(out, session->queue_id.value, " \":", EHLO_MAX);
	else
		buf_add(out, "NOQUEUE");
}

static void add_ids(struct buf *out, const struct policy *policy, const struct session *session)
{
	buf_addf(out, " policy=%.*s id=%s.%u", POLICY_DIGITS, policy->sha256, session->id, session->transaction);
}

void logline_header(const struct policy *policy, const struct session *session, const struct eight_bit *found,
		    const char *header, const struct reply *reply, struct buf *out)
{
	add_queue_id(out, session);
	buf_add(out, found->refused ? ": verdict=reject" : ": verdict=accept would=reject");
	add(out, "listener", found->listener->name, 0);
	add_client(out, session);
	add_text(out, "ehlo", &session->ehlo, EHLO_MAX);
	buf_add(out, " command=eight_bit_headers");
	add(out, "header", header, HEADER_NAME_MAX);
	add_reply(out, reply);
	add_ids(out, policy, session);
}

void logline_format(const struct policy *policy, const struct session *session,
		    const struct judgement *judgement, struct buf *out)
{
	const struct decision *decision = &judgement->decision;
	const char *verb = verb_word(session->verb);

	add_queue_id(out, session);
	buf_addf(out, ": verdict=%s", answer_word(decision->verdict.answer));
	if (!verdict_equal(&decision->verdict, &decision->would))
		add(out, "would", answer_word(decision->would.answer), 0);
	add(out, "listener", judgement->choice.listener->name, 0);
	if (judgement->choice.unsure)
		buf_add(out, " listener_unsure=true");
	add_client(out, session);
	add_client_name(out, session, judgement);
	add_text(out, "ehlo", &session->ehlo, EHLO_MAX);
	if (verb)
		add(out, "verb", verb, 0);
	add_sender(out, session, judgement);
	add_decider(out, session, judgement);
	add_findings(out, judgement);
	add_ids(out, policy, session);
}
