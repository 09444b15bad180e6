/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time as text. */
#include "base/instant.h"

#include "base/ascii.h"
#include "base/clock.h"

#include <stdio.h>

/* By its zone a time may lie beyond the years that are known here: the nearest one that does not. */
static int64_t within_years(int64_t us)
{
	const int64_t last = (DATE_LAST + 1) * US_PER_DAY - 1;

	return us < 0 ? 0 : us > last ? last : us;
}

void instant_format(int64_t us, char text_r[INSTANT_TEXT_BYTES])
{
	int64_t of_day;
	unsigned s;
	char date[11];

	us = within_years(us);
	of_day = us % US_PER_DAY;
	s = (unsigned)(of_day / US_PER_SECOND);
	date_format((int32_t)(us / US_PER_DAY), date);
	(void)snprintf(text_r, INSTANT_TEXT_BYTES, "%sT%02u:%02u:%02u.%06uZ", date, s / 3600 % 100, s / 60 % 60,
		       s % 60, (unsigned)(of_day % US_PER_SECOND));
}

/* ".123456789": what is finer than a microsecond is dropped. */
static size_t parse_fraction(const char *text, size_t length, int64_t *us_r)
{
	int64_t unit = US_PER_SECOND / 10;
	size_t at = 1;

	*us_r = 0;
	if (length < 2 || (text[0] != '.' && text[0] != ',') || date_digits(text + 1, 1) < 0)
		return 0;
	for (; at < length && ascii_is_digit(text[at]); at++) {
		*us_r += (text[at] - '0') * unit;
		unit /= 10;
	}
	return at;
}

size_t instant_parse_clock(const char *text, size_t length, int64_t *us_r)
{
	int hour, minute, second;
	int64_t fraction;

	if (length < 8 || text[2] != ':' || text[5] != ':')
		return 0;
	hour = date_digits(text, 2);
	minute = date_digits(text + 3, 2);
	second = date_digits(text + 6, 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return 0;
	length = 8 + parse_fraction(text + 8, length - 8, &fraction);
	*us_r = (hour * 3600 + minute * 60 + second) * US_PER_SECOND + fraction;
	return length;
}

size_t instant_parse_offset(const char *text, size_t length, int32_t *offset_s_r)
{
	size_t colon;
	int hours, minutes = 0;

	if (length >= 1 && (text[0] == 'Z' || text[0] == 'z')) {
		*offset_s_r = 0;
		return 1;
	}
	if (length < 3 || (text[0] != '+' && text[0] != '-'))
		return 0;
	hours = date_digits(text + 1, 2);
	colon = length > 3 && text[3] == ':';
	if (length >= 5 + colon)
		minutes = date_digits(text + 3 + colon, 2);
	if (hours < 0 || hours > 23 || minutes > 59 || (minutes < 0 && colon))
		return 0;
	length = length < 5 + colon || minutes < 0 ? 3 : 5 + colon;
	*offset_s_r = (hours * 60 + (minutes < 0 ? 0 : minutes)) * (text[0] == '-' ? -60 : 60);
	return length;
}

size_t instant_parse(const char *text, size_t length, int64_t *us_r, bool *has_offset_r)
{
	int32_t days, offset_s = 0;
	int64_t of_day;
	size_t used, more;

	if (length < 19 || text[4] != '-' || text[7] != '-' ||
	    (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
	    !date_of(date_digits(text, 4), date_digits(text + 5, 2), date_digits(text + 8, 2), &days))
		return 0;
	used = instant_parse_clock(text + 11, length - 11, &of_day);
	if (used == 0)
		return 0;
	used += 11;
	more = instant_parse_offset(text + used, length - used, &offset_s);
	*has_offset_r = more > 0;
	*us_r = within_years(days * US_PER_DAY + of_day - offset_s * US_PER_SECOND);
	return used + more;
}
