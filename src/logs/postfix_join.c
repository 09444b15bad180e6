/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recipients were refused, and then one was taken: of the same MAIL, or of the next?  Postfix writes the sender of what
 * it takes only when the message is queued, so the answer comes last.
 */
#include "logs/postfix_session.h"

#include <string.h>

/* What became of the transaction from is what became of into, which it continues. */
static void join(const struct postfix_ended *ended, size_t into, size_t from)
{
	struct postfix_session *own = ended->own;
	struct record_tx *tx = ended->record->tx;
	struct seen_tx *first = &own->txs[into];
	const struct seen_tx *second = &own->txs[from];

	first->queue_key = second->queue_key;
	first->proxied |= second->proxied;
	first->passed |= second->passed;
	first->over |= second->over;
	first->refused_at_data |= second->refused_at_data;
	first->refused_at_end |= second->refused_at_end;
	first->refused_by_content |= second->refused_by_content;
	first->hold |= second->hold;
	first->discarded |= second->discarded;
	first->queued |= second->queued;
	first->handed_on |= second->handed_on;
	first->sent |= second->sent;
	first->removed |= second->removed;
	first->lines_lost |= second->lines_lost;
	first->recipients += second->recipients;
	first->settled += second->settled;
	if (second->helo != NOT_SEEN)
		first->helo = second->helo;
	if (second->reply.presence == PRESENCE_KNOWN)
		first->reply = second->reply;
	if (second->would.presence == PRESENCE_KNOWN)
		first->would = second->would;
	tx[into].queue_id = tx[from].queue_id;
	tx[into].sasl_username = tx[from].sasl_username;
}

/* What is added later must be zero. */
static void keep_first(const struct postfix_ended *ended, size_t count)
{
	struct postfix_session *own = ended->own;
	struct record *record = ended->record;

	memset(own->txs + count, 0, (own->tx_count - count) * sizeof *own->txs);
	memset(record->tx + count, 0, (record->tx_count - count) * sizeof *record->tx);
	own->tx_count = record->tx_count = count;
}

enum relation { SAME_MAIL, OTHER_MAIL, EITHER };

/* Postfix adds $myorigin to a sender without domain. */
static bool is_with_origin(const struct text *sender, const struct text *bare)
{
	size_t length = strlen(bare->value);

	return !strchr(bare->value, '@') && strncmp(sender->value, bare->value, length) == 0 && sender->value[length] == '@';
}

/* Of a transaction to the one that is before it; spare: so many of them can be MAILs of their own. */
static enum relation relation_of(const struct postfix_ended *ended, size_t before, size_t number, uint32_t spare)
{
	const struct postfix_session *own = ended->own;
	const struct text *sender = &ended->record->tx[number].sender;
	bool known = sender->presence == PRESENCE_KNOWN;

	if (!own->txs[number].continues)
		return OTHER_MAIL;
	if (own->txs[number].same)
		return SAME_MAIL;
	/* That a filter gets a MAIL is told once. */
	if (own->txs[before].proxied && own->txs[number].proxied)
		return OTHER_MAIL;
	if (ended->record->tx[before].sender.presence != PRESENCE_KNOWN)
		return own->counted && spare == 0 ? SAME_MAIL : EITHER;
	if (known && postfix_is_sender(&ended->record->tx[before].sender, (struct span){ sender->value, strlen(sender->value) }))
		return SAME_MAIL;
	if (known && own->txs[number].said)
		return OTHER_MAIL;
	if (own->counted && spare == 0)
		return SAME_MAIL;
	/* What the queue manager says may have been rewritten. */
	if (!known || !own->counted || own->torn || is_with_origin(sender, &ended->record->tx[before].sender))
		return EITHER;
	return OTHER_MAIL;
}

void postfix_join_txs(const struct postfix_ended *ended)
{
	struct postfix_session *own = ended->own;
	struct record_tx *tx = ended->record->tx;
	uint32_t least = 0, taken = own->counts.taken[COUNTED_MAIL], spare;
	size_t last = 0;

	for (size_t i = 0; i < own->tx_count; i++)
		least += !own->txs[i].refused_at_mail && !own->txs[i].continues;
	spare = taken > least ? taken - least : 0;
	for (size_t i = 1; i < own->tx_count; i++) {
		enum relation relation = relation_of(ended, last, i, spare);

		if (relation == OTHER_MAIL) {
			spare -= own->txs[i].continues && spare > 0;
			last++;
			own->txs[last] = own->txs[i];
			tx[last] = tx[i];
			continue;
		}
		if (relation == EITHER) {
			tx[last].sender.presence = PRESENCE_UNKNOWN;
			own->txs[last].helo = NOT_SEEN;
		} else if (tx[last].sender.presence != PRESENCE_KNOWN) {
			tx[last].sender = tx[i].sender;
		}
		join(ended, last, i);
	}
	if (own->tx_count > 0)
		keep_first(ended, last + 1);
}
