/* SPDX-License-Identifier: BSD-2-Clause */
/* How long the stamps of log lines are. */
#include "logs/line_stamp.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "logs/month.h"

static size_t digit_count(const struct scan *scan, size_t max)
{
	size_t count = 0;

	while (count < max && count < scan_left(scan) && ascii_is_digit(scan->at[count]))
		count++;
	return count;
}

/* "Nov 9 2026 05:10:37.123 ", "2026 Nov 9 05:10:37 ": the stamp whose parts do not stand at their places. */
size_t stamp_odd_length(const struct scan *whole)
{
	struct scan scan = *whole;
	size_t digits;

	if (scan_left(&scan) > 20 && scan.at[4] == ' ' && digit_count(&scan, 5) == 4)
		scan.at += 5;
	if (scan_left(&scan) < 16 || scan.at[0] < 'A' || scan.at[0] > 'S' || scan.at[3] != ' ')
		return 0;
	scan.at += 4;
	(void)scan_skip_char(&scan, ' ');
	digits = digit_count(&scan, 2);
	scan.at += digits;
	if (digits == 0 || !scan_skip_char(&scan, ' '))
		return 0;
	if (digit_count(&scan, 4) == 4)
		scan.at += 4 + (scan_left(&scan) > 4 && scan.at[4] == ' ');
	if (scan_left(&scan) < 9 || scan.at[2] != ':' || scan.at[5] != ':')
		return 0;
	scan.at += 8;
	if (scan_skip_char(&scan, '.') || scan_skip_char(&scan, ','))
		scan.at += digit_count(&scan, 9);
	return scan_skip_char(&scan, ' ') ? (size_t)(scan.at - whole->at) : 0;
}

/* "Sun 2026-11-22 05:10:37 UTC ", "CET ": of journalctl -o short-full */
size_t stamp_full_length(const struct scan *scan, bool *utc_r)
{
	struct scan try = *scan;
	struct span weekday, date, zone;
	const char *time;

	if (!scan_take_word(&try, &weekday) || weekday.length != 3 || !scan_take_word(&try, &date) || date.length != 10 ||
	    date.text[4] != '-' || date.text[7] != '-')
		return 0;
	time = try.at;
	if (scan_left(&try) < 9 || time[2] != ':' || time[5] != ':')
		return 0;
	try.at += 8;
	if (scan_skip_char(&try, '.'))
		try.at += digit_count(&try, 9);
	if (!scan_skip_char(&try, ' ') || !scan_take_word(&try, &zone) || zone.length > 6)
		return 0;
	*utc_r = SPAN_IS(zone, "UTC") || SPAN_IS(zone, "GMT");
	return (size_t)(try.at - scan->at);
}

/* Letters, also of other scripts, a point; or a number that is one, as in Chinese. */
static bool may_be_month(struct span word)
{
	if (word.length < 2 || word.length > MONTH_BYTES_MAX)
		return false;
	for (size_t i = 0; i < word.length; i++)
		if (!ascii_is_alpha(word.text[i]) && (unsigned char)word.text[i] < 0x80 && word.text[i] != '.')
			return month_of(word) > 0;
	return true;
}

/* "nov. 22 05:10:37 ", "11月 22 05:10:37.123456 ": whether it is a month is seen when the time is asked for */
size_t stamp_local_length(const struct scan *scan)
{
	struct scan try = *scan;
	struct span month;

	if (!scan_take_word(&try, &month) || !may_be_month(month) || scan_left(&try) < 12 || digit_count(&try, 3) != 2 ||
	    try.at[2] != ' ' || try.at[5] != ':' || try.at[8] != ':')
		return 0;
	try.at += 11;
	if (scan_skip_char(&try, '.'))
		try.at += digit_count(&try, 9);
	return scan_skip_char(&try, ' ') ? (size_t)(try.at - scan->at) : 0;
}

/* "[    1.000000] ": of journalctl -o short-monotonic, and of the kernel; "[    1.000000 <    0.500000 >] ": of short-delta */
size_t stamp_monotonic_length(const struct scan *scan)
{
	struct scan try = *scan;
	uint64_t number;

	if (!scan_skip_char(&try, '['))
		return 0;
	scan_skip_spaces(&try);
	if (!scan_take_number(&try, &number) || !scan_skip_char(&try, '.') || !scan_take_number(&try, &number))
		return 0;
	while (try.at < try.end && (ascii_is_digit(*try.at) || memchr(" <>.*", *try.at, 5)))
		try.at++;
	if (!scan_skip_char(&try, ']') || !scan_skip_char(&try, ' '))
		return 0;
	return (size_t)(try.at - scan->at);
}

size_t stamp_ctime_length(const struct scan *scan)
{
	struct scan try = *scan;
	struct span weekday;

	if (!scan_take_word(&try, &weekday) || weekday.length != 3 || scan_left(&try) < 21 || stamp_rfc3164_length(&try) != 16)
		return 0;
	try.at += 16;
	return digit_count(&try, 5) == 4 && try.at[4] == ' ' ? (size_t)(try.at - scan->at) + 5 : 0;
}

static bool take_hexadecimal(struct scan *scan, int digits, uint64_t *value_r)
{
	*value_r = 0;
	for (; digits > 0; digits--, scan->at++) {
		char c = scan->at < scan->end ? *scan->at : '\0';

		if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
			return false;
		*value_r = *value_r << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return true;
}

size_t stamp_tai64n_length(const struct scan *scan, int64_t *us_r)
{
	/* The label of 1970; TAI was ahead by 10 seconds then, which is all that those programs know. */
	static const uint64_t epoch = (UINT64_C(1) << 62) + 10;
	struct scan try = *scan;
	uint64_t seconds, nanoseconds;

	if (!scan_skip_char(&try, '@') || !take_hexadecimal(&try, 16, &seconds) || !take_hexadecimal(&try, 8, &nanoseconds) ||
	    !scan_skip_char(&try, ' ') || seconds < epoch || seconds - epoch > UINT32_MAX || nanoseconds >= 1000000000)
		return 0;
	*us_r = (int64_t)(seconds - epoch) * US_PER_SECOND + (int64_t)(nanoseconds / 1000);
	return (size_t)(try.at - scan->at);
}
