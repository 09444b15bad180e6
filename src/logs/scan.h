/* SPDX-License-Identifier: BSD-2-Clause */
/* A line that is taken apart from its begin. */
#ifndef LOGS_SCAN_H
#define LOGS_SCAN_H

#include "base/ascii.h"
#include "base/clock.h"
#include "logs/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left of the line. */
struct scan {
	const char *at;
	const char *end;
};

static inline size_t scan_left(const struct scan *scan)
{
	return (size_t)(scan->end - scan->at);
}

static inline bool scan_skip_char(struct scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static inline void scan_skip_spaces(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at == ' ')
		scan->at++;
}

/* The bytes up to the next space, which is taken too; false when there is none. */
static inline bool scan_take_word(struct scan *scan, struct span *word_r)
{
	const char *space = scan->at;

	/* Words are short. */
	while (space < scan->end && *space != ' ')
		space++;
	if (space == scan->end || space == scan->at)
		return false;
	*word_r = span_between(scan->at, space);
	scan->at = space + 1;
	return true;
}

static inline bool scan_take_number(struct scan *scan, uint64_t *value_r)
{
	const char *begin = scan->at, *end = scan_left(scan) > 18 ? begin + 18 : scan->end, *at = begin;
	uint64_t value = 0;

	for (; at < end && ascii_is_digit(*at); at++)
		value = value * 10 + (uint64_t)(*at - '0');
	*value_r = value;
	scan->at = at;
	return at > begin;
}

/* The digits behind the point of a number of seconds; 0: there is none. */
static inline int64_t scan_take_fraction_us(struct scan *scan)
{
	int64_t us = 0;

	for (int64_t unit = US_PER_SECOND / 10; scan->at < scan->end && ascii_is_digit(*scan->at); scan->at++, unit /= 10)
		us += (*scan->at - '0') * unit;
	return us;
}

/* A number of less is a count of something else (1973). */
#define SCAN_SECONDS_MIN 100000000

/* "1300475173.475401", seconds since 1970; the fraction may be missing. */
static inline bool scan_take_seconds_us(struct scan *scan, int64_t *us_r)
{
	const char *digits;
	uint64_t seconds;

	if (!scan_take_number(scan, &seconds) || seconds < SCAN_SECONDS_MIN || seconds > UINT32_MAX)
		return false;
	*us_r = (int64_t)seconds * US_PER_SECOND;
	if (!scan_skip_char(scan, '.'))
		return true;
	digits = scan->at;
	*us_r += scan_take_fraction_us(scan);
	return scan->at > digits;
}

/* A process id and nothing behind it; false, and 0: it is none. */
static inline bool scan_is_pid(struct scan scan, uint32_t *pid_r)
{
	uint64_t pid;
	bool good = scan_take_number(&scan, &pid) && scan.at == scan.end && pid <= UINT32_MAX;

	*pid_r = good ? (uint32_t)pid : 0;
	return good;
}

#endif
