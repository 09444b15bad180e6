/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines whose begin is not the stamp of RFC 3164. */
#include "logs/line_take.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/instant.h"
#include "logs/line_stamp.h"

#include <string.h>

/* Some write what RFC 3164 has, "TAG[PID]:", and no PROCID: *number gets the digits. */
static void take_pid_of_tag(struct span *tag, struct scan *number)
{
	const char *open = memchr(tag->text, '[', tag->length), *end = tag->text + tag->length;

	end -= end[-1] == ':';
	if (!open || end[-1] != ']')
		return;
	*number = (struct scan){ open + 1, end - 1 };
	tag->length = (size_t)(open - tag->text);
}

/* RFC 5424 6, behind the PRI: "1 STAMP HOST APP PROCID MSGID SD [BOM]MESSAGE" */
static enum line_kind take_rfc5424(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	struct scan number;
	struct span id;

	line->stamp_form = STAMP_ISO;
	if (!scan_take_word(scan, &line->stamp) || !scan_take_word(scan, &line->host) || !scan_take_word(scan, &line->tag) ||
	    !scan_take_word(scan, &id))
		return LINE_ODD;
	number = (struct scan){ id.text, id.text + id.length };
	if (SPAN_IS(id, "-"))
		take_pid_of_tag(&line->tag, &number);
	line->has_pid = scan_is_pid(number, &line->pid);
	if (!scan_take_word(scan, &id))
		return LINE_ODD;
	if (SPAN_IS(line->host, "-"))
		line->host.length = 0;
	/* Structured data: "-", or elements in brackets, in whose values a closing bracket is escaped. */
	while (scan_skip_char(scan, '[')) {
		while (scan->at < scan->end && *scan->at != ']')
			scan->at += *scan->at == '\\' && scan_left(scan) > 1 ? 2 : 1;
		if (!scan_skip_char(scan, ']'))
			return LINE_ODD;
	}
	(void)scan_skip_char(scan, '-');
	if (!scan_skip_char(scan, ' '))
		return LINE_ODD;
	if (scan_left(scan) >= 3 && memcmp(scan->at, "\xef\xbb\xbf", 3) == 0)
		scan->at += 3;
	return line_take_message(scan, line, repeats_r);
}

/* "1131566461 [2005.11.09 NODE ]": seconds, and what loghub puts before a line of RFC 3164. */
static enum line_kind take_epoch(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	struct span word;
	size_t length;

	if (!scan_take_seconds_us(scan, &line->epoch_us) || !scan_skip_char(scan, ' '))
		return LINE_ODD;
	line->stamp_form = STAMP_EPOCH;
	if (scan_left(scan) > 11 && scan->at[4] == '.' && scan->at[7] == '.' && scan->at[10] == ' ') {
		scan->at += 11;
		if (!scan_take_word(scan, &word))
			return LINE_ODD;
		length = stamp_rfc3164_length(scan);
		scan->at += length;
	}
	return line_take_rest(scan, line, repeats_r);
}

/* Its version; without PRI the stamp behind it tells it. */
static bool is_rfc5424(const struct scan *scan, bool has_priority)
{
	const struct scan behind = { scan->at + 2, scan->end };

	return scan_left(scan) > 2 && scan->at[0] == '1' && scan->at[1] == ' ' && (has_priority || stamp_is_iso(&behind));
}

/* A line that another program has put its own stamp before: that one holds, and tells the year and the zone. */
static enum line_kind take_inner(const struct scan *rest, struct log_line *line, uint32_t *repeats_r)
{
	struct scan inner = *rest;
	struct span whole = line->whole;
	const char *begin;

	scan_skip_spaces(&inner);
	begin = inner.at;
	line_skip_priority(&inner);
	/* Not one within the other without end. */
	if (stamp_is_iso(&inner) || (scan_left(&inner) > 0 && *inner.at == '@'))
		return LINE_ODD;
	*line = (struct log_line){ .whole = whole, .host = { inner.at, 0 } };
	return line_take_stamped(&inner, inner.at > begin, line, repeats_r);
}

/* Behind the stamp of Kubernetes: "stdout F " */
static void skip_stream(struct scan *scan)
{
	struct span rest = span_between(scan->at, scan->end);

	if (SPAN_BEGINS(rest, " stdout F ") || SPAN_BEGINS(rest, " stderr F "))
		scan->at += 10;
}

/* RFC 3339, or its date and time with a space between. */
static enum line_kind take_iso(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	const char *begin = scan->at;
	struct span stamp = span_between(begin, scan->end);
	enum line_kind kind;
	struct scan rest;
	int32_t offset_s;

	/* A space may stand for the T. */
	scan->at += 19;
	while (scan->at < scan->end && *scan->at != ' ' && *scan->at != '\t')
		scan->at++;
	scan->at += stamp_zone_length(scan->at, scan_left(scan), &offset_s);
	skip_stream(scan);
	rest = *scan;
	kind = line_take_rest(scan, line, repeats_r);
	if (kind == LINE_ODD)
		kind = take_inner(&rest, line, repeats_r);
	line->stamp_form = STAMP_ISO;
	line->stamp = stamp;
	return kind;
}

static enum line_kind take_full(struct scan *scan, size_t length, bool utc, struct log_line *line, uint32_t *repeats_r)
{
	const char *stamp = scan->at + 4;
	bool has_offset;

	line->stamp_form = STAMP_EPOCH;
	if (!utc || instant_parse(stamp, (size_t)(scan->end - stamp), &line->epoch_us, &has_offset) == 0) {
		line->stamp_form = STAMP_ISO;
		line->stamp = span_between(stamp, scan->end);
	}
	scan->at += length;
	return line_take_rest(scan, line, repeats_r);
}

/* "mail.info " of OpenWrt's logread, which has no host */
static void skip_level(struct scan *scan)
{
	static const char *const levels[] = { "emerg", "alert", "crit", "err", "warn", "notice", "info", "debug" };
	struct scan try = *scan;
	const char *dot;
	struct span word;

	dot = scan_take_word(&try, &word) ? memchr(word.text, '.', word.length) : NULL;
	for (size_t i = 0; dot && i < sizeof levels / sizeof levels[0]; i++)
		if (span_is(span_between(dot + 1, word.text + word.length), levels[i], strlen(levels[i])))
			*scan = try;
}

/* What rsyslog's templates for containers have in place of the host, which as such would be another one for a warning. */
void line_skip_severity(struct scan *scan)
{
	static const char *const severities[] = { "EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG" };
	struct scan try = *scan;
	struct span word;

	if (!scan_take_word(&try, &word))
		return;
	for (size_t i = 0; i < sizeof severities / sizeof severities[0]; i++)
		if (span_is(word, severities[i], strlen(severities[i])))
			*scan = try;
	scan_skip_spaces(scan);
}

static enum line_kind take_ctime(struct scan *scan, size_t length, struct log_line *line, uint32_t *repeats_r)
{
	line->stamp_form = STAMP_CTIME;
	line->stamp = (struct span){ scan->at + 4, length - 4 };
	scan->at += length;
	skip_level(scan);
	return line_take_rest(scan, line, repeats_r);
}

/* Behind it stands what a program wrote: its name and no host, or a line with a stamp of its own. */
static enum line_kind take_tai64n(struct scan *scan, size_t length, int64_t us, struct log_line *line, uint32_t *repeats_r)
{
	enum line_kind kind;
	struct scan rest;

	scan->at += length;
	rest = *scan;
	kind = stamp_is_iso(&rest) ? take_iso(&rest, line, repeats_r) : line_take_rest(scan, line, repeats_r);
	if (kind == LINE_ODD)
		kind = take_inner(&rest, line, repeats_r);
	line->stamp_form = STAMP_EPOCH;
	line->epoch_us = us;
	return kind;
}

/* The most that stand between: "Nov 26 06:00:02 LOGHOST", labels, columns. */
#define WORDS_MAX 8

enum line_kind line_take_behind_words(struct span whole, struct log_line *line, uint32_t *repeats_r)
{
	const struct scan begin = { whole.text, whole.text + whole.length };
	struct scan scan = begin;

	for (int words = 0; words < WORDS_MAX; words++) {
		struct scan inner;
		enum line_kind kind;

		while (scan.at < scan.end && *scan.at != ' ' && *scan.at != '\t')
			scan.at++;
		/* The tag of a program: what follows is its message, in which anything may stand. */
		if (scan.at == scan.end || scan.at == begin.at || scan.at[-1] == ':')
			return LINE_ODD;
		while (scan.at < scan.end && (*scan.at == ' ' || *scan.at == '\t'))
			scan.at++;
		if (scan.at < scan.end && *scan.at == '@')
			continue;
		inner = scan;
		*line = (struct log_line){ .whole = whole, .host = { scan.at, 0 } };
		line_skip_priority(&inner);
		kind = line_take_stamped(&inner, inner.at > scan.at, line, repeats_r);
		if (kind == LINE_ODD)
			continue;
		/* That one holds, and tells the year and the zone. */
		if (line->stamp_form == STAMP_RFC3164 && stamp_is_iso(&begin)) {
			line->stamp_form = STAMP_ISO;
			line->stamp = whole;
		}
		return kind;
	}
	return LINE_ODD;
}

enum line_kind line_take_form(struct scan *scan, bool has_priority, struct log_line *line_r, uint32_t *repeats_r)
{
	size_t stamp_length;
	int64_t us;
	bool utc;

	if (stamp_is_iso(scan))
		return take_iso(scan, line_r, repeats_r);
	if (is_rfc5424(scan, has_priority)) {
		scan->at += 2;
		return take_rfc5424(scan, line_r, repeats_r);
	}
	stamp_length = stamp_full_length(scan, &utc);
	if (stamp_length > 0)
		return take_full(scan, stamp_length, utc, line_r, repeats_r);
	stamp_length = stamp_ctime_length(scan);
	if (stamp_length > 0)
		return take_ctime(scan, stamp_length, line_r, repeats_r);
	stamp_length = stamp_tai64n_length(scan, &us);
	if (stamp_length > 0)
		return take_tai64n(scan, stamp_length, us, line_r, repeats_r);
	stamp_length = stamp_monotonic_length(scan);
	scan->at += stamp_length;
	if (stamp_length > 0)
		return line_take_rest(scan, line_r, repeats_r);
	/* BGL: a label, "-" for none, before the seconds. */
	if (scan_left(scan) > 2 && scan->at[0] == '-' && scan->at[1] == ' ')
		scan->at += 2;
	return take_epoch(scan, line_r, repeats_r);
}
