/* SPDX-License-Identifier: BSD-2-Clause */
/* A session of Postfix' smtpd while its lines come in. */
#include "logs/postfix_session.h"

#include <string.h>

static bool same_span(struct span a, struct span b)
{
	return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static bool text_is(const struct text *text, struct span span)
{
	return text->presence == PRESENCE_KNOWN && strlen(text->value) == span.length &&
	       memcmp(text->value, span.text, span.length) == 0;
}

int64_t postfix_tick(struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);
	int64_t t_us = slot->seen_us - own->base_us;

	own->last_t_us = t_us > own->last_t_us ? t_us : own->last_t_us + 1;
	return own->last_t_us;
}

void postfix_set_client(struct log_sink *sink, struct session_slot *slot, struct span text,
			const struct postfix_client *client)
{
	struct postfix_session *own = postfix_own(slot);
	struct record *record = &slot->record;
	struct address address;
	const char *copy;

	if (same_span(own->client, text))
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
}

/* A name as the log shows it. */
static struct text helo_name(struct log_sink *sink, struct session_slot *slot, struct span name)
{
	return postfix_helo_is_exact(name) ? sink_text(sink, &slot->arena, name) :
					     (struct text){ .presence = PRESENCE_UNKNOWN };
}

static struct seen_helo *add_helo(struct log_sink *sink, struct session_slot *slot, enum verb verb,
				  struct span name, struct span shown)
{
	struct postfix_session *own = postfix_own(slot);
	struct seen_helo *helo = record_grow(&slot->arena, &own->helos, &own->helo_count, sizeof *helo);

	if (!helo) {
		sink->no_memory = true;
		return NULL;
	}
	helo->verb = verb;
	helo->name = helo_name(sink, slot, name);
	helo->shown = (struct span){ sink_copy(sink, &slot->arena, shown), shown.length };
	if (!helo->shown.text)
		helo->shown = name_not_shown;
	return helo;
}

/* Postfix writes '?' for what it does not show. */
static bool shows_as(struct span name, struct span shown)
{
	if (name.length != shown.length)
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (name.text[i] != shown.text[i] && shown.text[i] != '?')
			return false;
	return true;
}

void postfix_greet(struct log_sink *sink, struct session_slot *slot, enum verb verb, struct span name,
		   struct span shown, bool refused)
{
	struct postfix_session *own = postfix_own(slot);
	struct seen_helo *helo = own->helo_count > 0 ? &own->helos[own->helo_count - 1] : NULL;

	/* Several lines about one command. */
	if (helo && own->greeting_last && helo->as_command && helo->verb == verb && shows_as(helo->shown, shown)) {
		helo->refused |= refused;
		return;
	}
	helo = add_helo(sink, slot, verb, name, shown);
	if (!helo)
		return;
	helo->t_us = postfix_tick(slot);
	helo->as_command = true;
	helo->refused = refused;
	own->greeting_last = true;
	if (own->tx_count > 0 && !refused)
		own->txs[own->tx_count - 1].over = true;
}

/*
 * Postfix before 3.5 logs addresses in their internal form: a local part that needs quotes gets them back, so
 * that the domain can be told.
 */
struct text postfix_sender(struct log_sink *sink, struct session_slot *slot, struct span sender)
{
	static const bool specials[256] = {
		[' '] = true, ['('] = true, [')'] = true, ['<'] = true,	 ['>'] = true,
		[','] = true, [';'] = true, [':'] = true, ['\\'] = true, ['"'] = true,
		['['] = true, [']'] = true, ['@'] = true, ['\0'] = true,
	};
	const char *at = memrchr(sender.text, '@', sender.length);
	size_t local = at ? (size_t)(at - sender.text) : 0, length = 0;
	bool odd = false;
	char *text;

	for (size_t i = 0; i < local; i++)
		odd |= specials[(unsigned char)sender.text[i]];
	if (!odd || sender.text[0] == '"')
		return sink_text(sink, &slot->arena, sender);
	text = arena_alloc(&slot->arena, 2 * local + sender.length - local + 3);
	if (!text) {
		sink->no_memory = true;
		return (struct text){ .presence = PRESENCE_UNKNOWN };
	}
	text[length++] = '"';
	for (size_t i = 0; i < local; i++) {
		if (sender.text[i] == '"' || sender.text[i] == '\\')
			text[length++] = '\\';
		text[length++] = sender.text[i] == '\0' ? '?' : sender.text[i];
	}
	text[length++] = '"';
	memcpy(text + length, at, sender.length - local);
	return text_known(text);
}

struct seen_tx *postfix_new_tx(struct log_sink *sink, struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);
	struct record *record = &slot->record;
	struct record_tx *tx = record_grow(&slot->arena, &record->tx, &record->tx_count, sizeof *tx);
	struct seen_tx *seen = tx ? record_grow(&slot->arena, &own->txs, &own->tx_count, sizeof *seen) : NULL;

	if (!seen) {
		record->tx_count = own->tx_count;
		sink->no_memory = true;
		return NULL;
	}
	record->tx_presence = PRESENCE_KNOWN;
	tx->t_us = micros_known(postfix_tick(slot));
	seen->helo = NOT_SEEN;
	own->greeting_last = false;
	return seen;
}

/* Whether or not its local part was put in quotes. */
static bool is_sender(const struct text *text, struct span sender)
{
	return text_is(text, sender) || (text->value[0] == '"' && sender.length > 0 && sender.text[0] != '"' &&
					 strlen(text->value) > sender.length);
}

struct seen_tx *postfix_tx(struct log_sink *sink, struct session_slot *slot, const struct postfix_trailer *trailer,
			   bool at_mail)
{
	struct postfix_session *own = postfix_own(slot);
	struct seen_tx *seen = own->tx_count > 0 ? &own->txs[own->tx_count - 1] : NULL;
	struct record_tx *tx = seen ? &slot->record.tx[own->tx_count - 1] : NULL;

	/* As long as a message has a queue file its lines bear the queue id. */
	if (!seen || seen->over || seen->queue_key != 0 || (at_mail && seen->past_mail) ||
	    (trailer->has_sender && tx->sender.presence == PRESENCE_KNOWN &&
	     !is_sender(&tx->sender, trailer->sender))) {
		seen = postfix_new_tx(sink, slot);
		if (!seen)
			return NULL;
		tx = &slot->record.tx[own->tx_count - 1];
	}
	if (trailer->has_sender && tx->sender.presence == PRESENCE_UNKNOWN)
		tx->sender = postfix_sender(sink, slot, trailer->sender);
	seen->past_mail |= !at_mail;
	own->greeting_last = false;
	return seen;
}

int postfix_effect(struct log_sink *sink, struct session_slot *slot, const struct postfix_trailer *trailer,
		   int64_t t_us)
{
	struct postfix_session *own = postfix_own(slot);
	struct seen_helo *helo = NULL;

	if (!trailer->has_protocol)
		return NOT_SEEN;
	/* The name is left out only when there is none. */
	if (!trailer->has_helo)
		return NO_GREETING;
	for (size_t i = own->helo_count; i > 0 && !helo; i--)
		if (!own->helos[i - 1].refused)
			helo = &own->helos[i - 1];
	/* ESMTP stays once there was an EHLO; SMTP is certain. */
	if (!helo || !shows_as(helo->shown, trailer->helo) ||
	    (trailer->protocol == VERB_HELO && helo->verb == VERB_EHLO)) {
		helo = add_helo(sink, slot, trailer->protocol, trailer->helo, trailer->helo);
		if (!helo)
			return NOT_SEEN;
		helo->t_us = t_us;
	}
	return (int)(helo - own->helos);
}

void postfix_tx_helo(struct log_sink *sink, struct session_slot *slot, struct seen_tx *tx,
		     const struct postfix_trailer *trailer)
{
	size_t number = (size_t)(tx - postfix_own(slot)->txs);
	int helo = postfix_effect(sink, slot, trailer, slot->record.tx[number].t_us.value);

	if (helo != NOT_SEEN && (helo != NO_GREETING || tx->helo == NOT_SEEN))
		tx->helo = helo;
}

static bool greets(const struct smtp_command *command)
{
	return command->command == COUNTED_HELO || command->command == COUNTED_EHLO;
}

void postfix_command(struct log_sink *sink, struct session_slot *slot, const struct smtp_command *sent,
		     const struct smtp_command *taken)
{
	struct postfix_session *own = postfix_own(slot);
	const struct smtp_command *command = greets(taken) && !greets(sent) ? taken : sent;
	const struct postfix_trailer path = { .has_sender = command->has_path, .sender = command->argument };

	switch (command->command) {
	case COUNTED_HELO:
	case COUNTED_EHLO:
		/* Without an argument it is refused, and no milter hears of it. */
		postfix_greet(sink, slot, command->command == COUNTED_EHLO ? VERB_EHLO : VERB_HELO,
			      command->argument, taken->argument,
			      taken->command != command->command || taken->argument.length == 0);
		break;
	case COUNTED_MAIL:
		if (command->has_path)
			(void)postfix_tx(sink, slot, &path, true);
		break;
	case COUNTED_RSET:
		if (own->tx_count > 0)
			own->txs[own->tx_count - 1].over = true;
		break;
	case COUNTED_EXPN: own->expn_count++; break;
	case COUNTED_HELP: own->help_count++; break;
	default: break;
	}
	own->greeting_last &= greets(command);
	if (sent->command != taken->command && sent->command != COUNTED_EXPN && sent->command != COUNTED_HELP) {
		own->altered[sent->command]++;
		own->altered[taken->command]--;
	}
}

bool postfix_is_final(struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);
	const struct postfix_counts *counts = &own->counts;
	size_t named = 0, gone = 0, queued = 0;

	for (size_t i = 0; i < own->tx_count; i++) {
		const struct seen_tx *tx = &own->txs[i];
		bool is_gone = tx->removed || tx->hold || tx->discarded || tx->refused_at_end;

		named += tx->queue_key != 0;
		gone += tx->queue_key != 0 && is_gone;
		queued += tx->queue_key != 0 && (tx->queued || is_gone);
	}
	if (gone == named)
		return true;
	return own->counted && counts->taken[COUNTED_BDAT] == 0 && queued >= counts->taken[COUNTED_DATA] &&
	       gone == queued;
}
