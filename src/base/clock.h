/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, dates and session ids. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY (86400 * US_PER_SECOND)

#define SESSION_ID_BYTES 17	/* 16 characters and a NUL */

int64_t clock_monotonic_us(void);
int64_t clock_realtime_us(void);	/* since 1970-01-01 UTC */

/* Days since 1970-01-01; false for a date that is not in the calendar, or not in 1970 to 9999. */
bool date_of(int year, int month, int day, int32_t *days_r);

/* count digits at text as a number, or -1 where one of them is none; at most 9. */
static inline int date_digits(const char *text, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* "2026-11-24" to days since 1970-01-01; false for anything else, an impossible date too. */
bool date_parse(const char *text, int32_t *days_r);
#define DATE_LAST 2932896	/* 9999-12-31 */
void date_format(int32_t days, char text_r[11]);
int32_t date_of_us(int64_t realtime_us);

/*
 * 16 characters of Crockford's base 32: 10 for the milliseconds of start_us, 6 that differ within one
 * process and, by a random start, between processes.  Any thread.
 */
void session_id_make(int64_t start_us, char id_r[SESSION_ID_BYTES]);

/* As session_id_make(), the last 6 characters being the lower 30 bits of number: the same for the same arguments. */
void session_id_of(int64_t start_us, uint32_t number, char id_r[SESSION_ID_BYTES]);

#endif
