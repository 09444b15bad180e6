/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads paths by RFC 5321 4.1.2 as far as the domain needs it. */
#include "base/mailbox.h"

#include "base/utf8.h"

#include <string.h>

static bool is_atext(unsigned char c)
{
	static const bool atext[256] = {
		['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true, ['#' ... '\''] = true,
		['*'] = true, ['+'] = true, ['-'] = true, ['/'] = true, ['='] = true, ['?'] = true, ['^' ... '`'] = true,
		['{' ... '~'] = true,
	};

	return atext[c];
}

/* The length of one character: ASCII that allowed() takes, or a UTF-8 sequence (RFC 6531 3.3); 0: neither. */
static inline size_t character(const char *text, const char *end, bool (*allowed)(unsigned char))
{
	unsigned char c = (unsigned char)*text;

	if (c < 0x80)
		return allowed(c);
	return utf8_length(text, (size_t)(end - text));
}

/* qtextSMTP, RFC 5321 4.1.2. */
static bool is_qtext(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
}

/* Dot-string = Atom *("." Atom); returns where it ends, text itself when there is none. */
static const char *skip_dot_string(const char *text, const char *end)
{
	const char *at = text, *atom = text;

	while (at < end) {
		size_t length = character(at, end, is_atext);

		if (length == 0 && (*at != '.' || at == atom))
			break;
		at += length > 0 ? length : 1;
		if (length == 0)
			atom = at;
	}
	return at == atom ? text : at;
}

/* Quoted-string; returns where it ends, text itself when it is not one. */
static const char *skip_quoted(const char *text, const char *end)
{
	const char *at = text + 1;

	while (at < end && *at != '"') {
		size_t length;

		if (*at == '\\') {
			if (end - at < 2 || at[1] < 0x20 || at[1] > 0x7e)
				return text;
			length = 2;
		} else {
			length = character(at, end, is_qtext);
		}
		if (length == 0)
			return text;
		at += length;
	}
	return at < end ? at + 1 : text;
}

/* A-d-l ":" = At-domain *("," At-domain) ":"; returns what is behind it, NULL when it is broken. */
static const char *skip_route(const char *text, const char *end)
{
	char domain[NAME_TEXT_BYTES];

	while (text < end && *text == '@') {
		const char *stop = ++text;

		while (stop < end && *stop != ',' && *stop != ':')
			stop++;
		if (stop == end || !domain_normalise(text, (size_t)(stop - text), domain))
			return NULL;
		text = stop + 1;
		if (*stop == ':')
			return text;
	}
	return NULL;
}

static enum mailbox_kind parse_domain(const char *text, size_t length, struct mailbox *mailbox_r)
{
	struct ip ip;

	if (length > 0 && text[0] == '[')
		return literal_parse(text, length, &ip) ? MAILBOX_LITERAL : MAILBOX_INVALID;
	return domain_normalise(text, length, mailbox_r->domain) ? MAILBOX_MAILBOX : MAILBOX_INVALID;
}

/* Mailbox, or a local part alone, in text..end. */
static enum mailbox_kind parse_mailbox(const char *text, const char *end, struct mailbox *mailbox_r)
{
	const char *at;

	if (text < end && *text == '@') {
		text = skip_route(text, end);
		if (!text)
			return MAILBOX_INVALID;
	}
	at = text < end && *text == '"' ? skip_quoted(text, end) : skip_dot_string(text, end);
	if (at == text || (at < end && *at != '@'))
		return MAILBOX_INVALID;
	mailbox_r->local_part = text;
	mailbox_r->local_part_length = (size_t)(at - text);
	if (at == end)
		return MAILBOX_NO_DOMAIN;
	return parse_domain(at + 1, (size_t)(end - at) - 1, mailbox_r);
}

static enum mailbox_kind parse_path(const char *argument, struct mailbox *mailbox_r)
{
	size_t length = strlen(argument);

	if (length > 0 && argument[0] == '<') {
		if (length < 2 || argument[length - 1] != '>')
			return MAILBOX_INVALID;
		argument++;
		length -= 2;
	}
	return length == 0 ? MAILBOX_NULL : parse_mailbox(argument, argument + length, mailbox_r);
}

/*
 * MTAs take more than the grammar: joe..doe@shop.example, joe@shop.example(Joe), joe@ shop.example.  They read it by RFC 822:
 * the domain stands behind the last '@' that is in neither quotes nor a comment; blanks mean nothing, nor does a route.
 */
static void read_leniently(const char *argument, struct mailbox *mailbox_r)
{
	const char *start = argument + (argument[0] == '<');
	char domain[4 * NAME_TEXT_BYTES];
	size_t length = 0;
	int comments = 0;
	bool quoted = false, behind_at = false;

	for (const char *text = start; *text != '\0'; text++) {
		char special = *text;

		if (special == '\\') {
			special = '\0';
			text += text[1] != '\0';
		}
		if (comments > 0) {
			comments += (special == '(') - (special == ')');
		} else if (special == '"') {
			quoted = !quoted;
		} else if (special == '(' && !quoted) {
			comments = 1;
		} else if (special == ':' && !quoted && *start == '@') {
			start = text + 1;
			mailbox_r->local_part = NULL;
			mailbox_r->local_part_length = 0;
			behind_at = false;
		} else if (special == '@' && !quoted) {
			behind_at = true;
			length = 0;
			mailbox_r->local_part = text > start ? start : NULL;
			mailbox_r->local_part_length = (size_t)(text - start);
		} else if (behind_at && !strchr(" \t<>\\", *text) && length < sizeof domain) {
			domain[length++] = *text;
		}
	}
	if (behind_at)
		(void)domain_normalise(domain, length, mailbox_r->domain);
}

void mailbox_parse(const char *argument, struct mailbox *mailbox_r)
{
	mailbox_r->domain[0] = '\0';
	mailbox_r->local_part = NULL;
	mailbox_r->local_part_length = 0;
	mailbox_r->kind = parse_path(argument, mailbox_r);
	if (mailbox_r->kind == MAILBOX_INVALID)
		read_leniently(argument, mailbox_r);
}

const char *mailbox_kind_word(enum mailbox_kind kind)
{
	static const char *const words[] = {
		[MAILBOX_MAILBOX] = "mailbox",
		[MAILBOX_NULL] = "null",
		[MAILBOX_LITERAL] = "literal",
		[MAILBOX_NO_DOMAIN] = "no_domain",
		[MAILBOX_INVALID] = "invalid",
	};

	return words[kind];
}
