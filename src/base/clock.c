/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, dates and session ids. */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static int64_t clock_us(clockid_t clock)
{
	struct timespec now = { .tv_sec = 0 };

	(void)clock_gettime(clock, &now);	/* cannot fail for these two clocks */
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_realtime_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Since 0000-03-01, in a calendar whose years begin with March: the leap day is the last one. */
static int32_t days_since_march_0(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
}

bool date_of(int year, int month, int day, int32_t *days_r)
{
	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*days_r = days_since_march_0(year, month, day) - days_since_march_0(1970, 1, 1);
	return true;
}

bool date_parse(const char *text, int32_t *days_r)
{
	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	return date_of(date_digits(text, 4), date_digits(text + 5, 2), date_digits(text + 8, 2), days_r);
}

void date_format(int32_t days, char text_r[11])
{
	int year = 1970, month = 1;

	while (days >= 365 + is_leap(year))
		days -= 365 + is_leap(year++);
	while (days >= days_in_month(year, month))
		days -= days_in_month(year, month++);
	(void)snprintf(text_r, 11, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100,
		       (unsigned)(days + 1) % 100);
}

int32_t date_of_us(int64_t realtime_us)
{
	return (int32_t)(realtime_us / US_PER_DAY);
}

/* Differs between processes by its start, within one by counting. */
static uint32_t next_number(void)
{
	static atomic_uint counter;
	static atomic_bool started;
	unsigned start;

	if (!atomic_load_explicit(&started, memory_order_acquire)) {
		if (getrandom(&start, sizeof start, GRND_NONBLOCK) == (ssize_t)sizeof start)
			atomic_fetch_add(&counter, start);
		atomic_store_explicit(&started, true, memory_order_release);
	}
	return atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
}

static void base32(uint64_t value, size_t count, char *text_r)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

	while (count-- > 0) {
		text_r[count] = alphabet[value & 31];
		value >>= 5;
	}
}

void session_id_make(int64_t start_us, char id_r[SESSION_ID_BYTES])
{
	session_id_of(start_us, next_number(), id_r);
}

void session_id_of(int64_t start_us, uint32_t number, char id_r[SESSION_ID_BYTES])
{
	base32((uint64_t)(start_us / 1000), 10, id_r);
	base32(number, 6, id_r + 10);
	id_r[SESSION_ID_BYTES - 1] = '\0';
}
