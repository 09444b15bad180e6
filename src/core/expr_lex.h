/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of an expression. */
#ifndef CORE_EXPR_LEX_H
#define CORE_EXPR_LEX_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,	/* a fact, check, operator, or value of a fact that has words */
	TOKEN_STRING,	/* text is what stands between the quotes */
	TOKEN_NUMBER,
	TOKEN_ADDRESS,	/* an address or network */
	TOKEN_LIST,	/* text is without the dollar sign */
	TOKEN_EQUAL,
	TOKEN_UNEQUAL,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_BAD	/* error says what is wrong */
};

struct token {
	enum token_kind kind;
	size_t offset;		/* of its first byte in the expression */
	const char *text;	/* not NUL-terminated */
	size_t length;
	const char *error;
};

/* The token at or after text[offset], and where the next one may begin. */
struct token expr_token(const char *text, size_t offset, size_t *next_r);

#endif
