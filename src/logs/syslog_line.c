/* SPDX-License-Identifier: BSD-2-Clause */
/* A line as syslog daemons write it, taken apart. */
#include "logs/syslog_line.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/instant.h"
#include "logs/line_stamp.h"

#include <string.h>

/* "<22>" */
static void skip_priority(struct scan *scan)
{
	struct scan try = *scan;
	uint64_t priority;

	if (scan_skip_char(&try, '<') && scan_take_number(&try, &priority) && priority <= 191 && scan_skip_char(&try, '>'))
		*scan = try;
}

/* Behind the tag: "[PID]: ", ": "; false leaves *scan alone. */
static bool take_pid(struct scan *scan, struct log_line *line)
{
	const char *at = scan->at, *end = scan->end, *digits;
	uint64_t pid = 0;

	line->has_pid = at < end && *at == '[';
	if (line->has_pid) {
		for (digits = ++at; at < end && *at >= '0' && *at <= '9' && at - digits < 11; at++)
			pid = pid * 10 + (uint64_t)(*at - '0');
		if (at == digits || pid > UINT32_MAX || at == end || *at++ != ']')
			return false;
		line->pid = (uint32_t)pid;
	}
	if (at == end || *at++ != ':' || (at < end && *at != ' '))
		return false;
	scan->at = at < end ? at + 1 : at;
	return true;
}

/* "TAG[PID]: ", "TAG: "; false leaves *scan alone. */
static bool take_tag(struct scan *scan, struct log_line *line)
{
	static const bool ends[256] = { ['['] = true, [':'] = true, [' '] = true };
	struct scan try = *scan;

	while (try.at < try.end && !ends[(unsigned char)*try.at])
		try.at++;
	line->tag = span_between(scan->at, try.at);
	if (line->tag.length == 0 || !take_pid(&try, line))
		return false;
	*scan = try;
	return true;
}

/* Solaris: "[ID 801593 mail.info] " */
static void skip_message_id(struct scan *scan)
{
	const char *close;

	if (scan_left(scan) < 5 || memcmp(scan->at, "[ID ", 4) != 0)
		return;
	close = memchr(scan->at, ']', scan_left(scan) < 60 ? scan_left(scan) : 60);
	if (!close || close + 1 == scan->end || close[1] != ' ')
		return;
	scan->at = close + 2;
}

/* "last message repeated N times"; of rsyslog, "message repeated N times: [...]" */
static bool take_repeats_here(struct scan *scan, uint32_t *repeats_r)
{
	static const char before[] = "message repeated ";
	struct scan try = *scan;
	uint64_t count;

	try.at += scan_left(&try) > 5 && memcmp(try.at, "last ", 5) == 0 ? 5 : 0;
	if (scan_left(&try) < sizeof before || memcmp(try.at, before, sizeof before - 1) != 0)
		return false;
	try.at += sizeof before - 1;
	if (!scan_take_number(&try, &count) || scan_left(&try) < 5 || memcmp(try.at, " time", 5) != 0)
		return false;
	*repeats_r = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
	return true;
}

/* It stands nearly nowhere, and is looked for in each line. */
static inline bool take_repeats(struct scan *scan, uint32_t *repeats_r)
{
	return scan->at < scan->end && (*scan->at == 'l' || *scan->at == 'm') && take_repeats_here(scan, repeats_r);
}

static enum line_kind take_message(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	if (scan->at < scan->end && *scan->at == '[')
		skip_message_id(scan);
	line->message = span_between(scan->at, scan->end);
	return take_repeats(scan, repeats_r) ? LINE_REPEATED : LINE_TAGGED;
}

/* BusyBox: "mail.info TAG[PID]: " */
static bool take_level_and_tag(struct scan *scan, struct log_line *line)
{
	struct scan try = *scan;
	struct span level;

	if (!scan_take_word(&try, &level) || !memchr(level.text, '.', level.length) || !take_tag(&try, line))
		return false;
	*scan = try;
	return true;
}

/*
 * Behind the stamp: "[<mail.notice> ][HOST [mail.info ]]TAG[PID]: MESSAGE", "[HOST ]last message repeated N times".
 */
static enum line_kind take_rest(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	struct scan try;
	struct span word;

	scan_skip_spaces(scan);
	try = *scan;
	if (scan_skip_char(&try, '<') && scan_take_word(&try, &word) && word.text[word.length - 1] == '>')
		*scan = try;
	if (take_repeats(scan, repeats_r))
		return LINE_REPEATED;
	try = *scan;
	if (scan_take_word(&try, &word) && word.text[word.length - 1] != ':') {
		if (take_repeats(&try, repeats_r))
			return LINE_REPEATED;
		scan_skip_spaces(&try);
		if (take_tag(&try, line) || take_level_and_tag(&try, line)) {
			line->host = word;
			*scan = try;
			return take_message(scan, line, repeats_r);
		}
	}
	return take_tag(scan, line) ? take_message(scan, line, repeats_r) : LINE_ODD;
}

/* --- heads that come again --- */

static struct line_head *head_place(struct line_heads *heads, const char *end)
{
	return &heads->places[hash_load(end - 8) * UINT64_C(0x9e3779b97f4a7c15) >> 58];
}

/* "HOST TAG[PID]: " with a HOST and TAG that were seen before. */
static bool take_known_head(struct line_heads *heads, struct scan *scan, struct log_line *line)
{
	const char *begin = scan->at;
	const char *open = memchr(begin, '[', scan_left(scan) < LINE_HEAD_BYTES ? scan_left(scan) : LINE_HEAD_BYTES);
	const struct line_head *head = open && open - begin >= 8 ? head_place(heads, open) : NULL;
	struct scan try = { open, scan->end };

	if (!head || head->length != (size_t)(open - begin) || memcmp(head->text, begin, head->length) != 0 ||
	    !take_pid(&try, line))
		return false;
	line->host = (struct span){ begin, head->host_length };
	line->tag = span_between(begin + head->host_length + 1, open);
	*scan = try;
	return true;
}

static void remember_head(struct line_heads *heads, const struct log_line *line)
{
	const char *begin = line->host.text, *end = line->tag.text + line->tag.length;
	struct line_head *head;

	if (!line->has_pid || line->tag.text != begin + line->host.length + 1 || end - begin < 8 ||
	    end - begin > LINE_HEAD_BYTES || memchr(begin, '[', (size_t)(end - begin)))
		return;
	head = head_place(heads, end);
	head->length = (unsigned char)(end - begin);
	head->host_length = (unsigned char)line->host.length;
	memcpy(head->text, begin, head->length);
}

/* RFC 5424 6, behind the PRI: "1 STAMP HOST APP PROCID MSGID SD [BOM]MESSAGE" */
static enum line_kind take_rfc5424(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	struct scan number;
	struct span id;
	uint64_t pid;

	line->stamp_form = STAMP_ISO;
	if (!scan_take_word(scan, &line->stamp) || !scan_take_word(scan, &line->host) || !scan_take_word(scan, &line->tag) ||
	    !scan_take_word(scan, &id))
		return LINE_ODD;
	number = (struct scan){ id.text, id.text + id.length };
	line->has_pid = scan_take_number(&number, &pid) && number.at == number.end && pid <= UINT32_MAX;
	line->pid = line->has_pid ? (uint32_t)pid : 0;
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
	return take_message(scan, line, repeats_r);
}

/* "1131566461 [2005.11.09 NODE ]": seconds, and what loghub puts before a line of RFC 3164. */
static enum line_kind take_epoch(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	uint64_t seconds;
	struct span word;
	size_t length;

	if (!scan_take_number(scan, &seconds) || seconds < 100000000 || seconds > UINT32_MAX)
		return LINE_ODD;
	line->stamp_form = STAMP_EPOCH;
	line->epoch_us = (int64_t)seconds * US_PER_SECOND;
	if (scan_skip_char(scan, '.')) {
		const char *digits = scan->at;
		int64_t unit = US_PER_SECOND / 10;

		for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++, unit /= 10)
			line->epoch_us += (*scan->at - '0') * unit;
		if (scan->at == digits)
			return LINE_ODD;
	}
	if (!scan_skip_char(scan, ' '))
		return LINE_ODD;
	if (scan_left(scan) > 11 && scan->at[4] == '.' && scan->at[7] == '.' && scan->at[10] == ' ') {
		scan->at += 11;
		if (!scan_take_word(scan, &word))
			return LINE_ODD;
		length = stamp_rfc3164_length(scan);
		scan->at += length;
	}
	return take_rest(scan, line, repeats_r);
}

static bool is_iso(const struct scan *scan)
{
	return scan_left(scan) > 20 && scan->at[4] == '-' && scan->at[7] == '-' && scan->at[13] == ':';
}

/* Its version; without PRI the stamp behind it tells it. */
static bool is_rfc5424(const struct scan *scan, bool has_priority)
{
	const struct scan behind = { scan->at + 2, scan->end };

	return scan_left(scan) > 2 && scan->at[0] == '1' && scan->at[1] == ' ' && (has_priority || is_iso(&behind));
}

static enum line_kind take_inner(struct line_heads *heads, const struct scan *rest, struct log_line *line,
				 uint32_t *repeats_r);

/* Behind the stamp of Kubernetes: "stdout F " */
static void skip_stream(struct scan *scan)
{
	struct span rest = span_between(scan->at, scan->end);

	if (SPAN_BEGINS(rest, " stdout F ") || SPAN_BEGINS(rest, " stderr F "))
		scan->at += 10;
}

/* RFC 3339, or its date and time with a space between. */
static enum line_kind take_iso(struct line_heads *heads, struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	const char *begin = scan->at;
	struct span stamp = span_between(begin, scan->end);
	enum line_kind kind;
	struct scan rest;

	/* A space may stand for the T. */
	scan->at += 19;
	while (scan->at < scan->end && *scan->at != ' ')
		scan->at++;
	skip_stream(scan);
	rest = *scan;
	kind = take_rest(scan, line, repeats_r);
	if (kind == LINE_ODD)
		kind = take_inner(heads, &rest, line, repeats_r);
	line->stamp_form = STAMP_ISO;
	line->stamp = stamp;
	return kind;
}

static enum line_kind take_full(struct scan *scan, size_t length, bool utc, struct log_line *line, uint32_t *repeats_r)
{
	bool has_offset;

	line->stamp = span_between(scan->at + 4, scan->end);
	line->stamp_form = STAMP_ISO;
	if (utc && instant_parse(line->stamp.text, line->stamp.length, &line->epoch_us, &has_offset) > 0)
		line->stamp_form = STAMP_EPOCH;
	scan->at += length;
	return take_rest(scan, line, repeats_r);
}

/* What no stamp announces. */
static enum line_kind take_bare(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	struct scan try = *scan;

	if (take_tag(&try, line) && line->has_pid)
		return take_message(&try, line, repeats_r);
	line->tag = (struct span){ scan->at, 0 };
	line->has_pid = false;
	return take_message(scan, line, repeats_r);
}

/* The forms that are told by their stamps; scan stands behind the PRI. */
static enum line_kind take_stamped(struct line_heads *heads, struct scan *scan, bool has_priority, struct log_line *line_r,
				   uint32_t *repeats_r)
{
	enum line_kind kind;
	size_t stamp_length;
	bool utc;

	stamp_length = stamp_rfc3164_length(scan);
	if (stamp_length > 0) {
		line_r->stamp_form = STAMP_RFC3164;
		line_r->stamp = span_between(scan->at, scan->end);
		scan->at += stamp_length;
		if (take_known_head(heads, scan, line_r))
			return take_message(scan, line_r, repeats_r);
		kind = take_rest(scan, line_r, repeats_r);
		if (kind == LINE_TAGGED)
			remember_head(heads, line_r);
		return kind;
	}
	if (is_iso(scan))
		return take_iso(heads, scan, line_r, repeats_r);
	if (is_rfc5424(scan, has_priority)) {
		scan->at += 2;
		return take_rfc5424(scan, line_r, repeats_r);
	}
	stamp_length = stamp_full_length(scan, &utc);
	if (stamp_length > 0)
		return take_full(scan, stamp_length, utc, line_r, repeats_r);
	stamp_length = stamp_monotonic_length(scan);
	scan->at += stamp_length;
	if (stamp_length > 0)
		return take_rest(scan, line_r, repeats_r);
	/* BGL: a label, "-" for none, before the seconds. */
	if (scan_left(scan) > 2 && scan->at[0] == '-' && scan->at[1] == ' ')
		scan->at += 2;
	return take_epoch(scan, line_r, repeats_r);
}

/* A line that another program has put its own stamp before: that one holds, and tells the year and the zone. */
static enum line_kind take_inner(struct line_heads *heads, const struct scan *rest, struct log_line *line,
				 uint32_t *repeats_r)
{
	struct scan inner = *rest;
	struct span whole = line->whole;
	enum line_kind kind;

	scan_skip_spaces(&inner);
	skip_priority(&inner);
	/* Not one within the other without end. */
	if (is_iso(&inner))
		return LINE_ODD;
	*line = (struct log_line){ .whole = whole, .host = { inner.at, 0 } };
	kind = take_stamped(heads, &inner, inner.at > rest->at + 1, line, repeats_r);
	return kind;
}

enum line_kind syslog_line_parse(struct line_heads *heads, const char *text, size_t length, bool bare,
				 struct log_line *line_r, uint32_t *repeats_r)
{
	struct scan scan = { text, text + length };

	*line_r = (struct log_line){ .whole = { text, length }, .host = { text, 0 } };
	skip_priority(&scan);
	if (bare)
		return take_bare(&scan, line_r, repeats_r);
	return take_stamped(heads, &scan, scan.at > text, line_r, repeats_r);
}

bool log_line_time(struct stamps *stamps, const struct log_line *line, int64_t *us_r)
{
	switch (line->stamp_form) {
	case STAMP_NONE: return false;
	case STAMP_EPOCH: *us_r = line->epoch_us; return true;
	case STAMP_RFC3164: return stamp_parse(stamps, line->stamp.text, line->stamp.length, us_r) > 0;
	case STAMP_ISO: return stamp_parse_iso(stamps, line->stamp.text, line->stamp.length, us_r) > 0;
	}
	return false;
}

enum kind { DIGIT = 1, SMALL = 2, CAPITAL = 4 };

static const unsigned char kinds[256] = {
	['0' ... '9'] = DIGIT, ['a' ... 'z'] = SMALL, ['A' ... 'Z'] = CAPITAL
};

bool span_take_queue_id(struct span text, struct span *id_r, struct span *rest_r)
{
	size_t length = 0;
	unsigned seen = 0;

	for (; length < text.length && length < 40; length++) {
		unsigned kind = kinds[(unsigned char)text.text[length]];

		if (kind == 0)
			break;
		/* A word may begin with a capital. */
		if (length > 0 || kind != CAPITAL)
			seen |= kind;
	}
	/* Not a word of a message: Postfix' long ids have no digit one time in twenty. */
	if (!(seen & DIGIT || (seen == (CAPITAL | SMALL) && length >= 10)) || length < 5 ||
	    length + 2 > text.length || text.text[length] != ':' || text.text[length + 1] != ' ')
		return false;
	*id_r = (struct span){ text.text, length };
	*rest_r = span_after(text, length + 2);
	return !SPAN_IS(*id_r, "NOQUEUE");
}
