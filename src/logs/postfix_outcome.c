/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of the transactions of an smtpd session, and what it was answered: as far as no line of it may be missing. */
#include "logs/postfix_session.h"

/* What lines that may not be there could have told. */
struct lack {
	bool recipients;	/* that one was accepted */
	bool messages;		/* the same of a message */
	bool refusals;		/* that a message was refused */
};

/* A recipient was, or may have been accepted, and the line that says so is not there. */
static bool lacks_recipients(const struct postfix_session *own)
{
	const uint32_t *taken = own->counts.taken;
	uint32_t named = 0;

	for (size_t i = 0; i < own->tx_count; i++)
		named += own->txs[i].queue_key != 0 || own->txs[i].proxied;
	return own->torn || named < taken[COUNTED_DATA] || (named == 0 && taken[COUNTED_RCPT] > 0);
}

/* Was a message of it taken, perhaps after another try? */
static bool is_taken(const struct seen_tx *tx)
{
	return tx->queued || tx->removed || tx->passed;
}

/* By the counters more messages were taken than those of which it is known. */
static bool lacks_messages(const struct postfix_session *own)
{
	const uint32_t *taken = own->counts.taken;
	uint32_t known = 0;

	for (size_t i = 0; i < own->tx_count; i++)
		known += is_taken(&own->txs[i]) || own->txs[i].hold || own->txs[i].discarded;
	return own->torn || known < taken[COUNTED_DATA] + taken[COUNTED_BDAT];
}

/* What becomes of a recipient its own lines may not tell, but the counters: of all together. */
static bool was_none_taken(const struct postfix_session *own)
{
	return own->counted && !own->torn && own->counts.taken[COUNTED_RCPT] == 0;
}

static bool was_none_refused(const struct postfix_session *own)
{
	return own->counted && !own->torn && own->counts.given[COUNTED_RCPT] == own->counts.taken[COUNTED_RCPT];
}

/* Was a message refused, by the counters, and the line that says which is perhaps not there? */
static bool lacks_refusals(const struct postfix_session *own)
{
	const struct postfix_counts *counts = &own->counts;
	uint32_t told = 0, refused = 0;

	for (size_t i = 0; i < own->tx_count; i++)
		told += own->txs[i].refused_at_data || own->txs[i].refused_at_end;
	refused += counts->given[COUNTED_DATA] - counts->taken[COUNTED_DATA];
	refused += counts->given[COUNTED_BDAT] - counts->taken[COUNTED_BDAT];
	return own->torn || refused > told;
}

static void complete_delivery(const struct postfix_ended *ended, const struct lack *lack)
{
	const struct postfix_session *own = ended->own;
	const struct postfix_counts *counts = &own->counts;
	/* Of those that are on hold or discarded it is not told whether a message came. */
	uint32_t queued = 0, data = counts->taken[COUNTED_DATA];
	bool exact = own->counted && counts->taken[COUNTED_BDAT] == 0;

	for (size_t i = 0; i < own->tx_count; i++)
		queued += own->txs[i].queued || own->txs[i].removed;
	for (size_t i = 0; i < ended->record->tx_count; i++) {
		const struct seen_tx *tx = i < own->tx_count ? &own->txs[i] : NULL;
		struct flag *delivered = &ended->record->tx[i].delivered;
		bool at_data = tx && tx->refused_at_data && !is_taken(tx) && own->counted && !lack->messages;
		bool refused = tx && (tx->refused_at_mail || at_data || tx->refused_at_end || tx->discarded);
		/* The queue id comes with the first recipient that is accepted. */
		bool no_queue_id = tx ? tx->queue_key == 0 && !tx->proxied : own->connected;
		bool no_recipient = own->counted && (counts->taken[COUNTED_RCPT] == 0 || (!lack->recipients && no_queue_id));
		bool unqueued = tx && !tx->queued && !tx->removed && !tx->lines_lost && !tx->hold;
		bool not_sent = unqueued && exact && queued >= data;

		if (tx && tx->sent)
			*delivered = flag_known(true);
		else if (refused || no_recipient || not_sent || (tx && postfix_is_settled(tx) && !tx->handed_on))
			*delivered = flag_known(false);
	}
}

/*
 * Was one taken of a transaction that was not refused?  A queue id tells so, but not beside refusals: it may have been given at MAIL
 * (smtpd_delay_open_until_valid_rcpt).
 */
static bool is_recipient_sure(const struct postfix_session *own, const struct seen_tx *tx)
{
	if (own->tx_count == 1 && own->counts.taken[COUNTED_MAIL] == 1 && own->counts.taken[COUNTED_RCPT] > 0)
		return true;
	return tx->queue_key != 0 && tx->reply.presence != PRESENCE_KNOWN;
}

/*
 * A refusal holds unless a recipient was taken after it, or at DATA a message, and what was taken unless the message was refused: may
 * a line have said so that is not there?
 */
static bool may_change(const struct postfix_session *own, const struct lack *lack, size_t number, bool refused)
{
	const struct seen_tx *tx = &own->txs[number];
	bool last = number + 1 == own->tx_count && !(refused && tx->over);

	/* smtpd_end_of_data_restrictions come after it, and their refusal is the answer. */
	if (refused && tx->refused_by_content)
		return own->torn || tx->lines_lost || (number + 1 == own->tx_count && !own->ended);
	if (refused ? tx->refused_at_mail || tx->refused_at_end : tx->queued || tx->passed)
		return false;
	if ((last && !own->ended) || tx->lines_lost)
		return true;
	if (refused)
		return tx->refused_at_data ? lack->messages : lack->recipients;
	return lack->refusals || (!was_none_refused(own) && !is_recipient_sure(own, tx));
}

static void complete_verdicts(const struct postfix_ended *ended, const struct lack *lack)
{
	const struct postfix_session *own = ended->own;
	struct record_verdict *verdict;

	if (own->reply.presence == PRESENCE_KNOWN || own->hold) {
		verdict = record_add_verdict(ended->record, ended->arena);
		if (!verdict)
			return;
		verdict->outcome = own->reply.presence == PRESENCE_KNOWN ? record_refused(&own->reply) :
									      record_taken(true);
	}
	for (size_t i = 0; i < own->tx_count; i++) {
		const struct seen_tx *tx = &own->txs[i];
		bool untaken = was_none_taken(own) || (tx->queue_key == 0 && !tx->proxied);
		bool at_data = tx->refused_at_data && !is_taken(tx);
		bool refused = tx->reply.presence == PRESENCE_KNOWN && (tx->refused_at_mail || tx->refused_at_end || at_data || untaken);

		if (may_change(own, lack, i, refused))
			continue;
		verdict = record_add_verdict(ended->record, ended->arena);
		if (!verdict)
			return;
		verdict->tx = number_known((uint32_t)i);
		verdict->outcome = refused ? record_refused(&tx->reply) : record_taken(tx->hold);
		if (tx->would.presence == PRESENCE_KNOWN) {
			verdict->would_presence = PRESENCE_KNOWN;
			verdict->would = record_refused(&tx->would);
		}
	}
	if (ended->record->verdicts_presence == PRESENCE_UNKNOWN && ended->record->tx_presence == PRESENCE_NONE)
		ended->record->verdicts_presence = PRESENCE_NONE;
}

void postfix_complete_outcome(const struct postfix_ended *ended)
{
	const struct postfix_session *own = ended->own;
	const struct lack lack = { lacks_recipients(own), lacks_messages(own), lacks_refusals(own) };

	complete_delivery(ended, &lack);
	complete_verdicts(ended, &lack);
}
