/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks that table.c lists; each is defined in the file of its name. */
#ifndef CORE_CHECKS_TABLE_H
#define CORE_CHECKS_TABLE_H

#include "core/check.h"

extern const struct check check_greeting;
extern const struct check check_ehlo_verb;
extern const struct check check_ehlo_syntax;
extern const struct check check_ehlo_fqdn;
extern const struct check check_ehlo_literal;
extern const struct check check_ehlo_own_name;

/* Sets outcomes, facts and their counts in a struct check. */
#define CHECK_OUTCOMES(array) .outcomes = (array), .outcome_count = sizeof(array) / sizeof((array)[0])
#define CHECK_PARAMETERS(array) \
	.parameters = (array), .parameter_count = sizeof(array) / sizeof((array)[0])

/* A finding with a reason; none, pass and unknown mostly need no more than the result. */
static inline struct finding finding(enum result result, const struct reason *reason)
{
	return (struct finding){ .result = result, .reason = reason };
}

#endif
