/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions as a network monitor saw them. */
#include "logs/observer.h"

#include "base/clock.h"

#include <string.h>

#define EXPIRE_EVERY_US (60 * US_PER_SECOND)

struct observed {
	int64_t base_us;
	int64_t last_t_us;
	bool encrypted;		/* greetings and transactions went on unseen */
};

static struct observed *own_of(struct session_slot *slot)
{
	return session_own(slot);
}

/* Under TLS the client greets again, and nobody knows how. */
static void add_unseen(struct observer *observer, struct session_slot *slot)
{
	struct record *record = slot->record;
	struct record_helo *helo = record_grow(&slot->arena, &record->helo, &record->helo_count, sizeof *helo);

	if (!helo) {
		observer->sink->no_memory = true;
		return;
	}
	record->helo_presence = PRESENCE_KNOWN;
	helo->t_us = micros_known(own_of(slot)->last_t_us + 1);
}

static void finish_session(void *context, struct session_slot *slot, enum finish_reason reason)
{
	struct observer *observer = context;

	(void)reason;
	if (own_of(slot)->encrypted && slot->record->helo_presence == PRESENCE_KNOWN)
		add_unseen(observer, slot);
	sink_record(observer->sink, slot->record, &slot->arena);
}

bool observer_init(struct observer *observer, struct log_sink *sink, enum record_source source)
{
	*observer = (struct observer){ .sink = sink, .source = source };
	observer->sessions = sessions_new(sizeof(struct observed), finish_session, observer);
	return observer->sessions;
}

void observer_clear(struct observer *observer)
{
	sessions_free(&observer->sessions);
}

void observer_finish(struct observer *observer)
{
	sessions_finish_all(observer->sessions);
}

static struct session_slot *begin(struct observer *observer, const struct observation *seen)
{
	struct session_slot *slot = sessions_begin(observer->sessions, seen->key, seen->time_us);
	const char *id = slot ? sink_session_id(observer->sink, &slot->arena, seen->time_us, seen->line) : NULL;
	struct record *record;

	if (!id) {
		observer->sink->no_memory = true;
		return NULL;
	}
	own_of(slot)->base_us = seen->time_us;
	record = slot->record;
	record->id = text_known(id);
	record->source = observer->source;
	if (seen->timed)
		record->start_us = micros_known(seen->time_us);
	record->client_address = sink_address(seen->client);
	record->client_port = sink_number(seen->client_port);
	record->server_address = sink_address(seen->server);
	record->server_port = sink_number(seen->server_port);
	return slot;
}

static int64_t tick(struct session_slot *slot, int64_t time_us)
{
	struct observed *own = own_of(slot);
	int64_t t_us = time_us - own->base_us;

	own->last_t_us = t_us > own->last_t_us ? t_us : own->last_t_us + 1;
	return own->last_t_us;
}

static void take_helo(struct observer *observer, struct session_slot *slot, const struct observation *seen)
{
	struct record *record = slot->record;
	struct record_helo *helo = record->helo_count > 0 ? &record->helo[record->helo_count - 1] : NULL;

	if (helo && helo->name.presence == PRESENCE_KNOWN && strlen(helo->name.value) == seen->helo.length &&
	    memcmp(helo->name.value, seen->helo.text, seen->helo.length) == 0)
		return;
	helo = record_grow(&slot->arena, &record->helo, &record->helo_count, sizeof *helo);
	if (!helo) {
		observer->sink->no_memory = true;
		return;
	}
	record->helo_presence = PRESENCE_KNOWN;
	helo->name = sink_text(observer->sink, &slot->arena, seen->helo);
	helo->t_us = micros_known(tick(slot, seen->time_us));
}

/* The last reply is that to the transaction, unless it says good-bye or asks for the message. */
static void take_reply(struct observer *observer, struct session_slot *slot, struct span reply)
{
	char digit = reply.length > 2 ? reply.text[0] : '\0';
	struct record_verdict *verdict;
	struct text text;

	if ((digit != '2' && digit != '4' && digit != '5') || SPAN_BEGINS(reply, "221"))
		return;
	verdict = record_add_verdict(slot->record, &slot->arena);
	if (!verdict) {
		observer->sink->no_memory = true;
		return;
	}
	text = sink_text(observer->sink, &slot->arena, reply);
	verdict->tx = number_known((unsigned)slot->record->tx_count - 1);
	verdict->outcome = digit == '2' ? record_taken(false) : record_refused(&text);
	if (digit != '2')
		slot->record->tx[slot->record->tx_count - 1].delivered = flag_known(false);
}

static void take_tx(struct observer *observer, struct session_slot *slot, const struct observation *seen)
{
	struct record *record = slot->record;
	struct record_tx *tx = record_grow(&slot->arena, &record->tx, &record->tx_count, sizeof *tx);
	struct span sender = seen->sender;

	if (!tx) {
		observer->sink->no_memory = true;
		return;
	}
	if (sender.length >= 2 && sender.text[0] == '<' && sender.text[sender.length - 1] == '>')
		sender = (struct span){ sender.text + 1, sender.length - 2 };
	record->tx_presence = PRESENCE_KNOWN;
	tx->sender = sink_text(observer->sink, &slot->arena, sender);
	tx->t_us = micros_known(tick(slot, seen->time_us));
	take_reply(observer, slot, seen->reply);
}

void observer_take(struct observer *observer, const struct observation *seen)
{
	struct session_slot *slot;

	if (seen->timed &&
	    (seen->time_us >= observer->expired_us + EXPIRE_EVERY_US || seen->time_us < observer->expired_us)) {
		observer->expired_us = seen->time_us;
		sessions_expire(observer->sessions, seen->time_us);
	}
	slot = sessions_find(observer->sessions, seen->key);
	if (slot)
		sessions_touch(observer->sessions, slot, seen->time_us);
	else
		slot = begin(observer, seen);
	if (!slot)
		return;
	if (seen->has_helo)
		take_helo(observer, slot, seen);
	if (seen->has_sender)
		take_tx(observer, slot, seen);
	if (seen->tls != OBSERVED_TLS_UNKNOWN && slot->record->tls_presence != PRESENCE_KNOWN)
		slot->record->tls_presence = seen->tls == OBSERVED_TLS_YES ? PRESENCE_KNOWN : PRESENCE_NONE;
	own_of(slot)->encrypted |= seen->tls == OBSERVED_TLS_YES;
}
