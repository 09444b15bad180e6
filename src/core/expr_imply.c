/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares expressions by their form. */
#include "core/expr_imply.h"

#include "core/expr_tree.h"

#include <string.h>
#include <strings.h>

static bool text_same(const char *a, const char *b)
{
	return a && b ? strcasecmp(a, b) == 0 : a == b;
}

static bool network_same(const struct network *a, const struct network *b)
{
	return a->prefix_bits == b->prefix_bits && ip_equal(&a->ip, &b->ip);
}

static bool is_same(const struct expr *a, const struct expr *b)
{
	const struct expr *x = a->child, *y = b->child;

	/* A leaf has one operand; what it has not is zero in both. */
	if (a->kind != b->kind || a->negate != b->negate || a->fact != b->fact || a->number != b->number ||
	    a->list != b->list || a->check != b->check || a->result != b->result || !text_same(a->text, b->text) ||
	    !network_same(&a->network, &b->network))
		return false;
	for (; x && y && is_same(x, y); x = x->next)
		y = y->next;
	return !x && !y;
}

static bool lies_within(const struct expr *a, const struct expr *b)
{
	if (a->fact != b->fact || a->negate || b->negate)
		return false;
	if (a->kind == EXPR_ADDRESS_IN_NETWORK && b->kind == EXPR_ADDRESS_IN_NETWORK)
		return a->network.prefix_bits >= b->network.prefix_bits &&
		       network_contains(&b->network, &a->network.ip);
	if (a->kind == EXPR_ADDRESS_IN_NETWORK && b->kind == EXPR_ADDRESS_IN_LIST)
		return list_covers_network(b->list, &a->network);
	return a->kind == EXPR_ADDRESS_IN_LIST && b->kind == EXPR_ADDRESS_IN_LIST && list_covers(b->list, a->list);
}

static bool any_child_implies(const struct expr *a, const struct expr *b)
{
	for (const struct expr *child = a->child; child; child = child->next)
		if (expr_implies(child, b))
			return true;
	return false;
}

static bool each_child_implies(const struct expr *a, const struct expr *b)
{
	for (const struct expr *child = a->child; child; child = child->next)
		if (!expr_implies(child, b))
			return false;
	return true;
}

static bool implies_any_child(const struct expr *a, const struct expr *b)
{
	for (const struct expr *child = b->child; child; child = child->next)
		if (expr_implies(a, child))
			return true;
	return false;
}

static bool implies_each_child(const struct expr *a, const struct expr *b)
{
	for (const struct expr *child = b->child; child; child = child->next)
		if (!expr_implies(a, child))
			return false;
	return true;
}

bool expr_implies(const struct expr *a, const struct expr *b)
{
	if (is_same(a, b) || lies_within(a, b))
		return true;
	if (a->kind == EXPR_OR)
		return each_child_implies(a, b);
	if (b->kind == EXPR_AND)
		return implies_each_child(a, b);
	return (a->kind == EXPR_AND && any_child_implies(a, b)) || (b->kind == EXPR_OR && implies_any_child(a, b));
}

bool expr_never(const struct expr *expr, const char *listener)
{
	bool every = expr->kind == EXPR_OR;

	if (expr->list)
		return list_empty(expr->list);
	if (expr->fact && expr->kind == EXPR_TEXT_EQUAL && strcmp(expr->fact->name, "listener") == 0)
		return (strcasecmp(expr->text, listener) == 0) == expr->negate;
	if (expr->kind != EXPR_AND && expr->kind != EXPR_OR)
		return false;
	for (const struct expr *child = expr->child; child; child = child->next)
		if (expr_never(child, listener) != every)
			return !every;
	return every;
}
