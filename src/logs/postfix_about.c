/* SPDX-License-Identifier: BSD-2-Clause */
/* What Postfix did about a command: "KEYWORD: STAGE from CLIENT: TEXT; from=<S> to=<R> proto=P helo=<H>". */
#include "logs/postfix.h"

#include "logs/postfix_session.h"

#include <string.h>

enum deed { DEED_NONE, DEED_INFO, DEED_REJECT, DEED_WOULD_REJECT, DEED_HOLD, DEED_DISCARD };

#define DEED(word, deed, by_milter) { word, sizeof word - 1, deed, by_milter }

static const struct {
	const char *word;
	size_t length;
	enum deed deed;
	bool by_milter;		/* which refuses a greeting with 250 */
} deeds[] = {
	DEED("reject", DEED_REJECT, false), DEED("milter-reject", DEED_REJECT, true),
	DEED("reject_warning", DEED_WOULD_REJECT, false),
	DEED("hold", DEED_HOLD, false), DEED("milter-hold", DEED_HOLD, true),
	DEED("discard", DEED_DISCARD, false), DEED("milter-discard", DEED_DISCARD, true),
	DEED("info", DEED_INFO, false), DEED("warning", DEED_INFO, false), DEED("filter", DEED_INFO, false),
	DEED("redirect", DEED_INFO, false), DEED("prepend", DEED_INFO, false), DEED("bcc", DEED_INFO, false),
	DEED("permit", DEED_INFO, false), DEED("replace", DEED_INFO, false), DEED("strip", DEED_INFO, false),
	DEED("delay", DEED_INFO, false), DEED("warn", DEED_INFO, false), DEED("hangup", DEED_REJECT, false),
};

enum about_stage { ABOUT_CONNECT, ABOUT_GREETING, ABOUT_MAIL, ABOUT_RCPT, ABOUT_DATA, ABOUT_END, ABOUT_OTHER };

/* One line, taken apart. */
struct about {
	enum deed deed;
	bool by_milter;
	bool of_content;		/* what header_checks or a look at MIME found, while the message came */
	enum about_stage stage;
	enum verb verb;			/* of ABOUT_GREETING */
	struct span client_text;
	struct postfix_client client;
	struct postfix_trailer trailer;
};

static enum about_stage stage_of(struct span word)
{
	if (SPAN_IS(word, "CONNECT"))
		return ABOUT_CONNECT;
	if (SPAN_IS(word, "EHLO") || SPAN_IS(word, "HELO"))
		return ABOUT_GREETING;
	if (SPAN_IS(word, "MAIL"))
		return ABOUT_MAIL;
	if (SPAN_IS(word, "RCPT"))
		return ABOUT_RCPT;
	if (SPAN_IS(word, "DATA"))
		return ABOUT_DATA;
	if (SPAN_IS(word, "BDAT") || SPAN_IS(word, "END-OF-MESSAGE") || SPAN_BEGINS(word, "DATA ") || SPAN_BEGINS(word, "BDAT "))
		return ABOUT_END;
	return ABOUT_OTHER;
}

static bool take_deed(struct span *text, struct about *about_r)
{
	const char *colon = memchr(text->text, ':', text->length);
	struct span word;

	if (!colon || (size_t)(colon - text->text) + 2 > text->length || colon[1] != ' ')
		return false;
	word = span_between(text->text, colon);
	about_r->deed = DEED_NONE;
	for (size_t i = 0; i < sizeof deeds / sizeof deeds[0] && about_r->deed == DEED_NONE; i++) {
		if (span_is(word, deeds[i].word, deeds[i].length)) {
			about_r->deed = deeds[i].deed;
			about_r->by_milter = deeds[i].by_milter;
			about_r->of_content = false;
		}
	}
	*text = span_after(*text, word.length + 2);
	return about_r->deed != DEED_NONE;
}

/* "STAGE from CLIENT: TEXT; ...": STAGE may be two words, "DATA content" */
static bool take_stage(struct span text, struct about *about_r)
{
	const char *from = SPAN_FIND(text, " from "), *end = text.text + text.length;
	struct span rest;

	if (!from)
		return false;
	about_r->stage = stage_of(span_between(text.text, from));
	about_r->verb = text.text[0] == 'H' ? VERB_HELO : VERB_EHLO;
	if (!postfix_client_parse(span_between(from + 6, end), &about_r->client, &rest) ||
	    !SPAN_BEGINS(rest, ": "))
		return false;
	about_r->client_text = span_between(from + 6, rest.text);
	if (about_r->stage == ABOUT_GREETING)
		postfix_greeting_trailer_parse(span_after(rest, 2), &about_r->trailer);
	else
		postfix_trailer_parse(span_after(rest, 2), &about_r->trailer);
	/* No recipient is known yet: what looks like one is a part of the sender. */
	if (about_r->stage == ABOUT_MAIL && about_r->trailer.has_recipient)
		about_r->trailer.has_sender = false;
	return true;
}

static struct text reply_of(struct postfix *postfix, struct session_slot *slot, const struct about *about)
{
	return sink_text(postfix->sink, &slot->arena, about->trailer.text);
}

static void note_user(struct postfix *postfix, struct session_slot *slot, const struct postfix_trailer *trailer)
{
	if (trailer->has_user)
		postfix_own(slot)->shown_user = sink_text(postfix->sink, &slot->arena, trailer->user);
}

/* What it means for a transaction. */
static void apply_to_tx(struct postfix *postfix, struct session_slot *slot, struct seen_tx *tx,
			const struct about *about)
{
	struct text *sender = &slot->record->tx[tx - postfix_own(slot)->txs].sender;

	note_user(postfix, slot, &about->trailer);
	tx->shows_user |= about->trailer.has_user;
	postfix_tx_helo(postfix->sink, slot, tx, &about->trailer);
	if (about->trailer.has_sender && sender->presence == PRESENCE_UNKNOWN) {
		*sender = postfix_sender(postfix->sink, slot, about->trailer.sender);
		tx->said = true;
	}
	if (about->trailer.has_sender)
		tx->only_at_mail = about->stage == ABOUT_MAIL;
	tx->refused_last = about->deed == DEED_REJECT && about->stage == ABOUT_RCPT;
	switch (about->deed) {
	case DEED_NONE:
	case DEED_INFO:
		break;
	case DEED_REJECT:
		/* It came before, and is late. */
		if (tx->refused_as_message && about->stage == ABOUT_RCPT)
			break;
		tx->reply = reply_of(postfix, slot, about);
		tx->refused_at_mail |= about->stage == ABOUT_MAIL;
		tx->refused_at_data |= about->stage == ABOUT_DATA;
		tx->refused_at_end |= about->stage == ABOUT_END;
		tx->refused_by_content = about->of_content;
		tx->over |= about->stage == ABOUT_MAIL || about->stage == ABOUT_END;
		break;
	case DEED_WOULD_REJECT:
		tx->would = reply_of(postfix, slot, about);
		break;
	case DEED_HOLD:
		tx->hold = true;
		break;
	case DEED_DISCARD:
		tx->discarded = true;
		break;
	}
}

/* Before any MAIL. */
static void apply_to_session(struct postfix *postfix, struct session_slot *slot, const struct about *about)
{
	struct postfix_session *own = postfix_own(slot);
	const struct postfix_trailer *trailer = &about->trailer;

	note_user(postfix, slot, trailer);
	if (about->stage == ABOUT_GREETING && trailer->has_helo)
		postfix_greet(postfix->sink, slot,
			      &(struct greeting){ .verb = about->verb, .name = trailer->helo, .shown = trailer->helo,
						  .refused = about->deed == DEED_REJECT && !about->by_milter, .again = true });
	else if (about->stage == ABOUT_OTHER && trailer->has_helo)
		(void)postfix_effect(postfix->sink, slot, trailer, postfix_tick(slot));
	own->greeting_last &= about->stage == ABOUT_GREETING;
	if (about->stage == ABOUT_OTHER)
		return;
	if (about->deed == DEED_REJECT)
		own->reply = reply_of(postfix, slot, about);
	own->hold |= about->deed == DEED_HOLD;
}

static struct seen_tx *tx_of_key(const struct postfix_session *own, uint64_t queue_key)
{
	for (size_t i = own->tx_count; i > 0; i--)
		if (own->txs[i - 1].queue_key == queue_key)
			return &own->txs[i - 1];
	return NULL;
}

enum taken postfix_about_line(struct postfix *postfix, const struct log_line *line, struct span queue_id,
			      struct span text)
{
	struct session_slot *slot;
	struct about about;
	struct seen_tx *tx;

	if (!take_deed(&text, &about) || !take_stage(text, &about))
		return TAKEN_NOT;
	slot = postfix_of_client(postfix, line, about.client_text, &about.client);
	if (!slot)
		return TAKEN;
	if (about.stage == ABOUT_CONNECT || about.stage == ABOUT_GREETING || about.stage == ABOUT_OTHER) {
		apply_to_session(postfix, slot, &about);
		return postfix_taken(slot);
	}
	if (about.stage == ABOUT_MAIL)
		postfix_own(slot)->mail_waits = false;
	tx = queue_id.length > 0 ? tx_of_key(postfix_own(slot), postfix_queue_key(line, queue_id)) : NULL;
	if (!tx) {
		tx = postfix_tx(postfix->sink, slot, &about.trailer, about.stage == ABOUT_MAIL);
		/* The line that gave it the queue id is not in the log. */
		if (tx && queue_id.length > 0)
			postfix_name_tx(postfix, line, slot, tx, queue_id);
	}
	if (tx)
		apply_to_tx(postfix, slot, tx, &about);
	return postfix_taken(slot);
}

/* What a filter before the queue does names no client.  NULL: whose session it was is not told. */
static struct session_slot *session_before_filter(struct postfix *postfix, const struct log_line *line)
{
	uint64_t key = postfix_session_key(line);
	struct session_slot *slot = sessions_find(postfix->smtpd, key);

	if (!slot || !postfix_own(slot)->client.text || postfix_own(slot)->losses != postfix->sink->losses)
		return NULL;
	return postfix_current(postfix, key, line);
}

/* The MAIL whose recipient was taken last, and the filter told of: only one that has such a line is brought before the filter. */
static struct seen_tx *proxied_tx(struct postfix_session *own)
{
	struct seen_tx *tx = own->tx_count > 0 ? &own->txs[own->tx_count - 1] : NULL;

	if (!tx || tx->over || (!tx->proxied && !(tx->continues && own->tx_count > 1 && tx[-1].proxied)))
		return NULL;
	tx->same |= !tx->proxied;
	return tx;
}

/*
 * smtpd_proxy_filter: "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as ...; from=<S> to=<R> proto=P helo=<H>", and
 * "proxy-reject: ..."
 */
enum taken postfix_proxy_line(struct postfix *postfix, const struct log_line *line, struct span text)
{
	struct session_slot *slot = session_before_filter(postfix, line);
	struct about about = { .deed = SPAN_BEGINS(text, "proxy-accept: ") ? DEED_INFO : DEED_REJECT };
	const char *colon, *end = text.text + text.length;
	struct seen_tx *tx;

	text = span_after(text, 14);
	colon = memchr(text.text, ':', text.length);
	if (!slot)
		return TAKEN_OTHER;
	if (!colon || end - colon < 2 || colon[1] != ' ')
		return TAKEN_NOT;
	about.stage = stage_of(span_between(text.text, colon));
	postfix_trailer_parse(span_between(colon + 2, end), &about.trailer);
	/* What the filter has answered last, which is not what a message that is too big is refused with. */
	if (about.deed == DEED_REJECT && !SPAN_BEGINS(about.trailer.text, "4") && !SPAN_BEGINS(about.trailer.text, "5"))
		about.trailer.text.length = 0;
	tx = proxied_tx(postfix_own(slot));
	if (!tx)
		tx = postfix_tx(postfix->sink, slot, &about.trailer, false);
	if (!tx)
		return TAKEN;
	tx->proxied |= about.deed == DEED_INFO;
	apply_to_tx(postfix, slot, tx, &about);
	if (about.deed == DEED_INFO)
		tx->passed = tx->over = true;
	return postfix_taken(slot);
}

/* "proxy SERVICE rejected "COMMAND": "REPLY"": both are as others wrote them, so that REPLY may be read in more than one way. */
static bool take_proxy_refusal(struct span text, struct about *about_r)
{
	const char *end = text.text + text.length, *at = SPAN_BEGINS(text, "proxy ") ? SPAN_FIND(text, " rejected \"") : NULL;
	const char *reply = at ? SPAN_FIND(span_between(at + 11, end), "\": \"") : NULL;
	struct smtp_command command;

	if (!reply || end[-1] != '"')
		return false;
	smtp_command_parse(span_between(at + 11, reply), &command);
	about_r->stage = command.command == COUNTED_RCPT ? ABOUT_RCPT : command.command == COUNTED_DATA ? ABOUT_DATA : ABOUT_OTHER;
	reply += 4;
	if (end > reply && !SPAN_FIND(span_between(reply, end), "\": \""))
		about_r->trailer.text = span_between(reply, end - 1);
	return about_r->stage != ABOUT_OTHER;
}

enum taken postfix_proxy_warning(struct postfix *postfix, const struct log_line *line, struct span text)
{
	struct session_slot *slot = session_before_filter(postfix, line);
	struct about about = { .deed = DEED_REJECT, .trailer = { .text = { text.text, 0 } } };
	struct postfix_session *own;
	struct seen_tx *tx;

	if (!slot)
		return TAKEN_OTHER;
	own = postfix_own(slot);
	tx = take_proxy_refusal(text, &about) ? proxied_tx(own) : NULL;
	if (tx) {
		apply_to_tx(postfix, slot, tx, &about);
		return postfix_taken(slot);
	}
	/* A recipient was refused, perhaps of this MAIL: its last reply is none that the log tells. */
	tx = own->tx_count > 0 ? &own->txs[own->tx_count - 1] : NULL;
	if (tx && !tx->over && tx->reply.presence == PRESENCE_KNOWN)
		tx->reply = text_known("");
	return TAKEN_OTHER;
}

/* " proto=P[ helo=<H>][: TEXT]": both are left out where H may hold what looks like the begin of TEXT. */
static void take_header_end(struct span text, struct postfix_trailer *trailer)
{
	const char *end = text.text + text.length, *helo = SPAN_FIND(text, " helo=<");
	const char *close = helo ? SPAN_FIND(text, ">: ") : NULL, *colon = helo ? close : SPAN_FIND(text, ": ");

	if (close && (end[-1] == '>' || SPAN_FIND(span_between(close + 1, end), ">: ")))
		return;
	postfix_trailer_parse(span_between(text.text, close ? close + 1 : colon ? colon : end), trailer);
	trailer->text = colon ? span_between(colon + (close ? 3 : 2), end) : (struct span){ end, 0 };
}

/*
 * cleanup's header_checks: "KEYWORD: header LINE from CLIENT; from=<S> to=<R> proto=P[ helo=<H>][: TEXT]".  Both the header and
 * the name are the client's, so only the end is read, and only if it can be told where it begins.
 */
static bool take_header(struct span text, struct about *about_r)
{
	const char *end = text.text + text.length, *protocol;

	if (!SPAN_BEGINS(text, "header ") && !SPAN_BEGINS(text, "body "))
		return false;
	about_r->stage = ABOUT_END;
	about_r->of_content = true;
	about_r->trailer = (struct postfix_trailer){ .text = { end, 0 } };
	protocol = SPAN_FIND(text, " proto=");
	if (protocol && !SPAN_FIND(span_between(protocol + 1, end), " proto="))
		take_header_end(span_between(protocol, end), &about_r->trailer);
	return true;
}

/* "mime-error ERROR: TEXT from CLIENT; from=<S> to=<R>": what it is answered is not in the log. */
static bool take_mime_error(struct span text, struct about *about_r)
{
	const char *colon = SPAN_FIND(text, ": ");

	if (!SPAN_BEGINS(text, "mime-error ") || !colon || colon - text.text < 11)
		return false;
	about_r->trailer = (struct postfix_trailer){ .text = span_between(text.text + 11, colon) };
	about_r->stage = ABOUT_END;
	about_r->of_content = true;
	return true;
}

enum taken postfix_about_message(struct postfix *postfix, struct session_slot *slot, uint32_t tx, struct span text)
{
	struct about about;

	if (!take_deed(&text, &about))
		return TAKEN_OTHER;
	if (!take_header(text, &about) && !take_mime_error(text, &about) && !take_stage(text, &about))
		return TAKEN_NOT;
	/* The first refusal is the answer. */
	if (about.deed != DEED_REJECT || !postfix_own(slot)->txs[tx].refused_at_end)
		apply_to_tx(postfix, slot, &postfix_own(slot)->txs[tx], &about);
	postfix_own(slot)->txs[tx].refused_as_message |= about.deed == DEED_REJECT;
	return TAKEN;
}
