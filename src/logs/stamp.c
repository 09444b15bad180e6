/* SPDX-License-Identifier: BSD-2-Clause */
/* The times of log lines. */
#include "logs/stamp.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/instant.h"
#include "logs/month.h"

#include <string.h>
#include <time.h>

#define US_PER_HOUR (3600 * US_PER_SECOND)

bool zone_parse(const char *text, struct time_zone *zone_r)
{
	*zone_r = (struct time_zone){ .local = strcmp(text, "local") == 0 };
	return zone_r->local || strcmp(text, "UTC") == 0 ||
	       (text[0] != '\0' && instant_parse_offset(text, strlen(text), &zone_r->offset_s) == strlen(text));
}

void stamps_begin(struct stamps *stamps, struct time_zone zone, int year, int64_t written_us)
{
	*stamps = (struct stamps){
		.zone = zone, .year = year, .written_us = written_us, .hour = -1, .last_day_us = -1
	};
}

/* What local time is ahead of UTC; asked of the C library once an hour of log. */
static int32_t local_offset_s(struct stamps *stamps, int64_t us)
{
	if (stamps->hour != us / US_PER_HOUR) {
		time_t wall = (time_t)(us / US_PER_SECOND), utc;
		struct tm tm;

		if (!gmtime_r(&wall, &tm))
			return 0;
		tm.tm_isdst = -1;
		utc = mktime(&tm);
		stamps->hour = us / US_PER_HOUR;
		stamps->hour_offset_s = utc == (time_t)-1 ? 0 : (int32_t)(wall - utc);
	}
	return stamps->hour_offset_s;
}

static int64_t to_utc(struct stamps *stamps, int64_t us)
{
	int32_t offset_s = stamps->zone.local ? local_offset_s(stamps, us) : stamps->zone.offset_s;

	return us - offset_s * US_PER_SECOND;
}

/* The last year in which the date is not later than a day after the input was written. */
static int year_before(int64_t written_us, int month, int day)
{
	char date[11];
	int32_t days;
	int year;

	date_format(date_of_us(written_us), date);
	year = date_digits(date, 4);
	if (date_of(year, month, day, &days) && days > date_of_us(written_us) + 1)
		year--;
	return year;
}

static int year_of(struct stamps *stamps, int month, int day)
{
	if (stamps->year == 0) {
		stamps->year = year_before(stamps->written_us, month, day);
		stamps->guessed = true;
	}
	if (stamps->month > 0 && month - stamps->month > 6)
		return stamps->year - 1;
	if (stamps->month > 0 && stamps->month - month > 6)
		stamps->year++;
	stamps->month = month;
	return stamps->year;
}

/* The day behind the month, and the space after it; 0: there is none. */
static size_t parse_day(const char *text, size_t length, int *day_r)
{
	size_t at = 0, digits = 0;

	while (at < length && at < 2 && text[at] == ' ')
		at++;
	while (at + digits < length && digits < 2 && ascii_is_digit(text[at + digits]))
		digits++;
	*day_r = date_digits(text + at, digits);
	at += digits;
	return at > digits && digits > 0 && at < length && text[at] == ' ' ? at + 1 : 0;
}

static size_t month_end(const char *text, size_t length, size_t at)
{
	size_t begin = at;

	while (at < length && at - begin <= MONTH_BYTES_MAX && text[at] != ' ')
		at++;
	return at;
}

static size_t parse_slowly(struct stamps *stamps, const char *text, size_t length, int64_t *us_r)
{
	int year = length > 5 && text[4] == ' ' ? date_digits(text, 4) : 0, month, day;
	size_t begin = year > 0 ? 5 : 0, behind = month_end(text, length, begin), used, more;
	int64_t of_day;
	int32_t days;

	month = month_of(span_between(text + begin, text + behind));
	used = month > 0 ? parse_day(text + behind, length - behind, &day) : 0;
	if (used == 0)
		return 0;
	used += behind;
	if (length - used > 5 && date_digits(text + used, 4) > 0 && text[used + 4] == ' ') {
		year = date_digits(text + used, 4);
		used += 5;
	}
	more = instant_parse_clock(text + used, length - used, &of_day);
	/* Day 31 of any month, 29 February of any year: kept in order rather than refused. */
	if (more == 0 || day < 1 || day > 31 ||
	    !date_of(year > 0 ? year : year_of(stamps, month, day), month, 1, &days))
		return 0;
	*us_r = to_utc(stamps, (days + day - 1) * US_PER_DAY + of_day);
	return used + more;
}

#define DATE_LENGTH 7	/* "Nov 22 " */

/* The second of the last stamp, or another one of its day: what most stamps are. */
static bool parse_again(struct stamps *stamps, const char *text, int64_t *us_r)
{
	int64_t of_day;

	if (memcmp(text, stamps->last, DATE_LENGTH) != 0)
		return false;
	if (memcmp(text + DATE_LENGTH, stamps->last + DATE_LENGTH, sizeof stamps->last - DATE_LENGTH) == 0) {
		*us_r = stamps->last_us;
		return true;
	}
	if (stamps->last_day_us < 0 || instant_parse_clock(text + DATE_LENGTH, 8, &of_day) != 8)
		return false;
	*us_r = to_utc(stamps, stamps->last_day_us + of_day);
	return true;
}

size_t stamp_parse(struct stamps *stamps, const char *text, size_t length, int64_t *us_r)
{
	bool usual = length > sizeof stamps->last && text[sizeof stamps->last] == ' ' && text[0] >= 'A';
	size_t used = sizeof stamps->last;
	int64_t of_day;

	if (!usual || !parse_again(stamps, text, us_r)) {
		used = parse_slowly(stamps, text, length, us_r);
		/* A late line of last year is of another day than it seems. */
		stamps->last_day_us = -1;
		if (used == sizeof stamps->last && instant_parse_clock(text + DATE_LENGTH, 8, &of_day) == 8 &&
		    !stamps->zone.local)
			stamps->last_day_us = *us_r + stamps->zone.offset_s * US_PER_SECOND - of_day;
	}
	if (usual && used == sizeof stamps->last) {
		memcpy(stamps->last, text, sizeof stamps->last);
		stamps->last_us = *us_r;
	}
	return used;
}

size_t stamp_zone_length(const char *text, size_t length, int32_t *offset_s_r)
{
	size_t used = 0;

	*offset_s_r = 0;
	if (length < 4 || text[0] != ' ')
		return 0;
	if (memcmp(text + 1, "UTC", 3) == 0 || memcmp(text + 1, "GMT", 3) == 0)
		used = 3;
	else if (text[1] != 'Z' && text[1] != 'z')
		used = instant_parse_offset(text + 1, length - 1, offset_s_r);
	return used > 0 && (used + 1 == length || text[used + 1] == ' ') ? used + 1 : 0;
}

/* svlogd has an underline between date and time. */
static size_t parse_underlined(const char *text, size_t length, int64_t *us_r, bool *has_offset_r)
{
	char copy[40];

	length = length < sizeof copy ? length : sizeof copy;
	memcpy(copy, text, length);
	copy[10] = 'T';
	return instant_parse(copy, length, us_r, has_offset_r);
}

size_t stamp_parse_iso(struct stamps *stamps, const char *text, size_t length, int64_t *us_r)
{
	bool has_offset = true;
	size_t used = length > 10 && text[10] == '_' ? parse_underlined(text, length, us_r, &has_offset) :
						       instant_parse(text, length, us_r, &has_offset);
	size_t more;
	int32_t offset_s;

	if (used == 0 || has_offset)
		return used;
	more = stamp_zone_length(text + used, length - used, &offset_s);
	*us_r = more > 0 ? *us_r - offset_s * US_PER_SECOND : to_utc(stamps, *us_r);
	return used + more;
}
