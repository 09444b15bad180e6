/* SPDX-License-Identifier: BSD-2-Clause */
/* A compiled expression: between the compiler and the evaluator only. */
#ifndef CORE_EXPR_TREE_H
#define CORE_EXPR_TREE_H

#include "core/expr.h"
#include "core/pattern.h"

/* Each leaf compares one fact, or one check's result, with one constant. */
enum expr_kind {
	EXPR_AND,
	EXPR_OR,
	EXPR_NOT,
	EXPR_FLAG,		/* a boolean fact by itself */
	EXPR_TEXT_EQUAL,
	EXPR_TEXT_STARTS,
	EXPR_TEXT_ENDS,
	EXPR_TEXT_CONTAINS,
	EXPR_TEXT_MATCHES,
	EXPR_TEXT_IN_LIST,
	EXPR_NUMBER_EQUAL,
	EXPR_ADDRESS_IN_NETWORK,	/* also == with an address */
	EXPR_ADDRESS_IN_LIST,
	EXPR_CHECK_IS
};

struct expr {
	enum expr_kind kind;
	bool negate;		/* of a leaf: != */
	enum stage stage;	/* the latest of its facts */
	struct expr *child;	/* of AND, OR, NOT: the first, linked by next */
	struct expr *next;
	const struct fact *fact;
	const char *text;
	unsigned number;
	struct network network;
	const struct list *list;
	struct pattern *pattern;
	struct expr *next_pattern;	/* while compiling: the leaf with a pattern before this one */
	enum check_id check;
	enum result result;
	bool under_not;		/* of CHECK_IS: an odd number of nots stands before it */
};

#endif
