/* SPDX-License-Identifier: BSD-2-Clause */
/* Cuts an expression into tokens. */
#include "core/expr_lex.h"

#include "base/ip.h"

#include <string.h>

#define ADDRESS_BYTES_MAX 60

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";
/* Names, numbers, addresses and networks are runs of these; which it is, the run as a whole tells. */
static const char run_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/-[]";

static bool all_in(const char *text, size_t length, const char *a, const char *b, const char *c)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr(a, text[i]) && !strchr(b, text[i]) && !strchr(c, text[i]))
			return false;
	return true;
}

static bool is_network(const char *text, size_t length)
{
	char copy[ADDRESS_BYTES_MAX + 1];
	struct network network;
	const char *error;

	if (length > ADDRESS_BYTES_MAX)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return network_parse(copy, &network, &error);
}

static struct token bad(struct token token, const char *error)
{
	token.kind = TOKEN_BAD;
	token.error = error;
	return token;
}

static struct token run(struct token token)
{
	token.length = strspn(token.text, run_bytes);
	if (all_in(token.text, token.length, digits, "", ""))
		token.kind = TOKEN_NUMBER;
	else if (!strchr(digits, token.text[0]) && all_in(token.text, token.length, lower, upper, "0123456789_"))
		token.kind = TOKEN_WORD;
	else if (is_network(token.text, token.length))
		token.kind = TOKEN_ADDRESS;
	else
		return bad(token, "this is no fact, number or address; put text in quotes");
	return token;
}

static struct token quoted(struct token token)
{
	const char *end = strchr(token.text + 1, token.text[0]);

	if (!end)
		return bad(token, "the quote is not closed");
	token.kind = TOKEN_STRING;
	token.text++;
	token.length = (size_t)(end - token.text);
	return token;
}

static struct token list(struct token token)
{
	token.text++;
	token.length = strspn(token.text, run_bytes);
	if (token.length == 0 || !all_in(token.text, token.length, lower, upper, "0123456789_"))
		return bad(token, "'$' is not followed by the name of a list");
	token.kind = TOKEN_LIST;
	return token;
}

static struct token simple(struct token token, enum token_kind kind, size_t length)
{
	token.kind = kind;
	token.length = length;
	return token;
}

struct token expr_token(const char *text, size_t offset, size_t *next_r)
{
	struct token token = { .kind = TOKEN_END };
	const char *at = text + offset;

	at += strspn(at, " \t\r\n");
	token.offset = (size_t)(at - text);
	token.text = at;
	if (*at == '(')
		token = simple(token, TOKEN_OPEN, 1);
	else if (*at == ')')
		token = simple(token, TOKEN_CLOSE, 1);
	else if (strncmp(at, "==", 2) == 0)
		token = simple(token, TOKEN_EQUAL, 2);
	else if (strncmp(at, "!=", 2) == 0)
		token = simple(token, TOKEN_UNEQUAL, 2);
	else if (*at == '\'' || *at == '"')
		token = quoted(token);
	else if (*at == '$')
		token = list(token);
	else if (*at != '\0' && strchr(run_bytes, *at))
		token = run(token);
	else if (*at == '=' || *at == '!')
		token = bad(token, "expected '==' or '!='");
	else if (*at != '\0')
		token = bad(token, "this byte has no meaning in an expression");
	*next_r = (size_t)(token.text - text) + token.length + (token.kind == TOKEN_STRING ? 1 : 0);
	return token;
}
