/* SPDX-License-Identifier: BSD-2-Clause */
/* Times as shippers and exports write them. */
#include "logs/field_time.h"

#include "base/instant.h"
#include "logs/line_stamp.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_BYTES 40

static bool take_rfc3339(struct log_line *line, struct span value)
{
	bool has_offset;

	if (instant_parse(value.text, value.length, &line->epoch_us, &has_offset) == 0)
		return false;
	line->stamp_form = STAMP_ISO;
	line->stamp = value;
	return true;
}

/* Seconds since 1970, a fraction behind a point; or 13, 16 or 19 digits, whose last ones are the fraction. */
static bool take_epoch(struct log_line *line, struct span value)
{
	struct scan scan = { value.text, value.text + value.length };
	size_t digits = 0;

	while (digits < value.length && ascii_is_digit(value.text[digits]))
		digits++;
	if (digits == value.length && (digits == 13 || digits == 16 || digits == 19))
		scan.end = value.text + 10;
	if (!scan_take_seconds_us(&scan, &line->epoch_us))
		return false;
	if (scan.end < value.text + value.length) {
		scan.end = value.text + value.length;
		line->epoch_us += scan_take_fraction_us(&scan);
	}
	line->stamp_form = STAMP_EPOCH;
	return true;
}

/* Kibana: "Nov 22, 2026 @ 05:10:37.123", as "2026 Nov 22 05:10:37.123" */
static bool take_kibana(struct arena *arena, struct log_line *line, struct span value)
{
	const char *end = value.text + value.length, *comma = SPAN_FIND(value, ", "), *at = SPAN_FIND(value, " @ ");
	char *text;

	if (!comma || !at || at - comma != 6 || comma - value.text > 6)
		return false;
	text = arena_alloc(arena, SHOWN_BYTES);
	if (!text)
		return false;
	(void)snprintf(text, SHOWN_BYTES, "%.4s %.*s %.*s", comma + 2, (int)(comma - value.text), value.text,
		       (int)(end - at - 3 < 20 ? end - at - 3 : 20), at + 3);
	line->stamp = (struct span){ text, strlen(text) };
	line->stamp_form = STAMP_RFC3164;
	return true;
}

/* Azure: "11/22/2026, 5:10:37.123 AM", as "2026-11-22 05:10:37.123"; without AM or PM it may be the day that comes first. */
static bool take_azure(struct arena *arena, struct log_line *line, struct span value)
{
	struct scan scan = { value.text, value.text + value.length };
	uint64_t month, day, year, hour;
	const char *clock;
	struct span half;
	char *text;

	if (!scan_take_number(&scan, &month) || !scan_skip_char(&scan, '/') || !scan_take_number(&scan, &day) ||
	    !scan_skip_char(&scan, '/') || !scan_take_number(&scan, &year))
		return false;
	(void)scan_skip_char(&scan, ',');
	if (!scan_skip_char(&scan, ' ') || !scan_take_number(&scan, &hour) || hour > 12 || month > 12 || day > 31 || year > 9999)
		return false;
	clock = scan.at;
	while (scan.at < scan.end && *scan.at != ' ')
		scan.at++;
	half = span_after(span_between(scan.at, scan.end), scan.at < scan.end);
	if (!SPAN_IS(half, "AM") && !SPAN_IS(half, "PM"))
		return false;
	hour = hour % 12 + (half.text[0] == 'P' ? 12 : 0);
	text = arena_alloc(arena, SHOWN_BYTES);
	if (!text)
		return false;
	(void)snprintf(text, SHOWN_BYTES, "%04u-%02u-%02u %02u%.*s", (unsigned)year, (unsigned)month, (unsigned)day,
		       (unsigned)hour, (int)(scan.at - clock < 20 ? scan.at - clock : 20), clock);
	return take_rfc3339(line, (struct span){ text, strlen(text) });
}

/* "22.11.2026 05:10:37", "2026/11/22 05:10:37", as "2026-11-22 05:10:37" */
static bool take_other_date(struct arena *arena, struct log_line *line, struct span value)
{
	const char *text = value.text;
	bool day_first = value.length >= 19 && text[2] == '.' && text[5] == '.' && text[10] == ' ';
	char *copy;

	if (!day_first && (value.length < 19 || text[4] != '/' || text[7] != '/'))
		return false;
	copy = arena_alloc(arena, SHOWN_BYTES);
	if (!copy)
		return false;
	(void)snprintf(copy, SHOWN_BYTES, "%.4s-%.2s-%.2s%.*s", day_first ? text + 6 : text, day_first ? text + 3 : text + 5,
		       day_first ? text : text + 8, (int)(value.length - 10 < 28 ? value.length - 10 : 28), text + 10);
	return take_rfc3339(line, (struct span){ copy, strlen(copy) });
}

void field_time(struct arena *arena, struct log_line *line, struct span value)
{
	struct scan scan = { value.text, value.text + value.length };

	if (take_rfc3339(line, value) || take_epoch(line, value) || take_kibana(arena, line, value) ||
	    take_azure(arena, line, value) || take_other_date(arena, line, value) || line->stamp_form != STAMP_NONE)
		return;
	/* It has no space behind it. */
	if (value.length >= 15 && scan.at[3] == ' ' && scan.at[9] == ':' && scan.at[12] == ':') {
		line->stamp_form = STAMP_RFC3164;
		line->stamp = value;
	}
}
