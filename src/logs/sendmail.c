/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of Sendmail logs, LogLevel 9 to 15: a process serves one connection, so lines are joined by it. */
#include "logs/sendmail.h"

#include "base/clock.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define EXPIRE_EVERY_US (60 * US_PER_SECOND)

static bool claims(struct span tag)
{
	return SPAN_BEGINS(tag, "sendmail") || SPAN_BEGINS(tag, "sm-");
}

static void finish_session(void *context, struct session_slot *slot, enum finish_reason reason)
{
	struct sendmail *sendmail = context;
	struct sendmail_session *own = sendmail_own(slot);

	for (size_t i = 0; i < own->dialogue.tx_count; i++)
		if (own->dialogue.txs[i].queue_key != 0)
			sessions_forget(sendmail->sessions, slot, own->dialogue.txs[i].queue_key);
	if (own->local)
		return;
	sendmail->sink->stats.given_up += reason == FINISH_FULL && own->spoken && !own->ended;
	sendmail_complete(sendmail, slot, reason == FINISH_END);
	sink_record(sendmail->sink, slot->record, &slot->arena);
}

static void *open_reader(struct log_sink *sink)
{
	struct sendmail *sendmail = calloc(1, sizeof *sendmail);

	if (!sendmail)
		return NULL;
	sendmail->sink = sink;
	sendmail->sessions = sessions_new(sizeof(struct sendmail_session), finish_session, sendmail);
	if (!sendmail->sessions) {
		free(sendmail);
		return NULL;
	}
	return sendmail;
}

static uint64_t hash_of(const char *host, size_t length)
{
	return hash_bytes(host, length, 5);
}

static uint64_t host_hash(const struct sendmail_entry *entry)
{
	return hash_of(entry->line->host.text, entry->line->host.length);
}

static uint64_t session_key(const struct sendmail_entry *entry)
{
	return hash_mix(host_hash(entry) ^ entry->line->pid, UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t sendmail_queue_key(const struct sendmail_entry *entry)
{
	return hash_bytes(entry->queue_id.text, entry->queue_id.length, host_hash(entry) + 1);
}

static bool has_host(const struct sendmail_hosts *hosts, uint64_t host)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (hosts->hosts[i] == host)
			return true;
	return false;
}

static void add_host(struct sendmail_hosts *hosts, uint64_t host)
{
	if (hosts->count < SENDMAIL_HOSTS_MAX && !has_host(hosts, host))
		hosts->hosts[hosts->count++] = host;
}

bool sendmail_is_telling(const struct sendmail_entry *entry)
{
	return has_host(&entry->sendmail->telling, host_hash(entry));
}

void sendmail_tells(const struct sendmail_entry *entry)
{
	add_host(&entry->sendmail->telling, host_hash(entry));
}

bool sendmail_began_before(const struct sendmail *sendmail, struct session_slot *slot)
{
	const struct text *host = &slot->record->host;
	const char *name = host->presence == PRESENCE_KNOWN ? host->value : "";

	return !sendmail_own(slot)->connected && has_host(&sendmail->connecting, hash_of(name, strlen(name)));
}

struct session_slot *sendmail_begin(struct sendmail_entry *entry, bool connected)
{
	struct log_sink *sink = entry->sendmail->sink;
	struct sendmail_session *own;
	struct session_slot *slot;
	const char *id;

	/* Also the session that it ends is to know. */
	if (connected)
		add_host(&entry->sendmail->connecting, host_hash(entry));
	slot = sessions_begin(entry->sendmail->sessions, session_key(entry), entry->now_us);
	id = slot ? sink_session_id(sink, &slot->arena, entry->now_us, entry->line->whole) : NULL;
	if (!id) {
		sink->no_memory = true;
		return NULL;
	}
	own = sendmail_own(slot);
	own->dialogue.sink = sink;
	own->dialogue.arena = &slot->arena;
	own->dialogue.record = slot->record;
	own->dialogue.partial = !connected;
	own->connected = connected;
	own->losses = sink->losses;
	own->base_us = own->end_us = entry->now_us;
	slot->record->id = text_known(id);
	slot->record->source = SOURCE_SENDMAIL_LOG;
	slot->record->mta = MTA_SENDMAIL;
	if (entry->line->host.length > 0)
		slot->record->host = sink_text(sink, &slot->arena, entry->line->host);
	/* Below LogLevel 10 the first line is all there is of the begin. */
	if (entry->timed)
		slot->record->start_us = micros_known(entry->now_us);
	return slot;
}

static void set_client(struct sendmail_entry *entry, struct session_slot *slot,
		       const struct sendmail_client *client)
{
	struct log_sink *sink = entry->sendmail->sink;
	struct record *record = slot->record;
	struct text name = client->name.length > 0 ? sink_text(sink, &slot->arena, client->name) : text_none();

	if (record->client_address.presence == PRESENCE_UNKNOWN)
		record->client_address = sink_address(client->address);
	else if (record->client_name.presence != PRESENCE_UNKNOWN)
		return;
	if (name.presence != PRESENCE_KNOWN) {
		record->client_name = name;
		return;
	}
	record->reverse_client_name = name;
	if (client->unconfirmed)
		return;
	record->client_name = client->forged ? text_none() : name;
	record->client_resolve = text_known(client->forged ? "FORGED" : "OK");
}

struct session_slot *sendmail_session_of(struct sendmail_entry *entry, const struct sendmail_client *client)
{
	struct session_slot *slot = sessions_find(entry->sendmail->sessions, session_key(entry));
	struct sendmail_session *own;
	struct address address =
		client ? sink_address(client->address) : (struct address){ .presence = PRESENCE_UNKNOWN };

	if (slot && address.presence == PRESENCE_KNOWN && slot->record->client_address.presence == PRESENCE_KNOWN &&
	    !ip_equal(&address.value, &slot->record->client_address.value))
		slot = NULL;
	if (!slot)
		slot = sendmail_begin(entry, false);
	else
		sessions_touch(entry->sendmail->sessions, slot, entry->now_us);
	if (!slot)
		return NULL;
	own = sendmail_own(slot);
	if (own->losses != entry->sendmail->sink->losses) {
		own->losses = entry->sendmail->sink->losses;
		own->torn = true;
		dialogue_lost(&own->dialogue);
	}
	own->end_us = entry->now_us;
	if (client)
		set_client(entry, slot, client);
	return slot;
}

/* "QUEUEID: TEXT", "NOQUEUE: TEXT", "TEXT" */
static enum taken tagged(void *state, const struct log_line *line)
{
	struct sendmail *sendmail = state;
	struct sendmail_entry entry = { .sendmail = sendmail, .line = line, .text = line->message };
	struct span rest;

	entry.timed = log_line_time(&sendmail->sink->stamps, line, &entry.now_us);
	if (entry.timed &&
	    (entry.now_us >= sendmail->expired_us + EXPIRE_EVERY_US || entry.now_us < sendmail->expired_us)) {
		sendmail->expired_us = entry.now_us;
		sessions_expire(sendmail->sessions, entry.now_us);
	}
	if (SPAN_BEGINS(entry.text, "NOQUEUE: "))
		entry.text = span_after(entry.text, 9);
	else if (span_take_queue_id(entry.text, &entry.queue_id, &rest))
		entry.text = rest;
	if (SPAN_BEGINS(entry.text, "from="))
		return sendmail_from_line(&entry);
	if (SPAN_BEGINS(entry.text, "to="))
		return sendmail_to_line(&entry);
	return sendmail_other_line(&entry);
}

static void finish(void *state)
{
	struct sendmail *sendmail = state;

	sessions_finish_all(sendmail->sessions);
}

static void close_reader(void *state)
{
	struct sendmail *sendmail = state;

	sessions_free(&sendmail->sessions);
	free(sendmail);
}

const struct log_format log_sendmail = {
	.name = "sendmail",
	.claims = claims,
	.open = open_reader,
	.tagged = tagged,
	.finish = finish,
	.close = close_reader,
};
