/* SPDX-License-Identifier: BSD-2-Clause */
/* The expressions of rules and exemptions: typed when compiled, three-valued when evaluated. */
#ifndef CORE_EXPR_H
#define CORE_EXPR_H

#include "base/arena.h"
#include "core/facts.h"
#include "core/list.h"
#include "core/tri.h"

#include <stdbool.h>
#include <stddef.h>

struct expr;

/* What the names in an expression mean. */
struct expr_scope {
	const struct list *(*find_list)(const void *lists, const char *name);	/* name without "$"; NULL: unknown */
	const void *lists;
	/* A message for a fact or check that is known but cannot stand here; NULL: none. */
	const char *(*objection)(const char *name);
	/* CHECK_COUNT flags: a check that is off in the listener; NULL in exemptions, where checks may not be named. */
	const bool *checks_off;
	bool recipient;		/* are recipient facts there (reply_at: rcpt)? */
	bool refuses;		/* the action is reject: == temperror is refused */
};

struct expr_error {
	size_t offset;		/* byte of the text at which it is wrong */
	char text[200];		/* what is wrong; what was expected */
};

/* NULL with *error_r set (also when memory is out).  text need not outlive the call. */
struct expr *expr_compile(const char *text, const struct expr_scope *scope, struct arena *arena,
			  struct expr_error *error_r);

/* Frees what does not lie in the arena: compiled patterns.  expr may be NULL. */
void expr_release(struct expr *expr);

/*
 * Allocates nothing.  A fact that is known to be none makes its comparison false, one that is unknown (or
 * belongs to a stage after context->stage) makes it unknown.  Any thread.
 */
enum tri expr_eval(const struct expr *expr, const struct context *context);

/* The first stage at which all its facts can be known. */
enum stage expr_stage(const struct expr *expr);

/* Does it take questions to DNS, in a listener with these settings of its CHECK_COUNT checks? */
struct check_settings;
bool expr_needs_dns(const struct expr *expr, const struct check_settings *settings);

/* What a comparison looks at. */
struct expr_operand {
	const struct fact *fact;	/* NULL: the result of a check */
	enum check_id check;
	const struct list *list;	/* in which the fact is looked up; NULL: in none */
};

/* Calls visit() for each comparison, in the order of the text. */
void expr_each_operand(const struct expr *expr, void (*visit)(void *data, const struct expr_operand *operand),
		       void *data);

/* Does it name this check? */
bool expr_names_check(const struct expr *expr, enum check_id id);

#endif
