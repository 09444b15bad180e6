/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of Postfix' postscreen: sessions that end there reach neither smtpd nor a milter. */
#include "logs/postfix.h"

#include "base/hash.h"
#include "logs/postfix_session.h"

#include <string.h>

struct screened {
	bool passed;		/* smtpd goes on with it */
	bool ended;
	bool greeting_lost;	/* there was one, and then none */
	uint64_t process;	/* the postscreen that has it */
	int64_t base_us;
	int64_t last_t_us;
};

static struct screened *own_of(struct session_slot *slot)
{
	return session_own(slot);
}

static struct record_verdict *add_verdict(struct log_sink *sink, struct session_slot *slot)
{
	struct record_verdict *verdict = record_add_verdict(slot->record, &slot->arena);

	if (!verdict) {
		sink->no_memory = true;
		return NULL;
	}
	verdict->outcome = (struct record_outcome){ .check = text_known("postscreen"), .rule = text_none() };
	return verdict;
}

static void finish_screened(void *context, struct session_slot *slot, enum finish_reason reason)
{
	struct postfix *postfix = context;
	struct screened *own = own_of(slot);
	struct record *record = slot->record;

	if (own->passed)
		return;
	postfix->sink->stats.given_up += reason == FINISH_IDLE || reason == FINISH_FULL;
	record->complete = flag_known(own->ended);
	/* The list cannot say so. */
	if (own->greeting_lost) {
		record->helo_presence = PRESENCE_UNKNOWN;
		record->helo_count = 0;
	}
	if (own->ended && record->start_us.presence == PRESENCE_KNOWN)
		record->duration_us = micros_between(own->base_us, slot->seen_us);
	/* What it was told, if anything, is not in the log. */
	if (record->verdict_count == 0)
		(void)add_verdict(postfix->sink, slot);
	sink_record(postfix->sink, record, &slot->arena);
}

static uint64_t key_of(const struct log_line *line, const struct postfix_client *client)
{
	uint64_t seed = hash_bytes(client->port.text, client->port.length, log_line_host_hash(line) + 2);

	return hash_bytes(client->address.text, client->address.length, seed);
}

static struct postfix_passed *passed_of(struct postfix *postfix, uint64_t process)
{
	return &postfix->passed[process % (sizeof postfix->passed / sizeof postfix->passed[0])];
}

/*
 * Behind tests that come after the greeting, a client that passes them is sent away: the next line of the postscreen says so.
 * key: of the client whose session the line is about; 0: of a session that begins.
 */
static void hand_over(struct postfix *postfix, const struct log_line *line, uint64_t key)
{
	uint64_t process = postfix_session_key(line);
	struct postfix_passed *passed = passed_of(postfix, process);
	struct session_slot *slot;

	if (passed->key == 0 || passed->process != process)
		return;
	slot = passed->key != key ? sessions_find(postfix->postscreen, passed->key) : NULL;
	if (slot)
		sessions_finish(postfix->postscreen, slot);
	passed->key = 0;
}

/* "CONNECT from [A]:p to [B]:q" */
static enum taken connected(struct postfix *postfix, const struct log_line *line, struct span text)
{
	struct log_sink *sink = postfix->sink;
	struct postfix_client client, server;
	struct session_slot *slot;
	struct record *record;
	struct span rest;
	int64_t now_us = 0;
	bool timed;
	const char *id;

	if (!postfix_client_parse(text, &client, &rest))
		return TAKEN_NOT;
	/* The tlsproxy's, where the tag does not tell the program. */
	if (rest.length == 0)
		return TAKEN_OTHER;
	if (!SPAN_BEGINS(rest, " to ") || !postfix_client_parse(span_after(rest, 4), &server, &rest))
		return TAKEN_NOT;
	hand_over(postfix, line, 0);
	timed = log_line_time(&sink->stamps, line, &now_us);
	if (timed)
		postfix_expire(postfix, now_us);
	slot = sessions_begin(postfix->postscreen, key_of(line, &client), now_us);
	id = slot ? sink_session_id(sink, &slot->arena, now_us, line->whole) : NULL;
	if (!id) {
		sink->no_memory = true;
		return TAKEN;
	}
	own_of(slot)->base_us = now_us;
	own_of(slot)->last_t_us = -1;
	own_of(slot)->process = postfix_session_key(line);
	record = slot->record;
	record->id = text_known(id);
	postfix_record_begin(sink, slot, line);
	if (timed)
		record->start_us = micros_known(now_us);
	record->client_address = sink_address(client.address);
	record->client_port = sink_number(client.port);
	record->server_address = sink_address(server.address);
	record->server_port = sink_number(server.port);
	return TAKEN;
}

/* Of the line: never the same twice. */
static int64_t tick(struct session_slot *slot)
{
	struct screened *own = own_of(slot);
	int64_t t_us = slot->seen_us - own->base_us;

	own->last_t_us = t_us > own->last_t_us ? t_us : own->last_t_us + 1;
	return own->last_t_us;
}

static void greet(struct postfix *postfix, struct session_slot *slot, enum verb verb, struct span name, int64_t t_us)
{
	struct record *record = slot->record;
	struct record_helo *helo = record->helo_count > 0 ? &record->helo[record->helo_count - 1] : NULL;

	if (helo && (helo->verb == verb || (verb == VERB_UNKNOWN && helo->verb == VERB_EHLO)) && text_is(&helo->name, name))
		return;
	helo = record_grow(&slot->arena, &record->helo, &record->helo_count, sizeof *helo);
	if (!helo) {
		postfix->sink->no_memory = true;
		return;
	}
	record->helo_presence = PRESENCE_KNOWN;
	helo->verb = verb;
	helo->t_us = micros_known(t_us);
	if (postfix_helo_is_exact(name))
		helo->name = sink_text(postfix->sink, &slot->arena, name);
}

/* What was sent before the greeting, line ends shown as "\r\n". */
static void early(struct postfix *postfix, struct session_slot *slot, struct span text)
{
	const char *end = memmem(text.text, text.length, "\\r\\n", 4);
	struct smtp_command command;

	if (!end)
		return;
	smtp_command_parse(span_between(text.text, end), &command);
	if (command.command == COUNTED_EHLO || command.command == COUNTED_HELO)
		greet(postfix, slot, command.command == COUNTED_EHLO ? VERB_EHLO : VERB_HELO, command.argument,
		      tick(slot));
}

/* Lines of one sender that follow each other are of one MAIL as far as they tell.  NULL: out of memory. */
static struct record_tx *tx_of(struct postfix *postfix, struct session_slot *slot, const struct postfix_trailer *trailer,
			       int64_t t_us)
{
	struct record *record = slot->record;
	struct record_tx *tx = record->tx_count > 0 ? &record->tx[record->tx_count - 1] : NULL;

	if (tx && (trailer->has_sender ? text_is(&tx->sender, trailer->sender) : tx->sender.presence == PRESENCE_UNKNOWN))
		return tx;
	tx = record_grow(&slot->arena, &record->tx, &record->tx_count, sizeof *tx);
	if (!tx) {
		postfix->sink->no_memory = true;
		return NULL;
	}
	record->tx_presence = PRESENCE_KNOWN;
	if (trailer->has_sender)
		tx->sender = sink_text(postfix->sink, &slot->arena, trailer->sender);
	tx->delivered = flag_known(false);
	tx->t_us = micros_known(t_us);
	return tx;
}

/* The last one, if it is this transaction's; else a new one.  NULL: out of memory. */
static struct record_verdict *verdict_of(struct postfix *postfix, struct session_slot *slot, const struct record_tx *tx)
{
	struct record *record = slot->record;
	struct record_verdict *verdict = record->verdict_count > 0 ? &record->verdicts[record->verdict_count - 1] : NULL;
	unsigned number = tx ? (unsigned)(tx - record->tx) : 0;

	if (verdict && tx && verdict->tx.presence == PRESENCE_KNOWN && verdict->tx.value == number)
		return verdict;
	verdict = add_verdict(postfix->sink, slot);
	if (verdict && tx)
		verdict->tx = number_known(number);
	return verdict;
}

/* Not the reply itself, which is 421 with a text of its own. */
static bool is_too_many(struct span text)
{
	return SPAN_IS(text, "too many connections") || SPAN_IS(text, "all screening ports busy") ||
	       SPAN_IS(text, "all server ports busy");
}

/*
 * "NOQUEUE: reject: RCPT from [A]:p: 550 5.5.1 Protocol error; from=<S>, to=<R>, proto=ESMTP, helo=<H>", with "helo=<>" for
 * no greeting
 */
static void rejected(struct postfix *postfix, struct session_slot *slot, struct span text)
{
	struct postfix_trailer trailer;
	struct record_verdict *verdict;
	struct record_tx *tx = NULL;
	int64_t t_us = tick(slot);
	struct text reply;

	postfix_trailer_parse(text, &trailer);
	/* ESMTP stays once there was an EHLO. */
	if (trailer.has_helo && trailer.helo.length > 0)
		greet(postfix, slot, trailer.protocol == VERB_HELO ? VERB_HELO : VERB_UNKNOWN, trailer.helo, t_us);
	else if (trailer.has_helo)
		own_of(slot)->greeting_lost |= slot->record->helo_count > 0;
	if (trailer.paths.length > 0) {
		tx = tx_of(postfix, slot, &trailer, t_us);
		if (!tx)
			return;
	}
	verdict = verdict_of(postfix, slot, tx);
	if (!verdict)
		return;
	reply = sink_text(postfix->sink, &slot->arena, trailer.text);
	verdict->outcome = record_refused(&reply);
	verdict->outcome.check = text_known("postscreen");
	if (is_too_many(trailer.text)) {
		verdict->outcome.action = text_known("tempfail");
		verdict->outcome.reply.presence = PRESENCE_UNKNOWN;
	}
}

enum deed { SCREEN_PASS, SCREEN_EARLY, SCREEN_REJECT, SCREEN_DISCONNECT, SCREEN_OTHER };

static const struct {
	const char *begin;
	enum deed deed;
} deeds[] = {
	{ "PASS NEW ", SCREEN_PASS },	       { "PASS OLD ", SCREEN_PASS },
	{ "WHITELISTED ", SCREEN_PASS },       { "ALLOWLISTED ", SCREEN_PASS },
	{ "PREGREET ", SCREEN_EARLY },	       { "NOQUEUE: reject: ", SCREEN_REJECT },
	{ "DISCONNECT ", SCREEN_DISCONNECT },  { "HANGUP after ", SCREEN_OTHER },
	{ "DNSBL rank ", SCREEN_OTHER },       { "BLACKLISTED ", SCREEN_OTHER },
	{ "DENYLISTED ", SCREEN_OTHER },       { "COMMAND ", SCREEN_OTHER },
	{ "NON-SMTP COMMAND ", SCREEN_OTHER }, { "BARE NEWLINE ", SCREEN_OTHER },
	{ "DATA without ", SCREEN_OTHER },     { "BDAT without ", SCREEN_OTHER },
	{ "reject: connect from ", SCREEN_REJECT }, { "WHITELIST VETO ", SCREEN_OTHER },
	{ "ALLOWLIST VETO ", SCREEN_OTHER },
};

/* About a client that has connected; a line about the others is still understood. */
static enum taken deed_line(struct postfix *postfix, const struct log_line *line, enum deed deed)
{
	struct span text = line->message, rest;
	const char *open = memchr(text.text, '[', text.length);
	struct postfix_client client;
	struct session_slot *slot;
	int64_t now_us;
	uint64_t key;

	if (!open || !postfix_client_parse(span_between(open, text.text + text.length), &client, &rest))
		return TAKEN_NOT;
	key = key_of(line, &client);
	hand_over(postfix, line, key);
	slot = sessions_find(postfix->postscreen, key);
	if (!slot)
		return TAKEN_ORPHAN;
	/* The end of the tlsproxy's part, where the tag does not tell the program. */
	if (deed == SCREEN_DISCONNECT && own_of(slot)->process != postfix_session_key(line))
		return TAKEN_OTHER;
	if (log_line_time(&postfix->sink->stamps, line, &now_us))
		sessions_touch(postfix->postscreen, slot, now_us);
	if (deed == SCREEN_EARLY && SPAN_BEGINS(rest, ": "))
		early(postfix, slot, span_after(rest, 2));
	if (deed == SCREEN_REJECT && SPAN_BEGINS(rest, ": "))
		rejected(postfix, slot, span_after(rest, 2));
	/* A client that was refused comes again. */
	own_of(slot)->passed = deed == SCREEN_PASS && slot->record->verdict_count == 0;
	own_of(slot)->ended = deed == SCREEN_DISCONNECT;
	if (own_of(slot)->passed) {
		uint64_t process = postfix_session_key(line);

		*passed_of(postfix, process) = (struct postfix_passed){ .process = process, .key = key };
	}
	if (deed == SCREEN_DISCONNECT)
		sessions_finish(postfix->postscreen, slot);
	return TAKEN;
}

enum taken postfix_postscreen_line(struct postfix *postfix, const struct log_line *line)
{
	struct span text = line->message;

	if (!postfix->postscreen)
		postfix->postscreen = sessions_new(sizeof(struct screened), finish_screened, postfix);
	if (!postfix->postscreen) {
		postfix->sink->no_memory = true;
		return TAKEN;
	}
	if (SPAN_BEGINS(text, "CONNECT from "))
		return connected(postfix, line, span_after(text, 13));
	for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
		if (span_begins(text, deeds[i].begin, strlen(deeds[i].begin)))
			return deed_line(postfix, line, deeds[i].deed);
	return TAKEN_OTHER;
}

/*
 * "Anonymous TLS connection established from [A]:p: TLSv1.3 with cipher NAME (256/256 bits) ...": what speaks TLS for
 * postscreen; the rest of its lines postscreen has too, or they are about connections to other hosts.
 */
enum taken postfix_tlsproxy_line(struct postfix *postfix, const struct log_line *line)
{
	size_t length = postfix_tls_begin_length(line->message);
	struct span rest, version, cipher;
	struct postfix_client client;
	struct session_slot *slot;

	if (length == 0)
		return TAKEN_OTHER;
	if (!postfix_client_parse(span_after(line->message, length), &client, &rest) || !SPAN_BEGINS(rest, ": ") ||
	    !postfix_tls_parse(span_after(rest, 2), &version, &cipher))
		return TAKEN_NOT;
	slot = postfix->postscreen ? sessions_find(postfix->postscreen, key_of(line, &client)) : NULL;
	if (!slot)
		return TAKEN_ORPHAN;
	postfix_set_tls(postfix->sink, slot, version, cipher);
	return TAKEN;
}
