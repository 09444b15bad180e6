/* SPDX-License-Identifier: BSD-2-Clause */
/* Sendmail's lines about transactions: one envelope after the other, each with a queue id of its own. */
#include "logs/sendmail.h"

#include "logs/smtp_command.h"

#include <string.h>

void sendmail_set_daemon(struct sendmail_entry *entry, struct session_slot *slot, struct span name)
{
	if (name.length > 0 && slot->record->daemon_name.presence == PRESENCE_UNKNOWN)
		slot->record->daemon_name = sink_text(entry->sendmail->sink, &slot->arena, name);
}

/* The queue id of the line is that of the transaction's envelope. */
void sendmail_name_tx(struct sendmail_entry *entry, struct session_slot *slot, size_t number)
{
	struct dialogue_tx *tx = &sendmail_own(slot)->dialogue.txs[number];

	if (entry->queue_id.length == 0)
		return;
	tx->queue_key = sendmail_queue_key(entry);
	slot->record->tx[number].queue_id = sink_text(entry->sendmail->sink, &slot->arena, entry->queue_id);
	if (!sessions_name(entry->sendmail->sessions, slot, (uint32_t)number, tx->queue_key))
		entry->sendmail->sink->no_memory = true;
}

/* Was it said of this transaction?  Else its MAIL was refused, and left no other line. */
static bool take_ungreeted(struct sendmail_session *own, const struct dialogue_tx *tx)
{
	bool ungreeted = own->ungreeted && (own->ungreeted_key == 0 || tx->queue_key == 0 || own->ungreeted_key == tx->queue_key);

	own->ungreeted = false;
	return ungreeted;
}

static struct dialogue_tx *new_tx(struct sendmail_entry *entry, struct session_slot *slot, struct text sender)
{
	struct sendmail_session *own = sendmail_own(slot);
	struct dialogue_tx *tx = dialogue_new_tx(&own->dialogue, sender, sendmail_elapsed_us(entry, slot));

	if (tx) {
		sendmail_name_tx(entry, slot, own->dialogue.tx_count - 1);
		tx->ungreeted = take_ungreeted(own, tx);
	}
	return tx;
}

/* The last transaction of the line's envelope; NULL: none. */
static struct dialogue_tx *envelope_tx(struct sendmail_entry *entry, struct session_slot *slot)
{
	uint32_t number;

	if (entry->queue_id.length == 0 ||
	    sessions_by_queue_id(entry->sendmail->sessions, sendmail_queue_key(entry), &number) != slot)
		return NULL;
	return &sendmail_own(slot)->dialogue.txs[number];
}

void sendmail_refused_mail(struct sendmail_entry *entry, struct session_slot *slot, struct span sender,
			   struct span reply)
{
	struct text known = { .presence = PRESENCE_UNKNOWN };
	struct dialogue_tx *tx;

	if (sender.length >= 2 && sender.text[0] == '<' && sender.text[sender.length - 1] == '>')
		sender = (struct span){ sender.text + 1, sender.length - 2 };
	if (sender.text)
		sender = smtp_without_route(sendmail_unescaped(entry, slot, sender));
	if (sender.text)
		known = sink_text(entry->sendmail->sink, &slot->arena, sender);
	tx = new_tx(entry, slot, known);
	if (tx) {
		tx->refused_at_mail = true;
		tx->reply = sink_text(entry->sendmail->sink, &slot->arena, sendmail_unescaped(entry, slot, reply));
	}
}

void sendmail_refused_rcpt(struct sendmail_entry *entry, struct session_slot *slot, struct span reply, bool at_end)
{
	struct dialogue_tx *tx = envelope_tx(entry, slot);

	/* After a MAIL that was refused the next one has the same envelope. */
	if (!tx || tx->refused_at_mail)
		tx = new_tx(entry, slot, (struct text){ .presence = PRESENCE_UNKNOWN });
	if (tx) {
		tx->reply = sink_text(entry->sendmail->sink, &slot->arena, sendmail_unescaped(entry, slot, reply));
		tx->refused_at_end |= at_end;
	}
}

void sendmail_held(struct sendmail_entry *entry, struct session_slot *slot)
{
	struct dialogue_tx *tx = envelope_tx(entry, slot);

	if (!tx && entry->queue_id.length > 0 && !sendmail_own(slot)->spoken)
		tx = new_tx(entry, slot, (struct text){ .presence = PRESENCE_UNKNOWN });
	if (tx)
		tx->held = true;
}

/* The letters of TLS and login behind ESMTP or UTF8SMTP (RFC 3848, RFC 6531); false, and none: neither, or no protocol. */
static bool take_extended(struct span protocol, struct span *letters_r)
{
	size_t length = SPAN_BEGINS(protocol, "ESMTP") ? 5 : SPAN_BEGINS(protocol, "UTF8SMTP") ? 8 : 0;

	*letters_r = length > 0 ? span_after(protocol, length) : (struct span){ "", 0 };
	return length > 0;
}

static bool has_letter(struct span letters, char letter)
{
	return letters.length > 0 && memchr(letters.text, letter, letters.length);
}

/*
 * ESMTP, ESMTPS, ESMTPA, ESMTPSA after EHLO; SMTP after HELO, or without a greeting.  Before 8.16 it is ESMTP even after a login:
 * that there was none is known only of a host whose lines have shown more.
 */
static void set_protocol(struct sendmail_entry *entry, struct session_slot *slot, struct dialogue_tx *tx,
			 const struct sendmail_from *from, bool late)
{
	struct text *user = &slot->record->sasl_username;
	struct span letters;
	bool extended = take_extended(from->protocol, &letters), logged_in;

	if (!extended && !SPAN_IS(from->protocol, "SMTP"))
		return;
	tx->protocol = extended ? VERB_EHLO : VERB_HELO;
	/* After a login it is ESMTPA, whatever the greeting, which may have come behind a MAIL of this envelope that left no line. */
	if (has_letter(letters, 'A')) {
		tx->protocol = VERB_UNKNOWN;
		tx->ungreeted = false;
	}
	/* An EHLO that was refused makes it ESMTP too. */
	if (extended && sendmail_own(slot)->refused_count > 0)
		tx->protocol = VERB_UNKNOWN;
	if (letters.length > 0)
		sendmail_tells(entry);
	if (has_letter(letters, 'S') && slot->record->tls_presence == PRESENCE_UNKNOWN)
		slot->record->tls_presence = PRESENCE_KNOWN;
	logged_in = has_letter(letters, 'A') || (from->auth.length > 0 && !SPAN_IS(from->auth, "NONE"));
	sendmail_own(slot)->undisclosed |= logged_in;
	if (!logged_in && user->presence == PRESENCE_UNKNOWN && (sendmail_is_telling(entry) || from->auth.length > 0))
		*user = text_none();
	/* Behind a MAIL that is refused AUTH and STARTTLS may come before the end of its envelope, and this line. */
	if (late) {
		tx->login_unsure = !logged_in && user->presence == PRESENCE_KNOWN;
		tx->tls_unsure = !has_letter(letters, 'S') && slot->record->tls_presence == PRESENCE_KNOWN;
	}
}

/* VRFY and EXPN count as recipients. */
static bool has_asked(struct session_slot *slot)
{
	return sendmail_own(slot)->vrfy_count + sendmail_own(slot)->expn_count > 0;
}

/* Was a recipient of the envelope taken, for certain?  VRFY and EXPN count as such, of which the lines may be lost. */
static bool has_recipients(const struct sendmail_entry *entry, struct session_slot *slot, const struct sendmail_from *from)
{
	return from->recipients.presence == PRESENCE_KNOWN && from->recipients.value > 0 && !has_asked(slot) &&
	       !sendmail_own(slot)->torn && !sendmail_began_before(entry->sendmail, slot);
}

/* The envelope of a MAIL that was refused had recipients: of the next MAIL. */
static bool is_of_next_mail(const struct sendmail_entry *entry, struct session_slot *slot, const struct dialogue_tx *tx,
			    const struct sendmail_from *from)
{
	return tx->refused_at_mail && !tx->tracked && has_recipients(entry, slot, from);
}

/*
 * The transaction that the line is about: the last of its envelope, or, where that has another sender, the one of this sender
 * before it, since a MAIL that is refused for its syntax does not become the envelope's.  NULL: none yet.
 */
static struct dialogue_tx *tx_of_from(struct sendmail_entry *entry, struct session_slot *slot, const struct sendmail_from *from)
{
	struct dialogue_tx *txs = sendmail_own(slot)->dialogue.txs, *last = envelope_tx(entry, slot);
	const struct record_tx *shown = slot->record->tx;

	if (!last || !from->has_sender || shown[last - txs].sender.presence == PRESENCE_UNKNOWN)
		return last;
	for (size_t i = (size_t)(last - txs) + 1; i-- > 0 && txs[i].queue_key == last->queue_key;)
		if (text_is(&shown[i].sender, from->sender))
			return &txs[i];
	return NULL;
}

enum taken sendmail_from_line(struct sendmail_entry *entry)
{
	struct sendmail_from from;
	struct session_slot *slot;
	struct dialogue_tx *tx;
	struct record_tx *shown;
	bool late;

	if (!sendmail_from_parse(entry->text, &from))
		return TAKEN_NOT;
	/* A local submission, or a queue runner's line. */
	if (from.local || (from.protocol.length == 0 && from.daemon.length == 0))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, from.has_client ? &from.client : NULL);
	if (!slot)
		return TAKEN;
	sendmail_set_daemon(entry, slot, from.daemon);
	from.sender = smtp_without_route(sendmail_unescaped(entry, slot, from.sender));
	tx = tx_of_from(entry, slot, &from);
	/* The first line about a MAIL that may have been refused for one of its parameters. */
	late = !tx && !has_recipients(entry, slot, &from);
	if (!tx || is_of_next_mail(entry, slot, tx, &from))
		tx = new_tx(entry, slot, (struct text){ .presence = PRESENCE_UNKNOWN });
	if (!tx)
		return TAKEN;
	shown = &slot->record->tx[tx - sendmail_own(slot)->dialogue.txs];
	/* That of a MAIL that was refused, where it could not be told, may be another. */
	if (from.has_sender && shown->sender.presence == PRESENCE_UNKNOWN && !tx->refused_at_mail)
		shown->sender = sink_text(entry->sendmail->sink, &slot->arena, from.sender);
	tx->told = true;
	tx->ungreeted |= take_ungreeted(sendmail_own(slot), tx);
	set_protocol(entry, slot, tx, &from, late);
	if (tx->tracked)
		return TAKEN;
	tx->uncounted = has_asked(slot) || from.recipients.presence != PRESENCE_KNOWN;
	if (!tx->uncounted)
		shown->recipient_count = from.recipients;
	tx->taken = has_recipients(entry, slot, &from) && !tx->refused_at_mail;
	/* MAIL was refused for one of its parameters, or RCPT never came. */
	if (from.recipients.presence == PRESENCE_KNOWN && from.recipients.value == 0) {
		shown->delivered = flag_known(false);
		tx->unanswered = true;
	}
	return TAKEN;
}

/* "to=<R>, delay=..., mailer=esmtp, relay=..., dsn=2.0.0, stat=Sent (...)", perhaps of another process */
enum taken sendmail_to_line(struct sendmail_entry *entry)
{
	struct session_slot *slot;
	const char *stat;
	uint32_t number;

	slot = entry->queue_id.length > 0 ?
	       sessions_by_queue_id(entry->sendmail->sessions, sendmail_queue_key(entry), &number) : NULL;
	if (!slot)
		return TAKEN_OTHER;
	stat = memmem(entry->text.text, entry->text.length, ", mailer=", 9);
	stat = stat ? memmem(stat, (size_t)(entry->text.text + entry->text.length - stat), ", stat=Sent", 11) :
		      NULL;
	if (stat)
		slot->record->tx[number].delivered = flag_known(true);
	return TAKEN;
}
