/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of policy servers (Postfix' SMTPD_POLICY_README), and of this daemon: smtpd tells them the name that a client has
 * greeted with, which its own lines about a message that it takes do not.
 */
#include "logs/postfix.h"

#include "base/hash.h"
#include "logs/postfix_session.h"

#include <strings.h>

#define REQUESTS_MAX 64		/* of one session: where there may be more none of them counts */
#define HELO_NAME_MAX 255	/* RFC 5321 4.5.3.1.2 */

/* What a line tells of the request: attributes client_address, helo_name and sender. */
struct request_line {
	struct span client, helo_name, sender;
};

/* A value stands behind its key, which comes once in the line, up to the next "end"; NULL: up to the end of the line. */
struct form_value {
	const char *key, *end;
};

static const struct form {
	const char *begin;	/* behind "QUEUEID: "; other lines may hold what the sender's DNS says */
	struct form_value client, helo_name, sender;
	bool helo_name_may_be_of_sender;	/* where the client has not greeted */
} forms[] = {
	/* policyd-spf: "prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=A; helo=H; envelope-from=S; receiver=..." */
	{ .begin = "prepend ", .client = { "client-ip=", "; helo=" }, .helo_name = { "; helo=", "; envelope-from=" },
	  .sender = { "; envelope-from=", "; receiver=" }, .helo_name_may_be_of_sender = true },
	/* policyd-spf-perl: "Policy action=PREPEND Received-SPF: none (...) ...; envelope-from="S"; helo=H; client-ip=A" */
	{ .begin = "Policy action=PREPEND ", .client = { "; client-ip=", NULL }, .helo_name = { "; helo=", "; client-ip=" },
	  .sender = { "; envelope-from=", "; helo=" } },
	/* postfwd: "[RULES] rule=0, id=R, client=NAME[A], sender=<S>, recipient=<R>, helo=<H>, proto=ESMTP, state=RCPT, ..." */
	{ .begin = "[", .client = { ", client=", "], " }, .helo_name = { ", helo=<", ">, proto=" },
	  .sender = { ", sender=<", ">, " } },
	/* policyd-weight: "decided action=DUNNO ...; <client=NAME[A]> <helo=H> <from=S> <to=R>; delay: 0s" */
	{ .begin = "decided action=", .client = { "<client=", "]> <helo=" }, .helo_name = { "]> <helo=", "> <from=" },
	  .sender = { "> <from=", "> <to=" } },
	/* Our own: "NOQUEUE: verdict=accept would=reject listener=mx client=A client_name=NAME ehlo=H verb=EHLO from=<S> ..." */
	{ .begin = "verdict=", .client = { " client=", " " }, .helo_name = { " ehlo=", " " }, .sender = { " from=<", ">" } },
	/* cbpolicyd: "module=Greylisting, action=pass, host=A, helo=H, from=S, to=R, reason=..." */
	{ .begin = "module=", .client = { ", host=", ", helo=" }, .helo_name = { ", helo=", ", from=" },
	  .sender = { ", from=", ", to=" } },
};

bool postfix_is_policy_server(struct span program)
{
	return SPAN_FIND(program, "policy") || SPAN_BEGINS(program, "postfwd") || SPAN_BEGINS(program, "pyspf-milter") ||
	       SPAN_BEGINS(program, "ehlo-milter");
}

/* --- the line --- */

static bool begins_with(struct span text, const char *begin)
{
	const char *blank = memchr(text.text, ' ', text.length);

	if (blank && blank > text.text && blank[-1] == ':')
		text = span_after(text, (size_t)(blank + 1 - text.text));
	return span_begins(text, begin, strlen(begin));
}

static bool take_value(struct span text, const struct form_value *value, struct span *span_r)
{
	size_t length = strlen(value->key);
	const char *end = text.text + text.length, *at = span_find(text, value->key, length);

	/* A client may have sent what looks like one. */
	if (!at || span_find(span_between(at + 1, end), value->key, length))
		return false;
	at += length;
	if (value->end)
		end = span_find(span_between(at, end), value->end, strlen(value->end));
	if (!end)
		return false;
	*span_r = span_between(at, end);
	return true;
}

/* "<>" and quotes around a sender are of the form. */
static struct span without_brackets(struct span sender)
{
	bool enclosed = sender.length >= 2 && ((sender.text[0] == '<' && sender.text[sender.length - 1] == '>') ||
					       (sender.text[0] == '"' && sender.text[sender.length - 1] == '"'));

	return enclosed ? span_between(sender.text + 1, sender.text + sender.length - 1) : sender;
}

/* As policyd-spf takes a name from the sender. */
static bool is_of_sender(const struct request_line *request)
{
	const char *at = memchr(request->sender.text, '@', request->sender.length);

	if (!at)
		return SPAN_IS(request->helo_name, "unknown");
	return span_is(request->helo_name, at + 1, (size_t)(request->sender.text + request->sender.length - at - 1));
}

/* Mail::SPF puts what is no name into quotes, postfwd writes each % twice and cuts what is too long, and we write bytes as \x20. */
static bool is_exact(struct span helo_name)
{
	if (helo_name.length == 0 || helo_name.length > HELO_NAME_MAX)
		return false;
	for (size_t i = 0; i < helo_name.length; i++)
		if (strchr("%\"\\", helo_name.text[i]))
			return false;
	return postfix_helo_is_exact(helo_name);
}

static bool take_request(struct span text, const struct form *form, struct request_line *request_r)
{
	const char *bracket;

	if (!begins_with(text, form->begin) || !take_value(text, &form->client, &request_r->client) ||
	    !take_value(text, &form->helo_name, &request_r->helo_name) || !take_value(text, &form->sender, &request_r->sender))
		return false;
	bracket = memrchr(request_r->client.text, '[', request_r->client.length);
	if (bracket)
		request_r->client = span_after(request_r->client, (size_t)(bracket + 1 - request_r->client.text));
	request_r->sender = without_brackets(request_r->sender);
	return !form->helo_name_may_be_of_sender || !is_of_sender(request_r);
}

/* --- whose request it was --- */

/*
 * Of each client of a host, how many open sessions it has, and, where it is one, which: a value is their number, and below it all
 * their slots, each taken in and out by exclusive or.
 */
static void count_session(struct postfix *postfix, struct session_slot *slot, uint64_t key, bool more)
{
	uint64_t before = index_get(&postfix->clients, key), count = (before >> 32) + (more ? 1 : UINT64_MAX);
	uint64_t slots = (uint32_t)before ^ slot->number;

	if (count == 0)
		index_remove(&postfix->clients, key);
	else if (!index_put(&postfix->clients, key, count << 32 | slots))
		postfix->sink->no_memory = true;
}

static uint64_t client_key(uint64_t host_hash, const struct ip *address)
{
	return hash_bytes((const char *)address->bytes, sizeof address->bytes, host_hash);
}

void postfix_forget_client(struct postfix *postfix, struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);

	if (own->client_key != 0)
		count_session(postfix, slot, own->client_key, false);
	own->client_key = 0;
}

void postfix_keep_client(struct postfix *postfix, struct session_slot *slot)
{
	const struct record *record = slot->record;
	const char *host = record->host.presence == PRESENCE_KNOWN ? record->host.value : "";

	if (!postfix->has_policy_server)
		return;
	postfix_forget_client(postfix, slot);
	if (record->client_address.presence != PRESENCE_KNOWN)
		return;
	postfix_own(slot)->client_key = client_key(hash_bytes(host, strlen(host), 0), &record->client_address.value);
	count_session(postfix, slot, postfix_own(slot)->client_key, true);
}

static void keep_open_client(void *context, struct session_slot *slot)
{
	postfix_keep_client(context, slot);
}

/* The only one that this client has on the host of the line.  NULL: there is none, or another. */
static struct session_slot *only_session(struct postfix *postfix, const struct log_line *line, struct span client)
{
	struct address address = sink_address(client);
	uint64_t value;

	/* Most logs have no such line. */
	if (!postfix->has_policy_server) {
		postfix->has_policy_server = true;
		sessions_each_open(postfix->smtpd, keep_open_client, postfix);
	}
	if (address.presence != PRESENCE_KNOWN)
		return NULL;
	value = index_get(&postfix->clients, client_key(log_line_host_hash(line), &address.value));
	return value >> 32 == 1 ? sessions_at(postfix->smtpd, (uint32_t)value) : NULL;
}

static bool is_same_request(const struct policy_request *request, const struct request_line *line)
{
	return text_is(&request->helo_name, line->helo_name) && text_is(&request->sender, line->sender);
}

static void add_request(struct log_sink *sink, struct session_slot *slot, const struct request_line *line)
{
	struct postfix_session *own = postfix_own(slot);
	struct policy_request *request;

	/* It is asked for each recipient. */
	if (own->request_count == REQUESTS_MAX ||
	    (own->request_count > 0 && is_same_request(&own->requests[own->request_count - 1], line)))
		return;
	request = record_grow(&slot->arena, &own->requests, &own->request_count, sizeof *request);
	if (!request) {
		sink->no_memory = true;
		return;
	}
	request->helo_name = sink_text(sink, &slot->arena, line->helo_name);
	request->sender = sink_text(sink, &slot->arena, line->sender);
}

enum taken postfix_policy_line(struct postfix *postfix, const struct log_line *line)
{
	struct request_line request;
	struct session_slot *slot = NULL;

	for (size_t i = 0; i < sizeof forms / sizeof forms[0] && !slot; i++)
		if (take_request(line->message, &forms[i], &request))
			slot = only_session(postfix, line, request.client);
	if (!slot || !is_exact(request.helo_name))
		return TAKEN_FOREIGN;
	add_request(postfix->sink, slot, &request);
	return postfix_taken(slot);
}

/* --- the end of a session --- */

/* policyd-spf writes all in small letters. */
static bool is_equal(const struct text *a, const struct text *b)
{
	return a->presence == PRESENCE_KNOWN && b->presence == PRESENCE_KNOWN && strcasecmp(a->value, b->value) == 0;
}

/* What all requests with this sender say; NULL: there is none, or they differ. */
static const struct text *helo_name_of(const struct postfix_session *own, const struct text *sender)
{
	const struct text *name = NULL;

	for (size_t i = 0; i < own->request_count; i++) {
		if (!is_equal(&own->requests[i].sender, sender))
			continue;
		if (name && !is_equal(name, &own->requests[i].helo_name))
			return NULL;
		name = &own->requests[i].helo_name;
	}
	return name;
}

/* The greeting with this name, which another line may have shown; NOT_SEEN: memory is out. */
static int greeting_with(const struct postfix_ended *ended, const struct text *name, int64_t t_us)
{
	struct postfix_session *own = ended->own;
	struct seen_helo *helo;

	for (size_t i = own->helo_count; i > 0; i--)
		if (!own->helos[i - 1].refused && is_equal(&own->helos[i - 1].name, name))
			return (int)(i - 1);
	helo = record_grow(ended->arena, &own->helos, &own->helo_count, sizeof *helo);
	if (!helo)
		return NOT_SEEN;
	*helo = (struct seen_helo){ .name = *name, .shown = { name->value, strlen(name->value) }, .t_us = t_us };
	return (int)(helo - own->helos);
}

/* Could the request be one of another transaction? */
static bool may_be_of_another(const struct postfix_ended *ended, size_t number)
{
	const struct postfix_session *own = ended->own;
	const struct record_tx *tx = ended->record->tx;

	/* Lines of others may be lost, or there are more of them than are worth to be looked at. */
	if (own->torn || own->tx_count > REQUESTS_MAX || (own->counted && own->counts.taken[COUNTED_MAIL] > own->tx_count))
		return true;
	for (size_t i = 0; i < own->tx_count; i++)
		if (i != number && (tx[i].sender.presence != PRESENCE_KNOWN || is_equal(&tx[i].sender, &tx[number].sender)))
			return true;
	return false;
}

void postfix_complete_requests(const struct postfix_ended *ended)
{
	struct postfix_session *own = ended->own;
	const uint32_t *taken = own->counts.taken;
	bool greeted_once = own->counted && taken[COUNTED_HELO] + taken[COUNTED_EHLO] <= 1;

	if (own->request_count == 0 || own->request_count == REQUESTS_MAX)
		return;
	for (size_t i = 0; i < own->tx_count; i++) {
		const struct record_tx *tx = &ended->record->tx[i];
		const struct text *name = own->txs[i].helo == NOT_SEEN ? helo_name_of(own, &tx->sender) : NULL;

		if (name && (greeted_once || !may_be_of_another(ended, i)))
			own->txs[i].helo = greeting_with(ended, name, tx->t_us.value);
	}
}
