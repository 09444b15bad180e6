/* SPDX-License-Identifier: BSD-2-Clause */
/* The record that the lines of a Sendmail session make. */
#include "logs/sendmail.h"

#include <string.h>

struct completion {
	struct session_slot *slot;
	struct sendmail_session *own;
	struct record *record;
	struct record_helo *named;	/* greetings that milters refused: their names are in the log */
	size_t named_count;
	size_t named_next;
	size_t refused_next;
	bool in_effect;
	bool cut;			/* lines of it may be missing */
	bool began_before;		/* its begin is not in the log */
};

static void add(struct completion *c, enum verb verb, struct text name, int64_t t_us)
{
	struct record_helo *helo =
		record_grow(&c->slot->arena, &c->record->helo, &c->record->helo_count, sizeof *helo);

	if (!helo) {
		c->own->dialogue.sink->no_memory = true;
		return;
	}
	*helo = (struct record_helo){ .verb = verb, .name = name, .t_us = micros_known(t_us) };
	c->record->helo_presence = PRESENCE_KNOWN;
}

/* Those with a name, up to t_us.  A refused one counts as long as none is in effect. */
static void add_named(struct completion *c, int64_t until_us)
{
	for (; c->refused_next < c->own->refused_count && c->own->refused[c->refused_next].t_us <= until_us;
	     c->refused_next++)
		if (!c->in_effect)
			add(c, VERB_UNKNOWN, c->own->refused[c->refused_next].name,
			    c->own->refused[c->refused_next].t_us);
	for (; c->named_next < c->named_count && c->named[c->named_next].t_us.value <= until_us; c->named_next++) {
		add(c, c->named[c->named_next].verb, c->named[c->named_next].name,
		    c->named[c->named_next].t_us.value);
		c->in_effect = true;
	}
}

/*
 * Below LogLevel 15 a greeting that was taken leaves no line; proto= of a transaction tells its verb: ESMTP is
 * EHLO, and SMTP is HELO after an ESMTP, else HELO or nothing.  A HELO that was refused makes it SMTP too, and leaves a line
 * from LogLevel 10 on, as the connection does.
 */
static void list_greetings(struct completion *c)
{
	const struct dialogue *dialogue = &c->own->dialogue;
	const struct text unknown = { .presence = PRESENCE_UNKNOWN };
	bool extended = false, none = false, uncertain = false;

	c->named = c->record->helo;
	c->named_count = c->record->helo_count;
	c->record->helo = NULL;
	c->record->helo_count = 0;
	c->record->helo_presence = PRESENCE_UNKNOWN;
	for (size_t i = 0; i < dialogue->tx_count; i++) {
		const struct dialogue_tx *tx = &dialogue->txs[i];
		int64_t t_us = c->record->tx[i].t_us.value;

		add_named(c, t_us);
		none |= tx->ungreeted && tx->protocol != VERB_EHLO && !extended;
		if (tx->ungreeted && tx->protocol != VERB_EHLO)
			continue;
		/* EHLO was tried, and refused: its name may be known. */
		if (tx->ungreeted && c->record->helo_count > 0)
			continue;
		if (tx->protocol == VERB_EHLO ||
		    (tx->protocol == VERB_HELO && extended && c->own->connected && c->own->refused_count == 0))
			add(c, tx->protocol, unknown, t_us);
		else if (c->record->helo_count > 0)
			add(c, VERB_UNKNOWN, unknown, t_us);
		else
			uncertain = true;
		extended |= tx->protocol == VERB_EHLO;
		c->in_effect |= !tx->ungreeted && tx->protocol == VERB_EHLO;
	}
	add_named(c, INT64_MAX);
	if (none && c->record->helo_count == 0)
		c->record->helo_presence = PRESENCE_NONE;
	/* The list cannot say "perhaps none" of a transaction and something of a later one. */
	if (uncertain) {
		c->record->helo_presence = PRESENCE_UNKNOWN;
		c->record->helo_count = 0;
	}
}

static void complete_commands(struct completion *c)
{
	struct number *commands = c->record->commands;
	/* A client that is refused as such is refused these without a line. */
	bool refused = c->own->dialogue.reply.presence == PRESENCE_KNOWN || c->own->dialogue.action.presence == PRESENCE_KNOWN;

	/* One such line shows that the log level has them all. */
	if ((c->own->connected && !refused) || c->own->issued_nothing ||
	    (!c->cut && !c->began_before && c->own->vrfy_count + c->own->expn_count + c->own->etrn_count > 0)) {
		commands[COUNTED_VRFY] = number_known(c->own->vrfy_count);
		commands[COUNTED_EXPN] = number_known(c->own->expn_count);
		commands[COUNTED_ETRN] = number_known(c->own->etrn_count);
	}
	if (c->own->auth_failures > 0 && !c->cut && !c->began_before)
		commands[COUNTED_AUTH_FAILED] = number_known(c->own->auth_failures);
	if (!c->own->issued_nothing)
		return;
	commands[COUNTED_MAIL] = number_known(0);
	c->record->tx_presence = PRESENCE_NONE;
	if (c->record->verdicts_presence == PRESENCE_UNKNOWN)
		c->record->verdicts_presence = PRESENCE_NONE;
}

/* Whether the session's login or TLS was before it, some transactions cannot tell. */
static bool settle_late(struct completion *c)
{
	const struct dialogue *dialogue = &c->own->dialogue;
	struct record *record = c->record;
	bool good = true;

	for (size_t i = 0; i < dialogue->tx_count; i++) {
		struct record_tx *tx = &record->tx[i];

		if (dialogue->txs[i].login_unsure && tx->sasl_username.presence == PRESENCE_UNKNOWN)
			good &= record_tx_lose(tx, "sasl_username", &c->slot->arena);
		if (dialogue->txs[i].tls_unsure && tx->tls_version.presence == PRESENCE_UNKNOWN)
			good &= record_tx_lose(tx, "tls_version", &c->slot->arena);
	}
	return good;
}

/* That there was no login is known of the transactions whose ESMTP tells so, and not of what came then. */
static void keep_no_login(struct completion *c)
{
	for (size_t i = 0; i < c->own->dialogue.tx_count; i++)
		if (c->own->dialogue.txs[i].protocol == VERB_EHLO && c->record->tx[i].sasl_username.presence == PRESENCE_UNKNOWN)
			c->record->tx[i].sasl_username = text_none();
	c->record->sasl_username.presence = PRESENCE_UNKNOWN;
}

/* After HELO the protocol is SMTP, whatever came before: a login too, which has a line where connections have. */
static bool may_have_lost_login(const struct completion *c)
{
	const struct dialogue *dialogue = &c->own->dialogue;

	for (size_t i = 0; c->began_before && i < dialogue->tx_count; i++)
		if (dialogue->txs[i].protocol == VERB_HELO)
			return true;
	return c->cut;
}

/* Each session leaves at least one of these lines, most at its end. */
static bool has_outcome(const struct sendmail_session *own)
{
	size_t count = own->dialogue.tx_count;

	if (count > 0)
		return own->dialogue.txs[count - 1].told;
	return own->dialogue.reply.presence == PRESENCE_KNOWN || own->dialogue.action.presence == PRESENCE_KNOWN ||
	       own->vrfy_count + own->expn_count + own->etrn_count > 0;
}

/* May lines of it be missing, or be still to come? */
static bool is_cut(const struct sendmail *sendmail, const struct sendmail_session *own, bool at_end)
{
	if (own->torn || own->ended)
		return own->torn;
	return own->losses != sendmail->sink->losses || own->spoken || (at_end && !has_outcome(own));
}

void sendmail_complete(struct sendmail *sendmail, struct session_slot *slot, bool at_end)
{
	struct completion c = { .slot = slot, .own = sendmail_own(slot), .record = slot->record };
	bool connected = c.own->connected;

	c.cut = is_cut(sendmail, c.own, at_end);
	c.began_before = sendmail_began_before(sendmail, slot);
	c.own->connected &= !c.cut;
	if (!c.own->spoken) {
		list_greetings(&c);
		complete_commands(&c);
	}
	/* A recipient may have been taken after the one that was refused. */
	for (size_t i = 0; i < c.own->dialogue.tx_count; i++) {
		struct dialogue_tx *tx = &c.own->dialogue.txs[i];

		tx->uncounted |= c.own->spoken ? c.own->dialogue.partial && !tx->tracked : !tx->told && (c.cut || at_end);
		/* Nor is it known then what VRFY and EXPN, which count as recipients, may have added. */
		tx->uncounted |= (c.own->torn || c.began_before) && !c.own->spoken;
		if (tx->uncounted && !tx->tracked)
			c.record->tx[i].recipient_count.presence = PRESENCE_UNKNOWN;
	}
	dialogue_complete(&c.own->dialogue, c.own->spoken && c.own->connected);
	if (c.own->spoken && c.own->dialogue.partial) {
		/* Another may have come before, or between. */
		c.record->helo_presence = PRESENCE_UNKNOWN;
		c.record->helo_count = 0;
	}
	/* Agreed to, STARTTLS may still fail; where it does not, it has a line of its own. */
	if (c.own->spoken && !c.own->encrypted && c.record->tls_version.presence == PRESENCE_UNKNOWN)
		c.record->tls_presence = PRESENCE_UNKNOWN;
	/* STARTTLS is logged from LogLevel 9 on, a login where the connection is: from 10 on. */
	if (c.own->connected && c.record->tls_presence == PRESENCE_UNKNOWN)
		c.record->tls_presence = PRESENCE_NONE;
	if (c.own->connected && !c.own->undisclosed && !c.own->dialogue.authenticated &&
	    c.record->sasl_username.presence == PRESENCE_UNKNOWN)
		c.record->sasl_username = text_none();
	if (c.own->undisclosed && c.record->sasl_username.presence == PRESENCE_NONE)
		c.record->sasl_username.presence = PRESENCE_UNKNOWN;
	if (c.cut ? connected : c.own->connected && c.own->ended)
		c.record->complete = flag_known(!c.cut);
	if (c.own->connected && c.own->ended && c.record->start_us.presence == PRESENCE_KNOWN)
		c.record->duration_us = micros_between(c.own->base_us, c.own->end_us);
	if (may_have_lost_login(&c) && c.record->sasl_username.presence == PRESENCE_NONE)
		keep_no_login(&c);
	sendmail->sink->no_memory |= !settle_late(&c);
}
