/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of Postfix' smtpd. */
#include "logs/postfix.h"

#include "base/hash.h"
#include "logs/postfix_session.h"

#include <string.h>

/* Postfix cuts each side of "replacing command" here. */
#define COUNTED_SHOWN_MAX 100

uint64_t postfix_session_key(const struct log_line *line)
{
	uint64_t process = log_line_host_hash(line) + line->pid * UINT64_C(0x9e3779b97f4a7c15);

	return hash_mix(log_line_tag_hash(line) ^ process, UINT64_C(0xd6e8feb86659fd93));
}

struct session_slot *postfix_begin(struct postfix *postfix, uint64_t key, const struct log_line *line, bool connected)
{
	struct log_sink *sink = postfix->sink;
	int64_t now_us = 0;
	bool timed = log_line_time(&sink->stamps, line, &now_us);
	struct session_slot *slot;

	if (timed)
		postfix_expire(postfix, now_us);
	slot = sessions_begin(postfix->smtpd, key, now_us);
	if (!slot) {
		sink->no_memory = true;
		return NULL;
	}
	postfix_record_begin(sink, slot, line);
	if (connected && timed)
		slot->record->start_us = micros_known(now_us);
	postfix_own(slot)->connected = connected;
	postfix_own(slot)->losses = sink->losses;
	postfix_own(slot)->base_us = now_us;
	postfix_own(slot)->last_t_us = -1;
	return slot;
}

/* The id is that of the first line about a client. */
static bool name_session(struct postfix *postfix, struct session_slot *slot, const struct log_line *line)
{
	const char *id = sink_session_id(postfix->sink, &slot->arena, postfix_own(slot)->base_us, line->whole);

	if (!id)
		return false;
	slot->record->id = text_known(id);
	return true;
}

uint64_t postfix_client_key(const struct log_line *line, struct span address)
{
	uint64_t key = postfix_session_key(line);

	return line->has_pid ? key : hash_bytes(address.text, address.length, key);
}

struct session_slot *postfix_begin_unseen(struct postfix *postfix, uint64_t key, const struct log_line *line)
{
	struct session_slot *slot = postfix_begin(postfix, key, line, false);

	return slot && name_session(postfix, slot, line) ? slot : NULL;
}

void postfix_touch(struct postfix *postfix, struct session_slot *slot, const struct log_line *line)
{
	int64_t now_us;

	if (log_line_time(&postfix->sink->stamps, line, &now_us))
		sessions_touch(postfix->smtpd, slot, now_us);
}

struct session_slot *postfix_current(struct postfix *postfix, uint64_t key, const struct log_line *line)
{
	struct session_slot *slot = sessions_find(postfix->smtpd, key);

	if (!slot || postfix_own(slot)->announced)
		return postfix_begin_unseen(postfix, key, line);
	postfix_touch(postfix, slot, line);
	return slot;
}

/* A slot that a warning about the client's name has begun already becomes the session. */
static void take_over(struct postfix *postfix, struct session_slot *slot, const struct log_line *line)
{
	struct postfix_session *own = postfix_own(slot);
	int64_t now_us;

	if (log_line_time(&postfix->sink->stamps, line, &now_us)) {
		slot->record->start_us = micros_known(now_us);
		own->base_us = now_us;
		sessions_touch(postfix->smtpd, slot, now_us);
	}
	own->connected = true;
}

static enum taken connect_line(struct postfix *postfix, const struct log_line *line, struct span text)
{
	struct session_slot *slot;
	struct postfix_client client;
	struct span rest;
	bool two_at_once;
	uint64_t key;

	if (!postfix_client_parse(text, &client, &rest) || rest.length > 0)
		return TAKEN_NOT;
	key = postfix_client_key(line, client.address);
	slot = sessions_find(postfix->smtpd, key);
	two_at_once = slot && !postfix_own(slot)->announced && !line->has_pid;
	if (slot && postfix_own(slot)->announced)
		take_over(postfix, slot, line);
	else
		slot = postfix_begin(postfix, key, line, true);
	/* Which of them a line is about nobody knows: as if lines were lost. */
	if (slot && two_at_once)
		postfix_own(slot)->losses = UINT64_MAX;
	if (slot && name_session(postfix, slot, line))
		postfix_set_client(postfix, slot, text, &client);
	return TAKEN;
}

static bool parse_counts(struct postfix *postfix, struct span text, struct postfix_counts *counts_r)
{
	uint64_t hash = hash_bytes(text.text, text.length, 0);
	struct known_counts *known = &postfix->counts[hash % (sizeof postfix->counts / sizeof *known)];

	if (text.length == 0 || text.length > sizeof known->text)
		return postfix_counts_parse(text, counts_r);
	if (known->length != text.length || memcmp(known->text, text.text, text.length) != 0) {
		known->complete = postfix_counts_parse(text, &known->counts);
		known->length = (unsigned char)text.length;
		memcpy(known->text, text.text, text.length);
	}
	*counts_r = known->counts;
	return known->complete;
}

static enum taken disconnect_line(struct postfix *postfix, const struct log_line *line, struct span text)
{
	struct postfix_session *own;
	struct session_slot *slot;
	struct span rest;
	enum taken taken;

	if (!postfix_take_client(postfix, line, text, &slot, &rest))
		return TAKEN_NOT;
	if (!slot)
		return TAKEN;
	own = postfix_own(slot);
	taken = postfix_taken(slot);
	while (rest.length > 0 && rest.text[0] == ' ')
		rest = span_after(rest, 1);
	own->counted = parse_counts(postfix, rest, &own->counts);
	own->ended = true;
	own->torn = own->losses != postfix->sink->losses;
	own->end_us = slot->seen_us;
	if (postfix_is_final(slot)) {
		sessions_finish(postfix->smtpd, slot);
	} else {
		postfix_forget_client(postfix, slot);
		sessions_hold(postfix->smtpd, slot);
	}
	return taken;
}

void postfix_name_tx(struct postfix *postfix, const struct log_line *line, struct session_slot *slot, struct seen_tx *tx,
		     struct span queue_id)
{
	uint32_t number = (uint32_t)(tx - postfix_own(slot)->txs);
	uint64_t *early;

	tx->queue_key = postfix_queue_key(line, queue_id);
	early = &postfix->early[tx->queue_key % POSTFIX_EARLY_PLACES];
	tx->lines_lost = *early == tx->queue_key;
	*early = 0;
	slot->record->tx[number].queue_id = sink_text(postfix->sink, &slot->arena, queue_id);
	if (!sessions_name(postfix->smtpd, slot, number, tx->queue_key))
		postfix->sink->no_memory = true;
}

/* ", sasl_method=M, sasl_username=U, sasl_sender=S, orig_queue_id=..." behind a client */
static struct text login_of(struct postfix *postfix, struct session_slot *slot, struct span text)
{
	const char *user = SPAN_FIND(text, ", sasl_username="), *end;
	struct span rest;

	if (!user)
		return text_none();
	rest = span_between(user + 16, text.text + text.length);
	end = memmem(rest.text, rest.length, ", sasl_sender=", 14);
	if (!end)
		end = memmem(rest.text, rest.length, ", orig_", 7);
	return sink_text(postfix->sink, &slot->arena, end ? span_between(rest.text, end) : rest);
}

/*
 * "QUEUEID: client=NAME[ADDRESS], sasl_method=M, sasl_username=U, sasl_sender=S, orig_queue_id=...": a RCPT was
 * accepted; NOQUEUE where a content filter comes before the queue.
 */
static enum taken client_line(struct postfix *postfix, const struct log_line *line, struct span queue_id,
			      struct span text)
{
	struct session_slot *slot;
	struct seen_tx *tx;
	struct span rest;

	if (!postfix_take_client(postfix, line, text, &slot, &rest))
		return TAKEN_NOT;
	if (!slot)
		return TAKEN;
	tx = postfix_taking_tx(postfix->sink, slot);
	if (!tx)
		return TAKEN;
	if (queue_id.length > 0)
		postfix_name_tx(postfix, line, slot, tx, queue_id);
	else
		tx->proxied = true;
	slot->record->sasl_username = login_of(postfix, slot, rest);
	slot->record->tx[tx - postfix_own(slot)->txs].sasl_username = slot->record->sasl_username;
	return postfix_taken(slot);
}

/*
 * "localhost[127.0.0.1]: replacing command "HELO x" with "HELO x."": what the client sent, and what it was taken
 * for.
 */
static enum taken replacing_line(struct session_slot *slot, struct postfix *postfix, struct span rest)
{
	const char *end = rest.text + rest.length;
	const char *middle = memmem(rest.text, rest.length, "\" with \"", 8);
	struct smtp_command sent, taken;
	struct span shown;

	/* The quote that ends it must be another than the one that begins the second command. */
	if (!middle || end - middle < 9 || end[-1] != '"')
		return TAKEN_NOT;
	shown = span_between(rest.text, middle);
	smtp_command_parse(shown, &sent);
	smtp_command_parse(span_between(middle + 8, end - 1), &taken);
	postfix_command(postfix->sink, slot, &sent, &taken, shown.length >= COUNTED_SHOWN_MAX);
	return postfix_taken(slot);
}

/* smtpd -v: "< localhost[127.0.0.1]: EHLO a" */
static enum taken verbose_line(struct postfix *postfix, const struct log_line *line)
{
	struct session_slot *slot;
	struct smtp_command command;
	struct postfix_client client;
	struct span rest;

	if (!postfix_client_parse(span_after(line->message, 2), &client, &rest) || !SPAN_BEGINS(rest, ": "))
		return TAKEN_OTHER;
	slot = sessions_find(postfix->smtpd, postfix_client_key(line, client.address));
	if (!slot)
		return TAKEN_OTHER;
	if (line->message.text[0] == '>') {
		postfix_answer(postfix->sink, slot, span_after(rest, 2));
		return TAKEN;
	}
	slot = postfix_of_client(postfix, line, span_between(line->message.text + 2, rest.text), &client);
	if (!slot)
		return TAKEN;
	postfix_own(slot)->spoken = true;
	postfix_own(slot)->verbose = postfix_own(slot)->connected;
	/* Its answer is lost. */
	postfix_own(slot)->mail_waits = false;
	smtp_command_parse(span_after(rest, 2), &command);
	postfix_command(postfix->sink, slot, &command, &command, false);
	return postfix_taken(slot);
}

/* "Anonymous TLS connection established from NAME[ADDRESS]: TLSv1.3 with cipher NAME (256/256 bits) ..." */
static enum taken tls_line(struct postfix *postfix, const struct log_line *line, struct span text)
{
	struct span rest, version, cipher;
	struct session_slot *slot;
	struct postfix_client client;

	if (!postfix_client_parse(text, &client, &rest) || !SPAN_BEGINS(rest, ": "))
		return TAKEN_NOT;
	slot = postfix_of_client(postfix, line, span_between(text.text, rest.text), &client);
	if (!slot)
		return TAKEN;
	if (!postfix_tls_parse(span_after(rest, 2), &version, &cipher))
		return TAKEN_NOT;
	if (slot->record->tx_count > 0)
		postfix_own(slot)->txs[slot->record->tx_count - 1].over = true;
	postfix_own(slot)->tls_seen = true;
	postfix_set_tls(postfix->sink, slot, version, cipher);
	return postfix_taken(slot);
}

/* Lines without a fixed beginning. */
static enum taken odd_line(struct postfix *postfix, const struct log_line *line)
{
	static const char replacing[] = ": replacing command \"";
	struct span text = line->message, rest;
	struct postfix_client client;
	struct session_slot *slot;
	size_t length;

	if (postfix_client_parse(text, &client, &rest) && SPAN_BEGINS(rest, ": ")) {
		if (!SPAN_BEGINS(rest, ": replacing command \""))
			return postfix_smtpd_is_other(span_after(rest, 2)) ? TAKEN_OTHER : TAKEN_NOT;
		slot = postfix_of_client(postfix, line, span_between(text.text, rest.text), &client);
		if (!slot)
			return TAKEN;
		return replacing_line(slot, postfix, span_after(rest, sizeof replacing - 1));
	}
	if (SPAN_BEGINS(text, "proxy-accept: ") || SPAN_BEGINS(text, "proxy-reject: "))
		return postfix_proxy_line(postfix, line, text);
	length = postfix_tls_begin_length(text);
	if (length > 0)
		return tls_line(postfix, line, span_after(text, length));
	return postfix_smtpd_is_other(text) ? TAKEN_OTHER : TAKEN_NOT;
}

enum taken postfix_smtpd_line(struct postfix *postfix, const struct log_line *line)
{
	const struct span text = line->message, none = { text.text, 0 };
	struct span queue_id, rest;
	enum taken taken;

	if (SPAN_BEGINS(text, "connect from "))
		return connect_line(postfix, line, span_after(text, 13));
	if (SPAN_BEGINS(text, "disconnect from "))
		return disconnect_line(postfix, line, span_after(text, 16));
	if (SPAN_BEGINS(text, "warning: "))
		return postfix_warning_line(postfix, line, span_after(text, 9));
	if (SPAN_BEGINS(text, "< ") || SPAN_BEGINS(text, "> "))
		return verbose_line(postfix, line);
	queue_id = none;
	if (SPAN_BEGINS(text, "NOQUEUE: "))
		rest = span_after(text, 9);
	else if (SPAN_BEGINS(text, "reject: "))
		/* Postfix 1 names no queue id. */
		rest = text;
	else if (!span_take_queue_id(text, &queue_id, &rest))
		return odd_line(postfix, line);
	if (SPAN_BEGINS(rest, "client="))
		return client_line(postfix, line, queue_id, span_after(rest, 7));
	if (SPAN_BEGINS(rest, "proxy-accept: ") || SPAN_BEGINS(rest, "proxy-reject: "))
		return postfix_proxy_line(postfix, line, rest);
	taken = postfix_about_line(postfix, line, queue_id, rest);
	/* From 3.10 "lost connection after ..." bears a queue id too. */
	return taken == TAKEN_NOT && postfix_smtpd_is_other(rest) ? TAKEN_OTHER : taken;
}
