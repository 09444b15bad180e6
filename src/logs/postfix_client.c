/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose session of Postfix' smtpd is it?  The number of a process comes again, and XCLIENT changes the client within a session. */
#include "logs/postfix.h"

#include "logs/postfix_session.h"

void postfix_set_client(struct postfix *postfix, struct session_slot *slot, struct span text, const struct postfix_client *client)
{
	struct log_sink *sink = postfix->sink;
	struct postfix_session *own = postfix_own(slot);
	struct record *record = slot->record;
	struct address address;
	const char *copy;

	if (span_is(own->client, text.text, text.length))
		return;
	copy = sink_copy(sink, &slot->arena, text);
	if (!copy)
		return;
	own->client = (struct span){ copy, text.length };
	address = sink_address(client->address);
	/* What was said before the connect of this address still holds. */
	if (!own->announced || address.presence != PRESENCE_KNOWN ||
	    !ip_equal(&address.value, &record->client_address.value)) {
		record->reverse_client_name = (struct text){ .presence = PRESENCE_UNKNOWN };
		record->client_resolve = (struct text){ .presence = PRESENCE_UNKNOWN };
	}
	own->announced = false;
	record->client_address = address;
	record->client_port = sink_number(client->port);
	if (SPAN_IS(client->name, "unknown")) {
		record->client_name = text_none();
	} else if (client->name.length > 0) {
		record->client_name = sink_text(sink, &slot->arena, client->name);
		record->reverse_client_name = record->client_name;
		record->client_resolve = text_known("OK");
	}
	postfix_keep_client(postfix, slot);
}

/* XCLIENT comes before all mail, and lets smtpd forget whom it has refused, or what it holds. */
static bool move(struct postfix_session *own)
{
	if (!own->connected || own->tx_count > 0 || own->auth_failures > 0 || own->tls_seen)
		return false;
	own->moved = true;
	own->helos_before = own->helo_count;
	own->reply.presence = PRESENCE_UNKNOWN;
	own->hold = false;
	return true;
}

struct session_slot *postfix_of_client(struct postfix *postfix, const struct log_line *line, struct span text,
				       const struct postfix_client *client)
{
	uint64_t key = postfix_client_key(line, client->address);
	struct session_slot *slot = postfix_current(postfix, key, line);

	/* Else its end and the begin of this one are not in the log. */
	if (slot && postfix_own(slot)->client.text && !span_is(postfix_own(slot)->client, text.text, text.length) &&
	    !move(postfix_own(slot)))
		slot = postfix_begin_unseen(postfix, key, line);
	if (slot)
		postfix_set_client(postfix, slot, text, client);
	return slot;
}

/* Does text begin with the client of the session, whole? */
static bool begins_with_client(const struct postfix_session *own, struct span text)
{
	const struct span client = own->client;

	return client.text && span_begins(text, client.text, client.length) &&
	       (text.length == client.length || text.text[client.length] == ' ' || text.text[client.length] == ',');
}

bool postfix_take_client(struct postfix *postfix, const struct log_line *line, struct span text,
			 struct session_slot **slot_r, struct span *rest_r)
{
	struct session_slot *slot = line->has_pid ? sessions_find(postfix->smtpd, postfix_session_key(line)) : NULL;
	struct postfix_client client;

	/* As nearly all lines have it: there is nothing to take apart. */
	if (slot && !postfix_own(slot)->announced && begins_with_client(postfix_own(slot), text)) {
		postfix_touch(postfix, slot, line);
		*slot_r = slot;
		*rest_r = span_after(text, postfix_own(slot)->client.length);
		return true;
	}
	if (!postfix_client_parse(text, &client, rest_r))
		return false;
	*slot_r = postfix_of_client(postfix, line, span_between(text.text, rest_r->text), &client);
	return true;
}

void postfix_settle_client(struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);

	if (!own->moved || (own->counted && !own->torn && own->counts.given[COUNTED_XCLIENT] > 0))
		return;
	/* It was no XCLIENT: what came before is of another session, whose end is not in the log. */
	own->connected = false;
	slot->record->start_us.presence = PRESENCE_UNKNOWN;
	if (own->helos_before == 0)
		return;
	own->helos += own->helos_before;
	own->helo_count -= own->helos_before;
	for (size_t i = 0; i < own->tx_count; i++)
		if (own->txs[i].helo >= 0)
			own->txs[i].helo -= (int)own->helos_before;
}
