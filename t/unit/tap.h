/* SPDX-License-Identifier: BSD-2-Clause */
/* Just enough of the Test Anything Protocol for tables of cases. */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <stdio.h>

static unsigned tap_count, tap_failed;

/* ok(condition, "label", ...): one test. */
#define ok(condition, ...) \
	do { \
		int tap_ok = !!(condition); \
\
		printf("%sok %u - ", tap_ok ? "" : "not ", ++tap_count); \
		printf(__VA_ARGS__); \
		printf("\n"); \
		if (!tap_ok) { \
			tap_failed++; \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
		} \
	} while (0)

/* The plan, at the end; returns the exit status of the program. */
static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed > 0;
}

#endif
