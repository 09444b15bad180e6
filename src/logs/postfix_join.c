/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recipients were refused, and then one was taken: of the same MAIL, or of the next?  Postfix writes the sender of what
 * it takes only when the message is queued, so the answer comes last.
 */
#include "logs/postfix_session.h"

#include <string.h>

/* What became of transaction number is what became of the one before it, which it continues. */
static void join(struct session_slot *slot, size_t number)
{
	struct postfix_session *own = postfix_own(slot);
	struct record *record = &slot->record;
	struct seen_tx *first = &own->txs[number - 1], *second = &own->txs[number];

	first->queue_key = second->queue_key;
	first->over |= second->over;
	first->refused_at_end |= second->refused_at_end;
	first->hold |= second->hold;
	first->discarded |= second->discarded;
	first->queued |= second->queued;
	first->sent |= second->sent;
	first->removed |= second->removed;
	if (second->helo != NOT_SEEN)
		first->helo = second->helo;
	if (second->reply.presence == PRESENCE_KNOWN)
		first->reply = second->reply;
	if (second->would.presence == PRESENCE_KNOWN)
		first->would = second->would;
	record->tx[number - 1].queue_id = record->tx[number].queue_id;
	record->tx[number - 1].sasl_username = record->tx[number].sasl_username;
	memmove(second, second + 1, (own->tx_count - number - 1) * sizeof *second);
	memmove(&record->tx[number], &record->tx[number + 1], (record->tx_count - number - 1) * sizeof *record->tx);
	/* What is added later must be zero. */
	memset(&own->txs[--own->tx_count], 0, sizeof *second);
	memset(&record->tx[--record->tx_count], 0, sizeof *record->tx);
}

enum relation { SAME_MAIL, OTHER_MAIL, EITHER };

/* spare: so many of them can be MAILs of their own. */
static enum relation relation_of(struct session_slot *slot, size_t number, uint32_t spare)
{
	const struct postfix_session *own = postfix_own(slot);
	const struct record_tx *tx = &slot->record.tx[number];
	bool known = tx->sender.presence == PRESENCE_KNOWN;

	if (known && postfix_is_sender(&tx[-1].sender, (struct span){ tx->sender.value, strlen(tx->sender.value) }))
		return SAME_MAIL;
	if (known && own->txs[number].said)
		return OTHER_MAIL;
	if (own->counted && spare == 0)
		return SAME_MAIL;
	/* What the queue manager says may have been rewritten. */
	return known && own->counted ? OTHER_MAIL : EITHER;
}

void postfix_join_txs(struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);
	uint32_t least = 0, taken = own->counts.taken[COUNTED_MAIL], spare;

	for (size_t i = 0; i < own->tx_count; i++)
		least += !own->txs[i].refused_at_mail && !own->txs[i].continues;
	spare = taken > least ? taken - least : 0;
	for (size_t i = 1; i < own->tx_count;) {
		enum relation relation = own->txs[i].continues ? relation_of(slot, i, spare) : OTHER_MAIL;

		spare -= own->txs[i].continues && relation == OTHER_MAIL && spare > 0;
		if (relation == OTHER_MAIL) {
			i++;
			continue;
		}
		if (relation == EITHER) {
			slot->record.tx[i - 1].sender.presence = PRESENCE_UNKNOWN;
			own->txs[i - 1].helo = NOT_SEEN;
		}
		join(slot, i);
	}
}
