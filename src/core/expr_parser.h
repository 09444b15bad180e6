/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of the compiler of expressions, shared by its grammar and its comparisons. */
#ifndef CORE_EXPR_PARSER_H
#define CORE_EXPR_PARSER_H

#include "core/check.h"
#include "core/expr_lex.h"
#include "core/expr_tree.h"

struct parser {
	const char *text;
	const struct expr_scope *scope;
	struct arena *arena;
	struct expr_error *error;
	struct token token;	/* the one being looked at */
	size_t next;		/* where the following one may begin */
	struct expr *patterns;	/* leaves with a pattern, which does not lie in the arena */
	unsigned depth;
	bool negated;		/* under an odd number of nots */
	bool failed;
};

/* Tells only the first error of an expression: what follows it would be guesswork.  Returns NULL. */
struct expr *expr_fail(struct parser *p, size_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void expr_advance(struct parser *p);
bool expr_is_word(const struct parser *p, const char *word);

/* A copy of the token's text; NULL with the error told when memory is out. */
const char *expr_token_text(struct parser *p);

struct expr *expr_node(struct parser *p, enum expr_kind kind);

/* A leaf about fact; the caller sets what it is compared with. */
struct expr *expr_leaf(struct parser *p, const struct fact *fact, enum expr_kind kind, bool negate);

/* What follows the name of a fact. */
struct expr *expr_comparison(struct parser *p, const struct fact *fact);

/* What follows == or != after the name of a check; leaves its token to the caller. */
struct expr *expr_check_result(struct parser *p, const struct check *check, bool negate);

#endif
