/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of which Postfix's log lines are made. */
#include "logs/postfix_parse.h"

#include "base/ascii.h"

#include <string.h>

bool postfix_client_parse(struct span text, struct postfix_client *client_r, struct span *rest_r)
{
	const char *end = text.text + text.length;
	const char *open = memchr(text.text, '[', text.length);
	const char *close = open ? memchr(open, ']', (size_t)(end - open)) : NULL;
	const char *at;

	if (!close || memchr(text.text, ' ', (size_t)(close - text.text)))
		return false;
	client_r->name = span_between(text.text, open);
	client_r->address = span_between(open + 1, close);
	at = close + 1;
	client_r->port = span_between(at, at);
	if (end - at > 1 && at[0] == ':' && ascii_is_digit(at[1])) {
		const char *digits = ++at;

		while (at < end && ascii_is_digit(*at))
			at++;
		client_r->port = span_between(digits, at);
	}
	*rest_r = span_between(at, end);
	return true;
}

/* Takes off what begins at this blank, and the comma that postscreen has before it. */
static void cut_at(struct span *text, const char *blank)
{
	text->length = (size_t)(blank - text->text);
	text->length -= text->length > 0 && text->text[text->length - 1] == ',';
}

/* If text ends in " sasl_username=<USER>", takes that off.  USER holds no '<'. */
static bool take_user(struct span *text, struct span *user_r)
{
	static const char key[] = " sasl_username=<";
	size_t length = sizeof key - 1;
	const char *end = text->text + text->length, *open;

	if (text->length == 0 || end[-1] != '>')
		return false;
	open = memrchr(text->text, '<', text->length);
	if (!open || (size_t)(open - text->text) + 1 < length || memcmp(open + 1 - length, key, length) != 0)
		return false;
	*user_r = span_between(open + 1, end - 1);
	cut_at(text, open + 1 - length);
	return true;
}

/* If text ends in " helo=<NAME>", takes that off.  NAME has no blanks; brackets it has only with postscreen. */
static bool take_helo(struct span *text, struct span *name_r)
{
	static const char key[] = " helo=<";
	size_t length = sizeof key - 1;
	const char *end = text->text + text->length, *blank;

	if (text->length == 0 || end[-1] != '>')
		return false;
	blank = memrchr(text->text, ' ', text->length);
	if (!blank || (size_t)(end - blank) <= length || memcmp(blank, key, length) != 0)
		return false;
	*name_r = span_between(blank + length, end - 1);
	cut_at(text, blank);
	return true;
}

/* " proto=ESMTP" at the end of text. */
static bool take_protocol(struct span *text, enum verb *verb_r)
{
	static const struct {
		const char *text;
		size_t length;
		enum verb verb;
	} words[] = { { " proto=ESMTP", 12, VERB_EHLO }, { " proto=SMTP", 11, VERB_HELO } };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t length = words[i].length;

		if (text->length < length ||
		    memcmp(text->text + text->length - length, words[i].text, length) != 0)
			continue;
		text->length -= length;
		*verb_r = words[i].verb;
		return true;
	}
	return false;
}

/* Where needle stands; *twice_r: it stands there more than once. */
static const char *find(struct span text, const char *needle, size_t length, bool *twice_r)
{
	const char *at = span_find(text, needle, length);

	*twice_r = at && span_find(span_between(at + 1, text.text + text.length), needle, length);
	return at;
}

/* Then what ends it may be a part of a quoted local part. */
static bool is_quote_open(struct span text)
{
	bool open = false;

	for (size_t i = 0; i < text.length; i++) {
		i += open && text.text[i] == '\\';
		open ^= i < text.length && text.text[i] == '"';
	}
	return open;
}

/* "TEXT; from=<S> to=<R>", "TEXT; to=<R>", "TEXT;"; commas: "TEXT; from=<S>, to=<R>" */
static void take_paths(struct postfix_trailer *trailer, bool commas)
{
	struct span *text = &trailer->text;
	const char *end = text->text + text->length, *from, *to;
	bool many_from, many_to;

	from = find(*text, "; from=<", 8, &many_from);
	if (!from) {
		const char *recipient = SPAN_FIND(*text, "; to=<");

		if (recipient)
			*text = span_between(text->text, recipient);
		else if (text->length > 0 && end[-1] == ';')
			text->length--;
		return;
	}
	trailer->paths = span_between(from, end);
	trailer->sender = span_between(from + 8, end);
	*text = span_between(text->text, from);
	to = commas ? find(trailer->sender, ">, to=<", 7, &many_to) : find(trailer->sender, "> to=<", 6, &many_to);
	if (!to && trailer->sender.length > 0 && end[-1] == '>')
		to = end - 1;
	trailer->has_recipient = to && (to + 1 < end || many_to);
	if (to)
		trailer->sender = span_between(from + 8, to);
	trailer->has_sender = to && !many_from && !many_to && !(trailer->has_recipient && is_quote_open(trailer->sender));
}

void postfix_trailer_parse(struct span text, struct postfix_trailer *trailer_r)
{
	bool commas;

	*trailer_r = (struct postfix_trailer){ .text = text };
	trailer_r->has_user = take_user(&trailer_r->text, &trailer_r->user);
	trailer_r->has_helo = take_helo(&trailer_r->text, &trailer_r->helo);
	trailer_r->has_protocol = take_protocol(&trailer_r->text, &trailer_r->protocol);
	/* Of postscreen. */
	commas = trailer_r->text.length > 0 && trailer_r->text.text[trailer_r->text.length - 1] == ',';
	trailer_r->text.length -= commas;
	take_paths(trailer_r, commas);
}

/* Where "; proto=P helo=<" begins that ends the text; *name_r: behind it.  NULL: there is none, or more than one. */
static const char *find_greeting(struct span text, const char **name_r)
{
	static const char *const begins[] = { "; proto=ESMTP helo=<", "; proto=SMTP helo=<" };
	const char *found = NULL;

	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
		size_t length = strlen(begins[i]);
		bool twice;
		const char *at = find(text, begins[i], length, &twice);

		if (at && (twice || found))
			return NULL;
		if (at) {
			found = at;
			*name_r = at + length;
		}
	}
	return found;
}

void postfix_greeting_trailer_parse(struct span text, struct postfix_trailer *trailer_r)
{
	static const char user_begin[] = "> sasl_username=<";
	const char *end = text.text + text.length, *begin, *name;

	if (text.length == 0 || end[-1] != '>' || !memmem(text.text, text.length, " helo=<", 7)) {
		postfix_trailer_parse(text, trailer_r);
		return;
	}
	*trailer_r = (struct postfix_trailer){ .text = { text.text, 0 }, .helo = name_not_shown, .has_helo = true };
	begin = find_greeting(text, &name);
	if (!begin)
		return;
	trailer_r->text = span_between(text.text, begin);
	trailer_r->has_protocol = true;
	trailer_r->protocol = begin[8] == 'E' ? VERB_EHLO : VERB_HELO;
	/* A login, or a part of the name. */
	if (!memmem(name, (size_t)(end - name), user_begin, sizeof user_begin - 1))
		trailer_r->helo = span_between(name, end - 1);
}

#define COUNTER(word, command) { word, sizeof word - 1, command }

static const struct {
	const char *name;
	size_t length;
	enum record_command command;
} counter_names[] = {
	/* In the order in which they are written. */
	COUNTER("helo", COUNTED_HELO), COUNTER("ehlo", COUNTED_EHLO), COUNTER("xclient", COUNTED_XCLIENT),
	COUNTER("starttls", COUNTED_STARTTLS), COUNTER("auth", COUNTED_AUTH), COUNTER("mail", COUNTED_MAIL),
	COUNTER("rcpt", COUNTED_RCPT), COUNTER("data", COUNTED_DATA), COUNTER("bdat", COUNTED_BDAT),
	COUNTER("rset", COUNTED_RSET), COUNTER("noop", COUNTED_NOOP), COUNTER("vrfy", COUNTED_VRFY),
	COUNTER("etrn", COUNTED_ETRN), COUNTER("quit", COUNTED_QUIT), COUNTER("unknown", COUNTED_UNKNOWN),
};

/* Which counter it is, from the one after the last on. */
static bool find_counter(struct span name, size_t *next, enum record_command *command_r)
{
	for (size_t i = *next; i < sizeof counter_names / sizeof counter_names[0]; i++) {
		if (counter_names[i].length == name.length && counter_names[i].name[0] == name.text[0] &&
		    memcmp(counter_names[i].name, name.text, name.length) == 0) {
			*next = i + 1;
			*command_r = counter_names[i].command;
			return true;
		}
	}
	return false;
}

static inline const char *take_count(const char *at, const char *end, uint32_t *count_r)
{
	uint32_t value = 0;

	while (at < end && ascii_is_digit(*at) && value < 100000000)
		value = value * 10 + (uint32_t)(*at++ - '0');
	*count_r = value;
	return at;
}

bool postfix_counts_parse(struct span text, struct postfix_counts *counts_r)
{
	const char *at = text.text, *end = at + text.length;
	bool complete = false;
	size_t next = 0;

	memset(counts_r, 0, sizeof *counts_r);
	if (at == end)
		return false;
	while (at < end) {
		struct span name = { at, 0 };
		enum record_command command;
		uint32_t taken, given;

		while (at < end && *at != '=')
			at++;
		if (at == end)
			break;
		name.length = (size_t)(at - name.text);
		at = take_count(at + 1, end, &taken);
		given = taken;
		if (at < end && *at == '/')
			at = take_count(at + 1, end, &given);
		/* The last one: without it the line was cut off. */
		if (SPAN_IS(name, "commands")) {
			complete = true;
		} else if (find_counter(name, &next, &command)) {
			counts_r->given[command] = given > taken ? given : taken;
			counts_r->taken[command] = taken;
		}
		while (at < end && *at == ' ')
			at++;
	}
	return complete;
}

size_t postfix_tls_begin_length(struct span text)
{
	/* Postfix before 2.5 has no word for the certificate. */
	static const char *const begins[] = { "", "Anonymous ", "Untrusted ", "Trusted ", "Verified " };
	static const char established[] = "TLS connection established from ";

	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
		size_t length = strlen(begins[i]);

		if (span_begins(text, begins[i], length) &&
		    span_begins(span_after(text, length), established, sizeof established - 1))
			return length + sizeof established - 1;
	}
	return 0;
}

bool postfix_tls_parse(struct span text, struct span *version_r, struct span *cipher_r)
{
	static const char with[] = " with cipher ";
	const char *end = text.text + text.length, *at = memmem(text.text, text.length, with, sizeof with - 1), *space;

	if (!at)
		return false;
	*version_r = span_between(text.text, at);
	at += sizeof with - 1;
	space = memchr(at, ' ', (size_t)(end - at));
	*cipher_r = span_between(at, space ? space : end);
	return true;
}

bool postfix_helo_is_exact(struct span name)
{
	/* A NUL is damage. */
	if (memchr(name.text, '\0', name.length))
		return false;
	if (!memchr(name.text, '?', name.length))
		return true;
	return name.text[0] != '[' && !memmem(name.text, name.length, "??", 2);
}
