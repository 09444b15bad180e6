/* SPDX-License-Identifier: BSD-2-Clause */
/* The keywords of Postfix and the letters of Sendmail's srv_features. */
#include "mta/keywords.h"

#include <string.h>
#include <strings.h>

/* --- Postfix --- */

static const char *const keywords[COMMAND_COUNT] = {
	[COMMAND_PIPELINING] = "pipelining",
	[COMMAND_CHUNKING] = "chunking",
	[COMMAND_DSN] = "dsn",
	[COMMAND_VRFY_KEYWORD] = "vrfy",
	[COMMAND_ETRN_KEYWORD] = "etrn",
	[COMMAND_SMTPUTF8] = "smtputf8",
	[COMMAND_8BITMIME] = "8bitmime",
	[COMMAND_SIZE] = "size",
	[COMMAND_STARTTLS] = "starttls",
	[COMMAND_AUTH] = "auth",
	[COMMAND_REQUIRETLS] = "reqtls",
};

bool postfix_keyword_is_word(const char *text, size_t length)
{
	return length > 0 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=") >= length;
}

const char *postfix_keyword(enum command_id id)
{
	return keywords[id];
}

void postfix_keywords_wanted(const enum command_value values[COMMAND_COUNT],
			     enum command_value wanted_r[COMMAND_COUNT])
{
	enum command_value etrn = values[COMMAND_ETRN];

	for (enum command_id id = 0; id < COMMAND_COUNT; id++)
		wanted_r[id] = keywords[id] ? values[id] : VALUE_ABSENT;
	if (values[COMMAND_VRFY] == VALUE_HIDE)
		wanted_r[COMMAND_VRFY_KEYWORD] = VALUE_FALSE;
	if (etrn == VALUE_SILENT || etrn == VALUE_DISABLE)
		wanted_r[COMMAND_ETRN_KEYWORD] = VALUE_FALSE;
	if (etrn == VALUE_ALLOW || etrn == VALUE_BLOCK)
		wanted_r[COMMAND_ETRN_KEYWORD] = VALUE_TRUE;
}

bool postfix_keyword_is_decided(const char *word, const enum command_value wanted[COMMAND_COUNT])
{
	if (strcasecmp(word, "silent-discard") == 0)
		return true;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (wanted[i] != VALUE_ABSENT && strcasecmp(word, keywords[i]) == 0)
			return true;
	return false;
}

void postfix_add_discards(struct buf *out, const char *kept, const enum command_value wanted[COMMAND_COUNT],
			  const char *separator)
{
	bool any = kept[0] != '\0';

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		any = any || wanted[i] == VALUE_FALSE;
	if (!any)
		return;
	buf_add(out, "silent-discard");
	if (kept[0] != '\0')
		buf_addf(out, "%s%s", separator, kept);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (wanted[i] == VALUE_FALSE)
			buf_addf(out, "%s%s", separator, keywords[i]);
}

/* --- Sendmail --- */

struct letters {
	enum command_id id;
	enum command_value value;
	const char *letters;
};

/* Upper case switches off, lower case on. */
static const struct letters letters[] = {
	{ COMMAND_EXPN, VALUE_ALLOW, "x" },
	/* Without EXPN Sendmail answers 502 by itself, and check_expn is not asked. */
	{ COMMAND_EXPN, VALUE_DISABLE, "x" },
	{ COMMAND_ETRN, VALUE_ALLOW, "e" },
	{ COMMAND_ETRN, VALUE_DOMAIN, "e" },
	{ COMMAND_ETRN, VALUE_BLOCK, "e" },
	{ COMMAND_ETRN, VALUE_DISABLE, "E" },
	{ COMMAND_LINE_ENDINGS, VALUE_CRLF, "o g u" },
	{ COMMAND_LINE_ENDINGS, VALUE_LENIENT, "O G U" },
	{ COMMAND_PIPELINING, VALUE_TRUE, "p" },
	{ COMMAND_PIPELINING, VALUE_FALSE, "P" },
	{ COMMAND_DSN, VALUE_TRUE, "d" },
	{ COMMAND_DSN, VALUE_FALSE, "D" },
	{ COMMAND_ETRN_KEYWORD, VALUE_TRUE, "e" },
	{ COMMAND_ETRN_KEYWORD, VALUE_FALSE, "E" },
	{ COMMAND_STARTTLS, VALUE_TRUE, "s" },
	{ COMMAND_STARTTLS, VALUE_FALSE, "S" },
	{ COMMAND_AUTH, VALUE_TRUE, "a" },
	{ COMMAND_AUTH, VALUE_FALSE, "A" },
};

const char *sendmail_letters(enum command_id id, enum command_value value)
{
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].id == id && letters[i].value == value)
			return letters[i].letters;
	return NULL;
}

void sendmail_add_letters(struct buf *out, const enum command_value values[COMMAND_COUNT])
{
	char seen[20] = "";

	for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
		const char *more = sendmail_letters(id, values[id]);

		/* etrn and its keyword share a letter; no other key does. */
		if (!more || (more[1] == '\0' && strchr(seen, more[0])))
			continue;
		buf_addf(out, "%s%s", out->length > 0 ? " " : "", more);
		if (more[1] == '\0')
			seen[strlen(seen)] = more[0];
	}
}
