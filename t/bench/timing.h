/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures of several rounds. */
#ifndef TIMING_H
#define TIMING_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 9

static inline int compare_figures(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Prints "WHAT: MEDIAN (MIN-MAX) UNIT"; sorts the figures. */
static inline void print_figures(const char *what, double figures[ROUNDS], const char *unit)
{
	qsort(figures, ROUNDS, sizeof figures[0], compare_figures);
	printf("%s: %.3f (%.3f-%.3f) %s\n", what, figures[ROUNDS / 2], figures[0], figures[ROUNDS - 1], unit);
}

/* Of this process, so that what else the machine does counts little. */
static inline int64_t cpu_us(void)
{
	struct timespec spent;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
	return (int64_t)spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
}

/* Prints microseconds of CPU for each call of function(thing, number of the call). */
static inline void time_calls(const char *what, size_t calls, void (*function)(void *, size_t), void *thing)
{
	double figures[ROUNDS];

	for (int round = -1; round < ROUNDS; round++) {	/* round -1 warms up */
		int64_t begin_us = cpu_us();

		for (size_t i = 0; i < calls; i++)
			function(thing, i);
		if (round >= 0)
			figures[round] = (double)(cpu_us() - begin_us) / (double)calls;
	}
	print_figures(what, figures, "us");
}

#endif
