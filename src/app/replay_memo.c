/* SPDX-License-Identifier: BSD-2-Clause */
/* Which facts count, and the judgements that were made of them. */
#include "app/replay_memo.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 256

struct replay_memo {
	const struct policy *policy;
	struct fit {
		bool unnamed;		/* without the name of the greeting, no more facts count than a key holds */
		bool named;		/* nor with the name, but for what the checks make of it */
	} *fit;				/* for each listener */
	struct memo_entry entries[PLACES];
};

static bool is_open_ended(const struct period *period)
{
	return period->since == DATE_NONE && period->until == DATE_NONE;
}

static bool is_one_of(const struct fact *fact, const char *const names[])
{
	for (size_t i = 0; names[i]; i++)
		if (strcmp(fact->name, names[i]) == 0)
			return true;
	return false;
}

/* An operand of a condition: what checks found does not hang on more facts than they do. */
static void visit(void *data, const struct expr_operand *operand)
{
	static const char *const held[] = { "listener", "verb", "null_sender", "authenticated", "tls", NULL };
	static const char *const of_the_name[] = { "ehlo", "ehlo_kind", NULL };
	struct fit *fit = data;

	if (!operand->fact || is_one_of(operand->fact, held))
		return;
	fit->named = false;
	fit->unnamed = fit->unnamed && is_one_of(operand->fact, of_the_name);
}

/* Does a check look names up in a list that the policy gives it, as mail_from_dns does the sender's domain? */
static bool looks_up_domains(const struct listener *listener)
{
	for (size_t c = 0; c < CHECK_COUNT; c++)
		for (size_t i = 0; i < checks[c]->parameter_count; i++)
			if (checks[c]->parameters[i].kind == PARAMETER_DOMAINS && listener->checks[c].lists[i])
				return true;
	return false;
}

static struct fit fit_of(const struct listener *listener)
{
	struct fit fit = { .unnamed = !looks_up_domains(listener), .named = true };
	bool dated = false;

	for (size_t i = 0; i < listener->exempt_count; i++) {
		expr_each_operand(listener->exempts[i].condition, visit, &fit);
		dated = dated || !is_open_ended(&listener->exempts[i].period);
	}
	for (size_t i = 0; i < listener->rule_count; i++) {
		expr_each_operand(listener->rules[i].condition, visit, &fit);
		dated = dated || !is_open_ended(&listener->rules[i].rollout.period);
	}
	return dated ? (struct fit){ .unnamed = false } : fit;
}

struct replay_memo *replay_memo_new(const struct policy *policy)
{
	struct replay_memo *memo = calloc(1, sizeof *memo);

	if (!memo)
		return NULL;
	memo->policy = policy;
	memo->fit = calloc(policy->listener_count, sizeof *memo->fit);
	if (!memo->fit)
		replay_memo_free(&memo);
	for (size_t i = 0; memo && i < policy->listener_count; i++)
		memo->fit[i] = fit_of(&policy->listeners[i]);
	return memo;
}

void replay_memo_free(struct replay_memo **memo)
{
	if (!*memo)
		return;
	free((*memo)->fit);
	free(*memo);
	*memo = NULL;
}

/* Its kind, and whether it has a domain: paths that are not of the form may. */
static uint8_t sender_kind(const struct session *session, const struct mailbox *sender)
{
	if (session->sender.presence != PRESENCE_KNOWN)
		return 0;
	return (uint8_t)(sender->kind << 1 | (sender->domain[0] != '\0'));
}

/* sender: where it is known */
static void set_key(const struct doubt *doubt, const struct mailbox *sender, struct memo_key *key_r)
{
	const struct session *session = &doubt->session->session;
	const struct choice *choice = &doubt->judgement->choice;

	memset(key_r, 0, sizeof *key_r);
	key_r->listener = choice->listener;
	key_r->unsure = choice->unsure;
	key_r->as_seen = doubt->as_seen;
	key_r->no_mail = doubt->session->no_mail;
	key_r->maybe_mail = doubt->session->maybe_mail;
	key_r->started = doubt->record->start_us.presence == PRESENCE_KNOWN;
	key_r->ehlo = (uint8_t)session->ehlo.presence;
	key_r->verb = (uint8_t)session->verb;
	key_r->sender = (uint8_t)session->sender.presence;
	key_r->sender_kind = sender_kind(session, sender);
	key_r->client = (uint8_t)session->client.presence;
	key_r->loopback = session->client.presence == PRESENCE_KNOWN && ip_is_loopback(&session->client.value);
	key_r->local_submission = session->local_submission;
	key_r->client_name = (uint8_t)session->client_name.presence;
	key_r->client_resolve = (uint8_t)session->client_resolve;
	key_r->auth_user = (uint8_t)session->auth_user.presence;
	key_r->tls = (uint8_t)session->tls_version.presence;
}

/* Checks look at names and addresses in many ways: what they find stands for them. */
static void set_results(const struct doubt *doubt, const struct facts *facts, struct memo_key *key)
{
	const struct session *session = &doubt->session->session;
	const struct listener *listener = doubt->judgement->choice.listener;
	const struct context context = { .session = session, .facts = facts, .listener = listener->name, .stage = STAGE_MAIL };

	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (!listener->checks[i].off)
			key->results[i] = (uint8_t)checks[i]->eval(&context, &listener->checks[i]).result;
}

struct memo_entry *replay_memo_find(struct replay_memo *memo, const struct doubt *doubt, struct memo_key *key_r)
{
	const struct fit *fit = &memo->fit[doubt->judgement->choice.listener - memo->policy->listeners];
	const struct session *session = &doubt->session->session;
	bool named = session->ehlo.presence == PRESENCE_KNOWN;
	struct memo_entry *entry;
	struct facts facts;

	if (named ? !fit->named : !fit->unnamed)
		return NULL;
	if (named)
		facts_derive(session, &facts);
	else if (session->sender.presence == PRESENCE_KNOWN)
		mailbox_parse(session->sender.value, &facts.sender);
	set_key(doubt, &facts.sender, key_r);
	if (named)
		set_results(doubt, &facts, key_r);
	/* The address of the listener is in the hash: it decides the place alone, and nothing that is seen. */
	entry = &memo->entries[hash_bytes((const char *)key_r, sizeof *key_r, 11) % PLACES];
	if (memcmp(&entry->key, key_r, sizeof *key_r) != 0)
		entry->key.listener = NULL;
	return entry;
}
