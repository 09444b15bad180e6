/* SPDX-License-Identifier: BSD-2-Clause */
/* The record that the lines of an smtpd session make: what they say together, and no more. */
#include "logs/postfix_session.h"

#include <string.h>

/* Counters beyond it come from a damaged line. */
#define UNSEEN_TX_MAX 1000

#define RECIPIENT_LIMIT 1000	/* smtpd_recipient_limit, unless set */

struct completion {
	struct postfix_session *own;
	struct record *record;
	struct arena *arena;
	uint32_t taken;		/* greetings that took effect, by the counters */
	size_t unseen_txs;	/* transactions of which only the counters tell */
};

/* The verb of a greeting that only the counters show. */
static enum verb counted_verb(const struct completion *c, const uint32_t counts[COUNTED_TOTAL])
{
	if (!c->own->counted || (counts[COUNTED_EHLO] > 0 && counts[COUNTED_HELO] > 0))
		return VERB_UNKNOWN;
	return counts[COUNTED_EHLO] > 0 ? VERB_EHLO : counts[COUNTED_HELO] > 0 ? VERB_HELO : VERB_UNKNOWN;
}

static struct record_helo *add_greeting(struct completion *c, enum verb verb)
{
	struct record *record = c->record;
	struct record_helo *helo = record_grow(c->arena, &record->helo, &record->helo_count, sizeof *helo);

	if (!helo)
		return NULL;
	helo->verb = verb;
	record->helo_presence = PRESENCE_KNOWN;
	return helo;
}

/* The protocol of a line is ESMTP once there was an EHLO, even after a later HELO. */
static enum verb seen_verb(const struct completion *c, const struct seen_helo *seen)
{
	bool only_ehlo = c->own->counted && c->own->counts.given[COUNTED_HELO] == 0;

	/* A policy server is not told which it was. */
	if (seen->verb == VERB_UNKNOWN)
		return counted_verb(c, c->own->counts.taken);
	return (seen->as_command && !c->own->torn) || seen->verb == VERB_HELO || only_ehlo ? seen->verb : VERB_UNKNOWN;
}

static struct record_helo *add_seen(struct completion *c, const struct seen_helo *seen)
{
	struct record_helo *helo = add_greeting(c, seen_verb(c, seen));

	if (helo) {
		helo->name = seen->name;
		helo->t_us = micros_known(seen->t_us);
	}
	return helo;
}

/* Every greeting was seen: refused ones stand there as long as none was in effect. */
static void list_all(struct completion *c)
{
	bool in_effect = false;

	for (size_t i = 0; i < c->own->helo_count; i++) {
		const struct seen_helo *seen = &c->own->helos[i];

		if (!seen->refused || !in_effect)
			(void)add_seen(c, seen);
		in_effect |= !seen->refused;
	}
}

/* None was taken. */
static void list_refused(struct completion *c)
{
	list_all(c);
	if (c->record->helo_presence == PRESENCE_UNKNOWN)
		(void)add_greeting(c, counted_verb(c, c->own->counts.given));
}

/*
 * One was taken: whatever shows a name shows its name.  A client that greets once is taken to have done so first.
 */
static void list_single(struct completion *c)
{
	const struct seen_helo *named = NULL;
	struct record_helo *helo;
	int64_t after_us = -1;

	for (size_t i = 0; i < c->own->helo_count; i++) {
		const struct seen_helo *seen = &c->own->helos[i];

		if (!seen->refused)
			named = seen;
		else if (!named)
			(void)add_seen(c, seen);
	}
	/* Once there was one, STARTTLS makes Postfix forget it. */
	for (size_t i = 0; i < c->own->tx_count && c->own->txs[i].helo < 0; i++)
		if (c->own->txs[i].helo == NO_GREETING)
			after_us = c->record->tx[i].t_us.value;
	helo = add_greeting(c, counted_verb(c, c->own->counts.taken));
	if (helo && named)
		helo->name = named->name;
	if (helo && named && named->as_command)
		helo->t_us = micros_known(named->t_us);
	else if (helo && after_us >= 0)
		helo->t_us = micros_known(after_us + 1);
}

/* Does the last greeting in the list stand for any one of this verb? */
static bool is_unnamed(const struct record *record, enum verb verb)
{
	const struct record_helo *last = record->helo_count > 0 ? &record->helo[record->helo_count - 1] : NULL;

	return last && last->name.presence == PRESENCE_UNKNOWN && (last->verb == verb || last->verb == VERB_UNKNOWN);
}

/* Greetings that were seen as commands before t_us, from *next on. */
static void list_commands(struct completion *c, size_t *next, int64_t before_us, int *current)
{
	for (; *next < c->own->helo_count; ++*next) {
		const struct seen_helo *seen = &c->own->helos[*next];

		if (!seen->as_command)
			continue;
		if (seen->t_us >= before_us)
			return;
		if (seen->refused && *current >= 0)
			continue;
		(void)add_seen(c, seen);
		*current = (int)*next;
	}
}

/* One whose name is not known, behind the transactions that were seen. */
static void add_last(struct completion *c, enum verb verb)
{
	struct record_helo *helo = add_greeting(c, verb);

	if (helo && c->own->tx_count > 0)
		helo->t_us = micros_known(c->own->last_t_us + 1);
}

/*
 * Some were not seen: a transaction knows its greeting only if a line of its own shows it.  The others get an
 * entry without name.
 */
static void list_partly(struct completion *c)
{
	enum verb verb = counted_verb(c, c->own->counts.taken);
	int current = NOT_SEEN;
	size_t next = 0;

	for (size_t i = 0; i < c->own->tx_count; i++) {
		const struct seen_tx *tx = &c->own->txs[i];
		struct record_helo *helo = NULL;

		list_commands(c, &next, c->record->tx[i].t_us.value, &current);
		if (tx->helo == NO_GREETING || (tx->helo == NOT_SEEN && is_unnamed(c->record, verb)))
			continue;
		if (tx->helo == NOT_SEEN)
			helo = add_greeting(c, verb);
		else if (tx->helo != current)
			helo = add_seen(c, &c->own->helos[tx->helo]);
		if (helo)
			helo->t_us = c->record->tx[i].t_us;
		current = tx->helo;
	}
	list_commands(c, &next, INT64_MAX, &current);
	/* What came last is not certain where nothing behind it shows it; and one there was. */
	if (((c->own->tx_count == 0 || c->unseen_txs > 0) && !is_unnamed(c->record, verb)) || c->record->helo_count == 0)
		add_last(c, verb);
}

/* Every greeting was seen, but not each transaction, which may have come before the last of them. */
static void list_commanded(struct completion *c)
{
	const struct seen_helo *helos = c->own->helos;
	bool differ = false;

	list_all(c);
	for (size_t i = 1; i < c->own->helo_count; i++)
		differ |= helos[i].verb != helos[0].verb || helos[i].name.presence != PRESENCE_KNOWN ||
			  helos[0].name.presence != PRESENCE_KNOWN || strcmp(helos[i].name.value, helos[0].name.value) != 0;
	if (differ && c->unseen_txs > 0)
		add_last(c, counted_verb(c, c->own->counts.taken));
}

static void list_counted(struct completion *c)
{
	enum verb verb = counted_verb(c, c->own->counts.taken);

	list_all(c);	/* of which all were refused */
	for (uint32_t i = 0; i < c->taken && i < UNSEEN_TX_MAX; i++)
		(void)add_greeting(c, verb);
}

/*
 * Stands a transaction that does not show its greeting in front of all that show one, and behind a MAIL without greeting, or
 * perhaps behind a greeting that was refused?
 */
static bool is_first_greeting_unsure(const struct completion *c, uint32_t given)
{
	bool ungreeted = given > c->taken;

	for (size_t i = 0; i < c->own->tx_count && c->own->txs[i].helo < 0; i++) {
		if (ungreeted && c->own->txs[i].helo == NOT_SEEN)
			return true;
		ungreeted |= c->own->txs[i].helo == NO_GREETING;
	}
	return false;
}

static void complete_greetings(struct completion *c)
{
	const struct postfix_counts *counts = &c->own->counts;
	uint32_t given = counts->given[COUNTED_HELO] + counts->given[COUNTED_EHLO], as_command = 0, seen = 0;
	bool ungreeted = false;

	for (size_t i = 0; i < c->own->helo_count; i++) {
		as_command += c->own->helos[i].as_command && !c->own->helos[i].refused;
		seen += !c->own->helos[i].refused;
	}
	for (size_t i = 0; i < c->own->tx_count; i++)
		ungreeted |= c->own->txs[i].helo == NO_GREETING;
	if (c->own->verbose || (c->own->counted && c->taken > 0 && as_command == c->taken && seen == as_command))
		list_commanded(c);
	else if (!c->own->counted && c->own->helo_count > 0)
		list_partly(c);
	else if (c->own->counted && c->taken == 1 && counts->given[COUNTED_XCLIENT] == 0 && !is_first_greeting_unsure(c, given))
		list_single(c);	/* XCLIENT may tell of another greeting */
	else if (c->own->counted && c->taken == 0 && (given > 0 || c->own->helo_count > 0))
		list_refused(c);
	else if (c->own->counted && c->taken > 0 && (seen > 0 || ungreeted))
		list_partly(c);
	else if (c->own->counted)
		list_counted(c);
	if (c->record->helo_presence == PRESENCE_UNKNOWN && (c->own->counted || (c->own->verbose && c->own->ended)))
		c->record->helo_presence = PRESENCE_NONE;
}

/* A recipient was taken after a MAIL that left a line, perhaps of another MAIL, that left none. */
static void part_from_mails(struct completion *c)
{
	for (size_t i = 0; i < c->own->tx_count; i++) {
		struct seen_tx *tx = &c->own->txs[i];

		if (tx->only_at_mail && (tx->queue_key != 0 || tx->proxied)) {
			c->record->tx[i].sender.presence = PRESENCE_UNKNOWN;
			tx->helo = NOT_SEEN;
		}
	}
}

/* "452 too many recipients" is counted as if they were taken: are there more than the queue has, or by default may be? */
static bool is_beyond_limit(const struct postfix_session *own)
{
	uint32_t queued = own->tx_count == 1 ? own->txs[0].recipients : 0, counted = own->counts.taken[COUNTED_RCPT];

	return counted > RECIPIENT_LIMIT || (queued > 0 && counted > queued);
}

/* MAIL commands that were taken, and left no line: whose sender nobody knows. */
static void complete_txs(struct completion *c)
{
	uint32_t taken = c->own->counts.taken[COUNTED_MAIL], seen = 0;
	struct record *record = c->record;

	if (!c->own->counted)
		return;
	for (size_t i = 0; i < c->own->tx_count; i++)
		seen += !c->own->txs[i].refused_at_mail;
	c->unseen_txs = taken > seen ? taken - seen : 0;
	if (c->unseen_txs > UNSEEN_TX_MAX)
		c->unseen_txs = UNSEEN_TX_MAX;
	if (c->unseen_txs > 0)
		part_from_mails(c);
	for (size_t i = 0; i < c->unseen_txs; i++)
		(void)record_grow(c->arena, &record->tx, &record->tx_count, sizeof *record->tx);
	record->tx_presence = record->tx_count > 0 ? PRESENCE_KNOWN : PRESENCE_NONE;
	if (record->tx_count == 1 && !is_beyond_limit(c->own))
		record->tx[0].recipient_count = number_known(c->own->counts.taken[COUNTED_RCPT]);
}

static void complete_commands(struct completion *c)
{
	const struct postfix_counts *counts = &c->own->counts;
	const struct number not_told = { .presence = PRESENCE_UNKNOWN };
	struct number *commands = c->record->commands;
	uint32_t unknown = counts->given[COUNTED_UNKNOWN];
	bool all_seen = c->own->verbose || c->own->expn_count + c->own->help_count == unknown;

	if (!c->own->counted) {
		if (c->own->auth_failures > 0 && c->own->ended)
			commands[COUNTED_AUTH_FAILED] = number_known(c->own->auth_failures);
		return;
	}
	for (int i = 0; i < COUNTED_TOTAL; i++)
		commands[i] = number_known(counts->given[i]);
	for (int i = 0; c->own->filtered && i < COUNTED_TOTAL; i++) {
		int64_t given = (int64_t)counts->given[i] + c->own->altered[i];

		commands[i] = number_known(given > 0 ? (uint32_t)given : 0);
	}
	commands[COUNTED_AUTH_FAILED] = number_known(counts->given[COUNTED_AUTH] - counts->taken[COUNTED_AUTH]);
	/* EXPN and HELP are among the unknown ones: none where there are none, and all where as many were seen. */
	commands[COUNTED_EXPN] = all_seen ? number_known(c->own->expn_count) : not_told;
	commands[COUNTED_HELP] = all_seen ? number_known(c->own->help_count) : not_told;
}

void postfix_complete(struct record *record, struct arena *arena)
{
	const struct postfix_ended ended = { .record = record, .own = record->seen, .arena = arena };
	struct completion c = { .own = record->seen, .record = record, .arena = arena };
	const struct postfix_counts *counts = &c.own->counts;

	c.taken = counts->taken[COUNTED_HELO] + counts->taken[COUNTED_EHLO];
	if (c.own->connected && c.own->ended && record->start_us.presence == PRESENCE_KNOWN)
		record->duration_us = micros_between(c.own->base_us, c.own->end_us);
	c.own->verbose &= c.own->connected && !c.own->torn;
	postfix_join_txs(&ended);
	complete_txs(&c);
	postfix_complete_login(&ended);
	postfix_complete_requests(&ended);
	complete_greetings(&c);
	postfix_complete_outcome(&ended);
	complete_commands(&c);
	if (c.own->counted && counts->taken[COUNTED_STARTTLS] > 0 && record->tls_presence == PRESENCE_UNKNOWN)
		record->tls_presence = PRESENCE_KNOWN;
}
