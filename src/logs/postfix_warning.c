/* SPDX-License-Identifier: BSD-2-Clause */
/* Warnings of Postfix' smtpd that tell something of a client: of its name, of a login that failed. */
#include "logs/postfix.h"

#include "logs/postfix_session.h"

#include <string.h>

/* "warning: hostname NAME does not resolve to address ADDRESS[: WHY]", before the client's connect */
static bool take_mismatch(struct span text, struct span *name_r, struct span *address_r, struct span *why_r)
{
	static const char middle[] = " does not resolve to address ";
	const char *end = text.text + text.length, *at, *colon;

	if (!SPAN_BEGINS(text, "hostname "))
		return false;
	text = span_after(text, 9);
	at = memmem(text.text, text.length, middle, sizeof middle - 1);
	if (!at)
		return false;
	*name_r = span_between(text.text, at);
	at += sizeof middle - 1;
	/* An IPv6 address has colons, but none with a space behind it. */
	colon = memmem(at, (size_t)(end - at), ": ", 2);
	*address_r = span_between(at, colon ? colon : end);
	*why_r = colon ? span_between(colon + 2, end) : span_between(end, end);
	return true;
}

/*
 * The forms of Postfix before 2.6: "ADDRESS: address not listed for hostname NAME", "ADDRESS: hostname NAME
 * verification failed: WHY"
 */
static bool take_old_mismatch(struct span text, struct span *name_r, struct span *address_r, struct span *why_r)
{
	static const char listed[] = ": address not listed for hostname ", verified[] = ": hostname ",
			  failed[] = " verification failed: ";
	const char *end = text.text + text.length;
	const char *at = memmem(text.text, text.length, listed, sizeof listed - 1), *why;

	*why_r = span_between(end, end);
	if (at) {
		*address_r = span_between(text.text, at);
		*name_r = span_between(at + sizeof listed - 1, end);
		return true;
	}
	at = memmem(text.text, text.length, verified, sizeof verified - 1);
	if (!at)
		return false;
	*address_r = span_between(text.text, at);
	at += sizeof verified - 1;
	why = memmem(at, (size_t)(end - at), failed, sizeof failed - 1);
	if (!why)
		return false;
	*name_r = span_between(at, why);
	*why_r = span_between(why + sizeof failed - 1, end);
	return true;
}

static bool holds_one(struct span text, const char *const words[])
{
	for (size_t i = 0; words[i]; i++)
		if (memmem(text.text, text.length, words[i], strlen(words[i])))
			return true;
	return false;
}

/* The words are the C library's (glibc, musl, BSD); EAI_AGAIN is the one that says "later". */
static struct text resolve_of(struct span why)
{
	static const char *const later[] = { "emporary failure", "ry again", NULL },
				 *const never[] = { "not known", "o address", "not found", "does not resolve", "no usable address",
						    NULL };

	if (holds_one(why, later))
		return text_known("TEMP");
	return why.length == 0 || holds_one(why, never) ? text_known("FORGED") : (struct text){ .presence = PRESENCE_UNKNOWN };
}

static enum taken mismatch(struct postfix *postfix, const struct log_line *line, struct span name,
			   struct span address, struct span why)
{
	struct address client = sink_address(address);
	struct session_slot *slot;

	/* What a client sent, in another warning, looks like it. */
	if (client.presence != PRESENCE_KNOWN)
		return TAKEN_OTHER;
	slot = postfix_begin(postfix, postfix_client_key(line, address), line, false);
	if (!slot)
		return TAKEN;
	postfix_own(slot)->announced = true;
	slot->record->reverse_client_name = sink_text(postfix->sink, &slot->arena, name);
	slot->record->client_address = client;
	slot->record->client_resolve = resolve_of(why);
	return TAKEN;
}

/* "QUEUEID: queue file size limit exceeded": a message above message_size_limit; what it is answered is not in the log. */
static bool take_too_big(struct postfix *postfix, const struct log_line *line, struct span text)
{
	struct session_slot *slot;
	struct span queue_id, rest;
	struct seen_tx *seen;
	uint32_t tx;

	if (!span_take_queue_id(text, &queue_id, &rest) || !SPAN_IS(rest, "queue file size limit exceeded"))
		return false;
	slot = sessions_by_queue_id(postfix->smtpd, postfix_queue_key(line, queue_id), &tx);
	if (!slot)
		return true;
	seen = &postfix_own(slot)->txs[tx];
	seen->refused_at_end = seen->over = true;
	seen->reply = text_known("");
	return true;
}

/* smtpd_proxy_filter: a filter before the queue has refused something, or is gone. */
static bool is_of_proxy(struct span text)
{
	static const char *const begins[] = { "proxy ", "lost connection with proxy ", "timeout talking to proxy ",
					      "connect to proxy filter " };

	return span_begins_any(text, begins, sizeof begins / sizeof begins[0]);
}

/*
 * "warning: NAME[ADDRESS]: SASL PLAIN authentication failed: ...": the other warnings tell of Postfix, not of a
 * client.
 */
enum taken postfix_warning_line(struct postfix *postfix, const struct log_line *line, struct span text)
{
	struct span name, address, why, rest;
	struct postfix_client client;
	struct session_slot *slot;

	if (take_too_big(postfix, line, text))
		return TAKEN;
	if (is_of_proxy(text))
		return postfix_proxy_warning(postfix, line, text);
	if (!postfix_client_parse(text, &client, &rest) || !SPAN_BEGINS(rest, ": SASL ")) {
		if (take_mismatch(text, &name, &address, &why) || take_old_mismatch(text, &name, &address, &why))
			return mismatch(postfix, line, name, address, why);
		return TAKEN_OTHER;
	}
	if (!memmem(rest.text, rest.length, "authentication failed", 21))
		return TAKEN_OTHER;
	slot = postfix_of_client(postfix, line, span_between(text.text, rest.text), &client);
	if (!slot)
		return TAKEN;
	postfix_own(slot)->auth_failures++;
	return postfix_taken(slot);
}
