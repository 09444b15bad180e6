/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of which Sendmail's log lines are made. */
#include "logs/sendmail.h"

#include <string.h>

/* Sendmail shortens what is longer, with "..." in the middle; from 8.16 on it cuts off what is longer than CUT_BYTES. */
#define SHOWN_MAX 203
#define CUT_BYTES 200

/* Names of DNS have none of these; text that a client chose may. */
static bool is_host_name(struct span name)
{
	static const char never[] = " \"<>(),";

	for (size_t i = 0; i < sizeof never - 1; i++)
		if (memchr(name.text, never[i], name.length))
			return false;
	return true;
}

bool sendmail_client_parse(struct span text, struct sendmail_client *client_r, struct span *rest_r)
{
	static const char forged[] = " (may be forged)";
	const char *end = text.text + text.length;
	const char *open = memchr(text.text, '[', text.length);
	const char *close = open ? memchr(open, ']', (size_t)(end - open)) : NULL;
	const char *at;

	if (!close || (open > text.text && open[-1] != ' ' && open[-1] != '@'))
		return false;
	client_r->name = span_between(text.text, open > text.text && open[-1] == ' ' ? open - 1 : open);
	at = memchr(client_r->name.text, '@', client_r->name.length);
	if (at)
		client_r->name = span_between(at + 1, client_r->name.text + client_r->name.length);
	if (!is_host_name(client_r->name))
		return false;
	client_r->address = span_between(open + 1, close);
	*rest_r = span_between(close + 1, end);
	client_r->unconfirmed = false;
	client_r->forged = SPAN_BEGINS(*rest_r, " (may be forged)");
	if (client_r->forged)
		*rest_r = span_after(*rest_r, sizeof forged - 1);
	return true;
}

struct span sendmail_value(struct span text, const char *key, size_t length)
{
	const char *at = memmem(text.text, text.length, key, length), *end = text.text + text.length, *comma;

	if (!at)
		return (struct span){ end, 0 };
	at += length;
	comma = memchr(at, ',', (size_t)(end - at));
	return span_between(at, comma ? comma : end);
}

static const char relay_key[] = ", relay=";

bool sendmail_first_relay(struct span text, struct sendmail_client *client_r)
{
	const char *relay = memmem(text.text, text.length, relay_key, sizeof relay_key - 1);
	struct span rest;

	return relay && sendmail_client_parse(span_between(relay + sizeof relay_key - 1, text.text + text.length), client_r,
					      &rest);
}

bool sendmail_last_relay(struct span text, struct sendmail_client *client_r)
{
	const char *end = text.text + text.length, *relay = NULL, *next = text.text;
	struct span rest;

	while ((next = memmem(next, (size_t)(end - next), relay_key, sizeof relay_key - 1)) != NULL)
		relay = next++;
	return relay && sendmail_client_parse(span_between(relay + sizeof relay_key - 1, end), client_r, &rest);
}

/* The value behind the last ", KEY=" in text, up to the next comma. */
static bool find_last(struct span text, const char *key, size_t length, struct span *value_r)
{
	const char *end = text.text + text.length, *found = NULL, *at = text.text, *comma;

	while ((at = memmem(at, (size_t)(end - at), key, length)) != NULL)
		found = at++;
	if (!found)
		return false;
	found += length;
	comma = memchr(found, ',', (size_t)(end - found));
	*value_r = span_between(found, comma ? comma : end);
	return true;
}

#define FIND_LAST(text, key, value_r) find_last(text, "" key, sizeof(key) - 1, value_r)

/* Is all of the sender there?  "<NONE>" stands for one that Sendmail does not know. */
static bool is_whole_sender(struct span shown, bool bracketed)
{
	if (shown.length >= SHOWN_MAX && memmem(shown.text, shown.length, "...", 3))
		return false;
	return bracketed ? !SPAN_IS(shown, "<NONE>") : shown.length < CUT_BYTES && !SPAN_BEGINS(shown, "<");
}

/* Behind the daemon, in front of the client: ", tls_verify=NO, auth=NONE" */
static struct span take_auth(struct span daemon, const char *end)
{
	struct span rest = span_between(daemon.text + daemon.length, end);
	const char *relay = SPAN_FIND(rest, ", relay=");

	return relay ? SENDMAIL_VALUE(span_between(rest.text, relay), ", auth=") : (struct span){ end, 0 };
}

/*
 * The sender and the message-id hold what the client likes: the parts between are taken only where they stand
 * once.
 */
bool sendmail_from_parse(struct span text, struct sendmail_from *from_r)
{
	static const char behind[] = ", size=";
	const char *end = text.text + text.length, *size;
	struct span value, rest, shown;
	bool bracketed;

	*from_r = (struct sendmail_from){ .has_sender = false };
	if (!SPAN_BEGINS(text, "from="))
		return false;
	text = span_after(text, 5);
	size = memmem(text.text, text.length, behind, sizeof behind - 1);
	if (!size)
		return false;
	from_r->sender = shown = span_between(text.text, size);
	bracketed = from_r->sender.length >= 2 && text.text[0] == '<' && size[-1] == '>';
	if (bracketed)
		from_r->sender = span_between(text.text + 1, size - 1);
	from_r->has_sender = !memmem(size + 1, (size_t)(end - size) - 1, behind, sizeof behind - 1) &&
			     is_whole_sender(shown, bracketed);
	rest = span_between(size, end);
	if (from_r->has_sender && FIND_LAST(rest, ", size=", &value))
		from_r->size = sink_number(value);
	/* In front of the message-id, so the first. */
	size = memmem(rest.text, rest.length, ", nrcpts=", 9);
	if (from_r->has_sender && size) {
		const char *comma = memchr(size + 9, ',', (size_t)(end - size - 9));

		from_r->recipients = sink_number(span_between(size + 9, comma ? comma : end));
	}
	(void)FIND_LAST(rest, ", proto=", &from_r->protocol);
	if (FIND_LAST(rest, ", daemon=", &from_r->daemon))
		from_r->auth = take_auth(from_r->daemon, end);
	if (FIND_LAST(rest, ", relay=", &value)) {
		from_r->has_client = sendmail_client_parse(span_between(value.text, end), &from_r->client, &rest);
		from_r->local = !memchr(value.text, '[', value.length) && memchr(value.text, '@', value.length);
	}
	return true;
}

/* One byte, and how many show it. */
static size_t unescape(const char *at, const char *end, char *byte_r)
{
	static const char letters[] = "\\tnr", bytes[] = "\\\t\n\r";
	const char *letter = end - at > 1 && at[0] == '\\' && at[1] != '\0' ? strchr(letters, at[1]) : NULL;
	unsigned value = 0;

	*byte_r = letter ? bytes[letter - letters] : at[0];
	if (letter || end - at < 4 || at[0] != '\\')
		return letter ? 2 : 1;
	for (size_t i = 1; i < 4; i++) {
		if (at[i] < '0' || at[i] > '7')
			return 1;
		value = value * 8 + (unsigned)(at[i] - '0');
	}
	if (value == 0 || value > 255)
		return 1;
	*byte_r = (char)value;
	return 4;
}

struct span sendmail_unescaped(struct sendmail_entry *entry, struct session_slot *slot, struct span text)
{
	const char *at = text.text, *end = text.text + text.length;
	size_t length = 0;
	char *copy;

	if (!memchr(text.text, '\\', text.length))
		return text;
	copy = arena_alloc(&slot->arena, text.length);
	if (!copy) {
		entry->sendmail->sink->no_memory = true;
		return text;
	}
	while (at < end)
		at += unescape(at, end, &copy[length++]);
	return (struct span){ copy, length };
}
