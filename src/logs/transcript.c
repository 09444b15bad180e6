/* SPDX-License-Identifier: BSD-2-Clause */
/* The readers of SMTP transcripts, of swaks and of sendmail -X: they have no times, only an order. */
#include "logs/dialogue.h"
#include "logs/sendmail.h"
#include "logs/sessions.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/instant.h"

#include <stdlib.h>
#include <string.h>

struct transcript {
	struct log_sink *sink;
	struct sessions *sessions;	/* of swaks only one at a time */
};

/* The reader's own part of a slot. */
struct spoken {
	struct dialogue dialogue;
	bool begun;			/* the greeting of the server was seen */
	bool ended;
};

static struct spoken *own_of(struct session_slot *slot)
{
	return session_own(slot);
}

static void finish_session(void *context, struct session_slot *slot, enum finish_reason reason)
{
	struct transcript *transcript = context;
	struct spoken *own = own_of(slot);

	(void)reason;
	own->ended |= own->dialogue.ended;
	dialogue_complete(&own->dialogue, own->begun);
	slot->record->complete = flag_known(own->begun && own->ended);
	sink_record(transcript->sink, slot->record, &slot->arena);
}

static void *open_reader(struct log_sink *sink)
{
	struct transcript *transcript = calloc(1, sizeof *transcript);

	if (!transcript)
		return NULL;
	transcript->sink = sink;
	transcript->sessions = sessions_new(sizeof(struct spoken), finish_session, transcript);
	if (!transcript->sessions) {
		free(transcript);
		return NULL;
	}
	return transcript;
}

static void close_reader(void *state)
{
	struct transcript *transcript = state;

	sessions_free(&transcript->sessions);
	free(transcript);
}

static void finish(void *state)
{
	sessions_finish_all(((struct transcript *)state)->sessions);
}

static struct session_slot *begin(struct transcript *transcript, uint64_t key, struct span line)
{
	struct session_slot *slot = sessions_begin(transcript->sessions, key, 0);
	const char *id = slot ? sink_session_id(transcript->sink, &slot->arena, 0, line) : NULL;

	if (!id) {
		transcript->sink->no_memory = true;
		return NULL;
	}
	own_of(slot)->dialogue =
		(struct dialogue){ .sink = transcript->sink, .arena = &slot->arena, .record = slot->record };
	slot->record->id = text_known(id);
	slot->record->source = SOURCE_TRANSCRIPT;
	return slot;
}

/* "...; Sun, 22 Nov 2026 05:22:10 GMT" at the end of the server's greeting */
static void take_date(struct session_slot *slot, struct span text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *at = memmem(text.text, text.length, ", ", 2), *month = NULL;
	struct number day, year;
	int64_t of_day;
	int32_t days, offset_s;
	struct span zone;

	/* "22 Nov 2026 05:22:10 GMT" */
	if (!at || text.text + text.length - at < 25)
		return;
	at += 2 + (at[2] == ' ');
	day = sink_number(span_between(at, at[1] == ' ' ? at + 1 : at + 2));
	at += at[1] == ' ' ? 2 : 3;
	for (int i = 0; i < 12 && !month; i++)
		month = memcmp(at, months + 3 * i, 3) == 0 ? months + 3 * i : NULL;
	if (!month || text.text + text.length - at < 20)
		return;
	year = sink_number((struct span){ at + 4, 4 });
	zone = span_between(at + 18, text.text + text.length);
	if (year.presence != PRESENCE_KNOWN || day.presence != PRESENCE_KNOWN ||
	    instant_parse_clock(at + 9, 8, &of_day) != 8 ||
	    !date_of((int)year.value, (int)(month - months) / 3 + 1, (int)day.value, &days))
		return;
	if (SPAN_IS(zone, "GMT") || SPAN_IS(zone, "UTC"))
		offset_s = 0;
	else if (instant_parse_offset(zone.text, zone.length, &offset_s) == 0)
		return;
	slot->record->start_us = micros_known(days * US_PER_DAY + of_day - offset_s * US_PER_SECOND);
}

/* "220 HOST ESMTP Postfix": of which server? */
static void take_banner(struct transcript *transcript, struct session_slot *slot, struct span text)
{
	const char *end = text.text + text.length, *space, *semicolon;
	struct record *record = slot->record;

	own_of(slot)->begun = true;
	if (text.length < 5)
		return;
	text = span_after(text, 4);
	space = memchr(text.text, ' ', text.length);
	record->host = sink_text(transcript->sink, &slot->arena, span_between(text.text, space ? space : end));
	if (memmem(text.text, text.length, "Sendmail", 8))
		record->mta = MTA_SENDMAIL;
	else if (memmem(text.text, text.length, "Postfix", 7))
		record->mta = MTA_POSTFIX;
	semicolon = memchr(text.text, ';', text.length);
	if (record->mta == MTA_SENDMAIL && semicolon)
		take_date(slot, span_between(semicolon, end));
}

static void take_reply(struct transcript *transcript, struct session_slot *slot, struct span text)
{
	struct dialogue *dialogue = &own_of(slot)->dialogue;

	if (!dialogue->seen && text.length > 3 && text.text[3] != '-')
		take_banner(transcript, slot, text);
	dialogue_reply(dialogue, text, 0);
}

/* --- swaks --- */

#define SWAKS_KEY 1

/* The sending side, the receiving side, and a refusal; in clear, and under TLS. */
static const struct {
	const char *mark;
	bool client;
} marks[] = {
	{ " -> ", true },  { " ~> ", true },  { "<-  ", false },
	{ "<~  ", false }, { "<** ", false }, { "<~* ", false },
};

static bool swaks_recognise(struct span head)
{
	return SPAN_BEGINS(head, "=== Trying ") || SPAN_BEGINS(head, "=== Connected ") ||
	       SPAN_BEGINS(head, "<-  220") ||
	       memmem(head.text, head.length < 4096 ? head.length : 4096, "\n<-  220", 8);
}

/* "TLS started with cipher TLSv1.3:TLS_AES_256_GCM_SHA384:256" */
static void take_tls(struct transcript *transcript, struct session_slot *slot, struct span text)
{
	const char *end = text.text + text.length, *colon = memchr(text.text, ':', text.length), *last;

	slot->record->tls_presence = PRESENCE_KNOWN;
	if (!colon)
		return;
	slot->record->tls_version = sink_text(transcript->sink, &slot->arena, span_between(text.text, colon));
	last = memchr(colon + 1, ':', (size_t)(end - colon - 1));
	slot->record->tls_cipher =
		sink_text(transcript->sink, &slot->arena, span_between(colon + 1, last ? last : end));
}

/* "Trying HOST:PORT...": begins a session. */
static void take_server(struct session_slot *slot, struct span text)
{
	const char *colon;

	while (text.length > 0 && text.text[text.length - 1] == '.')
		text.length--;
	colon = memrchr(text.text, ':', text.length);
	if (!colon)
		return;
	slot->record->server_address = sink_address(span_between(text.text, colon));
	slot->record->server_port = sink_number(span_between(colon + 1, text.text + text.length));
}

static enum taken swaks_note(struct transcript *transcript, struct session_slot *slot, struct span text,
			     struct span line)
{
	if (SPAN_BEGINS(text, "Trying ")) {
		slot = begin(transcript, SWAKS_KEY, line);
		if (slot)
			take_server(slot, span_after(text, 7));
	} else if (slot && SPAN_BEGINS(text, "TLS started with cipher ")) {
		take_tls(transcript, slot, span_after(text, 24));
	} else if (slot && SPAN_BEGINS(text, "Connection closed")) {
		own_of(slot)->ended = true;
		/* Without a word of TLS there was none. */
		if (slot->record->tls_presence == PRESENCE_UNKNOWN)
			slot->record->tls_presence = PRESENCE_NONE;
		sessions_finish(transcript->sessions, slot);
	}
	return TAKEN;
}

static enum taken swaks_line(void *state, char *text, size_t length, struct lines *lines)
{
	struct transcript *transcript = state;
	struct session_slot *slot = sessions_find(transcript->sessions, SWAKS_KEY);
	struct span line = { text, length };

	(void)lines;
	if (length == 0)
		return TAKEN_BLANK;
	if (SPAN_BEGINS(line, "=== ") || SPAN_BEGINS(line, "*** "))
		return swaks_note(transcript, slot, span_after(line, 4), line);
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		if (!span_begins(line, marks[i].mark, 4))
			continue;
		if (!slot)
			slot = begin(transcript, SWAKS_KEY, line);
		if (slot && marks[i].client)
			dialogue_command(&own_of(slot)->dialogue, span_after(line, 4), 0);
		else if (slot)
			take_reply(transcript, slot, span_after(line, 4));
		return TAKEN;
	}
	return TAKEN_NOT;
}

const struct log_format log_swaks = {
	.name = "swaks",
	.recognise = swaks_recognise,
	.open = open_reader,
	.line = swaks_line,
	.end_of_input = finish,
	.close = close_reader,
};

/* --- sendmail -X --- */

/* "12676 >>> " or "12676 <<< " */
static bool take_direction(struct span line, uint32_t *pid_r, bool *client_r, struct span *rest_r)
{
	size_t digits = 0;
	struct number pid;

	while (digits < line.length && digits < 9 && ascii_is_digit(line.text[digits]))
		digits++;
	pid = sink_number((struct span){ line.text, digits });
	*rest_r = span_after(line, digits);
	if (pid.presence != PRESENCE_KNOWN || (!SPAN_BEGINS(*rest_r, " <<<") && !SPAN_BEGINS(*rest_r, " >>>")))
		return false;
	*client_r = rest_r->text[1] == '<';
	*pid_r = pid.value;
	*rest_r = span_after(*rest_r, 4);
	if (rest_r->length > 0 && rest_r->text[0] == ' ')
		*rest_r = span_after(*rest_r, 1);
	return true;
}

static bool x_recognise(struct span head)
{
	struct span rest;
	uint32_t pid;
	bool client;

	return take_direction(head, &pid, &client, &rest);
}

/* "250-HOST Hello NAME [ADDRESS], pleased to meet you" */
static void take_hello(struct transcript *transcript, struct session_slot *slot, struct span text)
{
	const char *hello = memmem(text.text, text.length, " Hello ", 7);
	struct record *record = slot->record;
	struct sendmail_client client;
	struct span rest;

	if (!hello || record->client_address.presence == PRESENCE_KNOWN || !SPAN_BEGINS(text, "250") ||
	    !sendmail_client_parse(span_between(hello + 7, text.text + text.length), &client, &rest))
		return;
	record->client_address = sink_address(client.address);
	if (client.name.length == 0) {
		record->client_name = text_none();
		return;
	}
	record->reverse_client_name = sink_text(transcript->sink, &slot->arena, client.name);
	record->client_name = client.forged ? text_none() : record->reverse_client_name;
	record->client_resolve = text_known(client.forged ? "FORGED" : "OK");
}

/* A command that held a NUL lost what followed, and its line end: the next entry stands on the same line. */
static size_t glued_at(struct span text, uint32_t pid)
{
	char mark[32];
	const char *at;

	(void)snprintf(mark, sizeof mark, "%u >>> ", pid);
	at = memmem(text.text, text.length, mark, strlen(mark));
	return at ? (size_t)(at - text.text) : text.length;
}

static enum taken x_line(void *state, char *text, size_t length, struct lines *lines)
{
	struct transcript *transcript = state;
	struct span line = { text, length }, rest, glued = { NULL, 0 };
	struct session_slot *slot;
	uint32_t pid;
	bool client;

	if (length == 0)
		return TAKEN_BLANK;
	if (!take_direction(line, &pid, &client, &rest))
		return TAKEN_NOT;
	slot = sessions_find(transcript->sessions, pid);
	if (!slot ||
	    (!client && SPAN_BEGINS(rest, "220 ") && memmem(rest.text, rest.length, "ESMTP Sendmail", 14)))
		slot = begin(transcript, pid, line);
	if (!slot)
		return TAKEN;
	if (client) {
		size_t at = glued_at(rest, pid);

		glued = span_after(rest, at);
		rest.length = at;
		if (SPAN_IS(rest, "[EOF]"))
			own_of(slot)->ended = true;
		else
			dialogue_command(&own_of(slot)->dialogue, rest, 0);
	} else {
		take_hello(transcript, slot, rest);
		take_reply(transcript, slot, rest);
		if (own_of(slot)->ended || own_of(slot)->dialogue.ended)
			sessions_finish(transcript->sessions, slot);
	}
	return glued.length > 0 ? x_line(state, text + (glued.text - text), glued.length, lines) : TAKEN;
}

const struct log_format log_sendmail_x = {
	.name = "sendmail-x",
	.recognise = x_recognise,
	.open = open_reader,
	.line = x_line,
	.end_of_input = finish,
	.close = close_reader,
};
