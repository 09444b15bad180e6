/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be said of expressions before any session: for warnings about policies. */
#ifndef CORE_EXPR_IMPLY_H
#define CORE_EXPR_IMPLY_H

#include "core/expr.h"

#include <stdbool.h>

/*
 * Is b true whenever a is?  false: not as far as their form tells.  Networks are compared by what lies within
 * them, lists by what they spell out.
 */
bool expr_implies(const struct expr *a, const struct expr *b);

/* Can it never be true in the listener: an empty list, another listener's name?  false: its form does not tell. */
bool expr_never(const struct expr *expr, const char *listener);

#endif
