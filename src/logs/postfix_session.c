/* SPDX-License-Identifier: BSD-2-Clause */
/* A session of Postfix' smtpd while its lines come in. */
#include "logs/postfix_session.h"

#include <string.h>

int64_t postfix_tick(struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);
	int64_t t_us = slot->seen_us - own->base_us;

	own->last_t_us = t_us > own->last_t_us ? t_us : own->last_t_us + 1;
	return own->last_t_us;
}

/* A name as the log shows it. */
static struct text helo_name(struct log_sink *sink, struct session_slot *slot, struct span name)
{
	return postfix_helo_is_exact(name) ? sink_text(sink, &slot->arena, name) :
					     (struct text){ .presence = PRESENCE_UNKNOWN };
}

static struct seen_helo *add_helo(struct log_sink *sink, struct session_slot *slot, const struct greeting *greeting)
{
	struct postfix_session *own = postfix_own(slot);
	struct seen_helo *helo = record_grow(&slot->arena, &own->helos, &own->helo_count, sizeof *helo);

	if (!helo) {
		sink->no_memory = true;
		return NULL;
	}
	helo->verb = greeting->verb;
	helo->name = helo_name(sink, slot, greeting->cut ? name_not_shown : greeting->name);
	helo->cut = greeting->cut;
	helo->shown = (struct span){ sink_copy(sink, &slot->arena, greeting->shown), greeting->shown.length };
	if (!helo->shown.text)
		helo->shown = name_not_shown;
	return helo;
}

/* Does a later line show this greeting?  Postfix writes '?' for what it does not show. */
static bool shows_as(const struct seen_helo *helo, struct span shown)
{
	struct span name = helo->shown;

	if (helo->cut ? name.length > shown.length : name.length != shown.length)
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (name.text[i] != shown.text[i] && shown.text[i] != '?')
			return false;
	return true;
}

/* Of a greeting of which only the begin was shown, a later line may show all. */
static void complete_name(struct log_sink *sink, struct session_slot *slot, struct seen_helo *helo, struct span name)
{
	const char *copy = helo->cut ? sink_copy(sink, &slot->arena, name) : NULL;

	if (!copy)
		return;
	helo->name = helo_name(sink, slot, name);
	helo->shown = (struct span){ copy, name.length };
	helo->cut = false;
}

void postfix_greet(struct log_sink *sink, struct session_slot *slot, const struct greeting *greeting)
{
	struct postfix_session *own = postfix_own(slot);
	struct seen_helo *helo = own->helo_count > 0 ? &own->helos[own->helo_count - 1] : NULL;

	if (helo && greeting->again && own->greeting_last && helo->as_command && helo->verb == greeting->verb &&
	    (SPAN_IS(greeting->shown, "??") || shows_as(helo, greeting->shown))) {
		complete_name(sink, slot, helo, greeting->name);
		helo->refused |= greeting->refused;
		return;
	}
	helo = add_helo(sink, slot, greeting);
	if (!helo)
		return;
	helo->t_us = postfix_tick(slot);
	helo->as_command = true;
	helo->refused = greeting->refused;
	own->greeting_last = true;
	if (own->tx_count > 0 && !greeting->refused)
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
	struct record *record = slot->record;
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
	seen->behind_tls = own->tls_seen;
	own->greeting_last = false;
	return seen;
}

bool postfix_is_sender(const struct text *text, struct span sender)
{
	const char *at = text->value, *end;
	size_t i = 0;

	if (text->presence != PRESENCE_KNOWN)
		return false;
	if (text_is(text, sender))
		return true;
	end = strrchr(at, '"');
	if (at[0] != '"' || end == at)
		return false;
	for (at++; at < end; at++, i++) {
		at += *at == '\\' && at + 1 < end;
		if (i >= sender.length || sender.text[i] != *at)
			return false;
	}
	return strlen(end + 1) == sender.length - i && memcmp(end + 1, sender.text + i, sender.length - i) == 0;
}

/* Where the sender of a line can be read in more than one way, none of them may be the one that is known. */
static bool is_other_sender(const struct text *known, const struct postfix_trailer *trailer)
{
	if (known->presence != PRESENCE_KNOWN)
		return false;
	if (trailer->has_sender)
		return !postfix_is_sender(known, trailer->sender);
	return trailer->paths.length > 0 && !span_find(trailer->paths, known->value, strlen(known->value));
}

struct seen_tx *postfix_tx(struct log_sink *sink, struct session_slot *slot, const struct postfix_trailer *trailer,
			   bool at_mail)
{
	struct postfix_session *own = postfix_own(slot);
	struct seen_tx *seen = own->tx_count > 0 ? &own->txs[own->tx_count - 1] : NULL;
	struct record_tx *tx = seen ? &slot->record->tx[own->tx_count - 1] : NULL;

	/* Of a message that goes to a filter the lines bear no queue id: of the same MAIL, or of the next? */
	if (seen && !seen->over && seen->proxied && !at_mail && trailer->has_sender && tx->sender.presence == PRESENCE_UNKNOWN) {
		seen = postfix_new_tx(sink, slot);
		if (seen)
			seen->past_mail = seen->continues = true;
		return seen;
	}
	/* As long as a message has a queue file its lines bear the queue id. */
	if (!seen || seen->over || seen->queue_key != 0 || (at_mail && seen->past_mail) ||
	    is_other_sender(&tx->sender, trailer)) {
		seen = postfix_new_tx(sink, slot);
		if (!seen)
			return NULL;
		tx = &slot->record->tx[own->tx_count - 1];
	}
	if (trailer->has_sender && tx->sender.presence == PRESENCE_UNKNOWN)
		tx->sender = postfix_sender(sink, slot, trailer->sender);
	seen->past_mail |= !at_mail;
	own->greeting_last = false;
	return seen;
}

struct seen_tx *postfix_taking_tx(struct log_sink *sink, struct session_slot *slot)
{
	const struct postfix_trailer nothing = { .has_sender = false };
	struct postfix_session *own = postfix_own(slot);
	struct seen_tx *seen = own->tx_count > 0 ? &own->txs[own->tx_count - 1] : NULL;

	/* The line that tells so comes once for each MAIL. */
	if (seen && seen->proxied)
		return postfix_new_tx(sink, slot);
	/* Where lines are lost its MAIL may be among them. */
	if (!seen || seen->over || seen->queue_key != 0 || (!seen->refused_last && own->losses == sink->losses))
		return postfix_tx(sink, slot, &nothing, false);
	seen = postfix_new_tx(sink, slot);
	if (seen)
		seen->past_mail = seen->continues = true;
	return seen;
}

/* ESMTP stays once there was an EHLO; SMTP is certain, and so is that an EHLO came after it. */
static bool is_other_verb(const struct postfix_session *own, const struct seen_helo *helo, enum verb protocol)
{
	if (helo->verb == protocol)
		return false;
	for (const struct seen_helo *before = own->helos; before < helo; before++)
		if (before->verb == VERB_EHLO && !before->refused && protocol == VERB_EHLO)
			return false;
	return true;
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
	if (!helo || !shows_as(helo, trailer->helo) || is_other_verb(own, helo, trailer->protocol)) {
		helo = add_helo(sink, slot, &(struct greeting){ .verb = trailer->protocol, .name = trailer->helo,
								.shown = trailer->helo });
		if (!helo)
			return NOT_SEEN;
		helo->t_us = t_us;
	}
	complete_name(sink, slot, helo, trailer->helo);
	return (int)(helo - own->helos);
}

void postfix_tx_helo(struct log_sink *sink, struct session_slot *slot, struct seen_tx *tx,
		     const struct postfix_trailer *trailer)
{
	size_t number = (size_t)(tx - postfix_own(slot)->txs);
	int helo = postfix_effect(sink, slot, trailer, slot->record->tx[number].t_us.value);

	if (helo != NOT_SEEN && (helo != NO_GREETING || tx->helo == NOT_SEEN))
		tx->helo = helo;
}

static bool greets(const struct smtp_command *command)
{
	return command->command == COUNTED_HELO || command->command == COUNTED_EHLO;
}

/* MAIL was given.  smtpd -v tells below what it was answered, so that it can wait. */
static void command_mail(struct log_sink *sink, struct session_slot *slot, struct span path_text)
{
	struct postfix_session *own = postfix_own(slot);
	const struct postfix_trailer path = { .has_sender = true, .sender = path_text };
	const char *copy = own->spoken ? sink_copy(sink, &slot->arena, path_text) : NULL;

	if (!own->spoken) {
		(void)postfix_tx(sink, slot, &path, true);
	} else if (copy) {
		own->mail_waits = true;
		own->mail_path = (struct span){ copy, path_text.length };
	}
}

void postfix_answer(struct log_sink *sink, struct session_slot *slot, struct span text)
{
	struct postfix_session *own = postfix_own(slot);
	struct seen_tx *seen;
	bool good = text.length > 0 && text.text[0] == '2';

	if (!own->mail_waits || (text.length > 3 && text.text[3] == '-'))
		return;
	own->mail_waits = false;
	/* Out of order: nothing has changed. */
	if (SPAN_BEGINS(text, "503") || own->losses != sink->losses)
		return;
	seen = postfix_new_tx(sink, slot);
	if (!seen)
		return;
	slot->record->tx[own->tx_count - 1].sender = postfix_sender(sink, slot, own->mail_path);
	seen->refused_at_mail = seen->over = !good;
	if (!good)
		seen->reply = sink_text(sink, &slot->arena, text);
}

void postfix_command(struct log_sink *sink, struct session_slot *slot, const struct smtp_command *sent,
		     const struct smtp_command *taken, bool cut)
{
	struct postfix_session *own = postfix_own(slot);
	const struct smtp_command *command = greets(taken) && !greets(sent) ? taken : sent;
	/* The command that a filter has replaced was shown by -v before. */
	const struct greeting greeting = { .verb = command->command == COUNTED_EHLO ? VERB_EHLO : VERB_HELO,
					   .name = command->argument,
					   .shown = taken->argument,
					   .cut = cut,
					   /* Without an argument it is refused, and no milter hears of it. */
					   .refused = taken->command != command->command || taken->argument.length == 0,
					   .again = own->verbose && sent != taken };

	switch (command->command) {
	case COUNTED_HELO:
	case COUNTED_EHLO:
		postfix_greet(sink, slot, &greeting);
		break;
	case COUNTED_MAIL:
		if (command->has_path)
			command_mail(sink, slot, command->argument);
		break;
	case COUNTED_RSET:
		/* With an argument it is refused. */
		if (taken->argument.length == 0 && own->tx_count > 0)
			own->txs[own->tx_count - 1].over = true;
		break;
	case COUNTED_STARTTLS: own->tls_seen = true; break;
	case COUNTED_EXPN: own->expn_count++; break;
	case COUNTED_HELP: own->help_count++; break;
	default: break;
	}
	own->greeting_last &= greets(command);
	if (sent->command != taken->command && sent->command != COUNTED_EXPN && sent->command != COUNTED_HELP) {
		own->filtered = true;
		own->altered[sent->command]++;
		own->altered[taken->command]--;
	}
}

bool postfix_is_settled(const struct seen_tx *tx)
{
	/* The line that tells of a delivery may come behind "removed", through another socket. */
	return tx->removed && (tx->sent || (tx->recipients > 0 && tx->settled >= tx->recipients));
}

bool postfix_is_gone(const struct seen_tx *tx)
{
	return postfix_is_settled(tx) || tx->hold || tx->discarded || tx->refused_at_end;
}

bool postfix_is_final(struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);
	const struct postfix_counts *counts = &own->counts;
	size_t named = 0, gone = 0, queued = 0;

	for (size_t i = 0; i < own->tx_count; i++) {
		const struct seen_tx *tx = &own->txs[i];
		bool is_gone = postfix_is_gone(tx);

		named += tx->queue_key != 0;
		gone += tx->queue_key != 0 && is_gone;
		queued += tx->queue_key != 0 && (tx->queued || is_gone);
	}
	if (gone == named)
		return true;
	return own->counted && counts->taken[COUNTED_BDAT] == 0 && queued >= counts->taken[COUNTED_DATA] &&
	       gone == queued;
}
