/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiles expressions: a recursive-descent parser that knows the type of every fact. */
#include "core/expr_parser.h"

#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64
#define NAMES_MAX 64

struct expr *expr_fail(struct parser *p, size_t offset, const char *format, ...)
{
	va_list args;

	if (p->failed)
		return NULL;
	p->failed = true;
	p->error->offset = offset;
	va_start(args, format);
	(void)vsnprintf(p->error->text, sizeof p->error->text, format, args);
	va_end(args);
	return NULL;
}

void expr_advance(struct parser *p)
{
	p->token = expr_token(p->text, p->next, &p->next);
	if (p->token.kind == TOKEN_BAD)
		expr_fail(p, p->token.offset, "%s", p->token.error);
}

bool expr_is_word(const struct parser *p, const char *word)
{
	return p->token.kind == TOKEN_WORD && strlen(word) == p->token.length &&
	       strncmp(p->token.text, word, p->token.length) == 0;
}

const char *expr_token_text(struct parser *p)
{
	const char *text = arena_strndup(p->arena, p->token.text, p->token.length);

	if (!text)
		expr_fail(p, p->token.offset, "out of memory");
	return text;
}

struct expr *expr_node(struct parser *p, enum expr_kind kind)
{
	struct expr *expr = arena_alloc(p->arena, sizeof *expr);

	if (!expr)
		return expr_fail(p, p->token.offset, "out of memory");
	expr->kind = kind;
	return expr;
}

struct expr *expr_leaf(struct parser *p, const struct fact *fact, enum expr_kind kind, bool negate)
{
	struct expr *expr = expr_node(p, kind);

	if (!expr)
		return NULL;
	expr->fact = fact;
	expr->stage = fact->stage;
	expr->negate = negate;
	return expr;
}

static struct expr *parse_check(struct parser *p, const struct check *check, size_t offset)
{
	struct expr *expr;
	bool negate = p->token.kind == TOKEN_UNEQUAL;

	if (!p->scope->checks_off)
		return expr_fail(p, offset, "a check cannot be named in an exemption: exemptions are decided first");
	if (p->scope->checks_off[check->id])
		return expr_fail(p, offset, "check '%s' is off in this listener; set it to log", check->name);
	if (p->token.kind != TOKEN_EQUAL && !negate)
		return expr_fail(p, p->token.offset, "expected == or != after the name of a check");
	expr_advance(p);
	expr = expr_check_result(p, check, negate);
	expr_advance(p);
	return expr;
}

static struct expr *unknown_word(struct parser *p, const char *word, size_t offset)
{
	const char *names[NAMES_MAX];
	size_t count = 0;
	const char *near;

	for (size_t i = 0; i < facts_count && count < NAMES_MAX; i++)
		names[count++] = facts_table[i].name;
	for (size_t i = 0; i < CHECK_COUNT && count < NAMES_MAX; i++)
		names[count++] = checks[i]->name;
	near = diag_nearest(word, names, count);
	if (near)
		return expr_fail(p, offset, "unknown fact or check '%s'; did you mean '%s'?", word, near);
	return expr_fail(p, offset, "unknown fact or check '%s'", word);
}

static struct expr *parse_named(struct parser *p)
{
	size_t offset = p->token.offset;
	const char *word = expr_token_text(p);
	const struct fact *fact = word ? fact_find(word) : NULL;
	const struct check *check = word ? check_find(word) : NULL;
	const char *objection;

	if (!word)
		return NULL;
	objection = p->scope->objection ? p->scope->objection(word) : NULL;
	if (objection)
		return expr_fail(p, offset, "%s", objection);
	if (!fact && !check)
		return unknown_word(p, word, offset);
	expr_advance(p);
	if (check)
		return parse_check(p, check, offset);
	if (fact->stage == STAGE_RCPT && !p->scope->recipient)
		return expr_fail(p, offset, "%s is known at RCPT only; it needs reply_at: rcpt in the listener",
			       fact->name);
	/* Whoever owns an address writes any name into its PTR record: nothing may be exempt by that. */
	if (fact->unconfirmed && !p->scope->checks_off)
		return expr_fail(p, offset, "%s is not confirmed and cannot exempt; expected client_name", fact->name);
	return expr_comparison(p, fact);
}

static struct expr *parse_or(struct parser *p);

static struct expr *parse_primary(struct parser *p)
{
	struct expr *expr;
	size_t offset = p->token.offset;

	if (p->token.kind == TOKEN_WORD)
		return parse_named(p);
	if (p->token.kind != TOKEN_OPEN)
		return expr_fail(p, offset, p->token.kind == TOKEN_END ?
			       "the expression ends here; expected a fact, a check, 'not' or '('" :
			       "expected a fact, a check, 'not' or '('");
	expr_advance(p);
	expr = parse_or(p);
	if (expr && p->token.kind != TOKEN_CLOSE)
		return expr_fail(p, p->token.offset, "expected 'and', 'or' or ')' for the '(' at byte %zu",
			       offset + 1);
	expr_advance(p);
	return expr;
}

static struct expr *parse_not(struct parser *p)
{
	struct expr *expr;

	if (++p->depth > DEPTH_MAX)
		return expr_fail(p, p->token.offset, "nested too deeply; expected at most %d levels", DEPTH_MAX);
	if (!expr_is_word(p, "not")) {
		expr = parse_primary(p);
	} else {
		struct expr *child;

		expr_advance(p);
		p->negated = !p->negated;
		child = parse_not(p);
		p->negated = !p->negated;
		expr = child ? expr_node(p, EXPR_NOT) : NULL;
		if (expr) {
			expr->child = child;
			expr->stage = child->stage;
		}
	}
	p->depth--;
	return expr;
}

/* OPERAND (word OPERAND)*: one node with all operands, so that long chains cost no depth. */
static struct expr *parse_chain(struct parser *p, const char *word, enum expr_kind kind,
				struct expr *(*operand)(struct parser *))
{
	struct expr *first = operand(p), *last = first, *chain;

	if (!first || !expr_is_word(p, word))
		return first;
	chain = expr_node(p, kind);
	if (!chain)
		return NULL;
	chain->child = first;
	chain->stage = first->stage;
	while (expr_is_word(p, word)) {
		expr_advance(p);
		last->next = operand(p);
		last = last->next;
		if (!last)
			return NULL;
		if (last->stage > chain->stage)
			chain->stage = last->stage;
	}
	return chain;
}

static struct expr *parse_and(struct parser *p)
{
	return parse_chain(p, "and", EXPR_AND, parse_not);
}

static struct expr *parse_or(struct parser *p)
{
	return parse_chain(p, "or", EXPR_OR, parse_and);
}

struct expr *expr_compile(const char *text, const struct expr_scope *scope, struct arena *arena,
			  struct expr_error *error_r)
{
	struct parser p = { .text = text, .scope = scope, .arena = arena, .error = error_r };
	struct expr *expr;

	expr_advance(&p);
	expr = parse_or(&p);
	if (expr && p.token.kind != TOKEN_END)
		expr_fail(&p, p.token.offset, "expected 'and', 'or' or the end");
	if (!p.failed)
		return expr;
	while (p.patterns) {
		pattern_free(&p.patterns->pattern);
		p.patterns = p.patterns->next_pattern;
	}
	return NULL;
}
