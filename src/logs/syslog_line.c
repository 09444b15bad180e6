/* SPDX-License-Identifier: BSD-2-Clause */
/* A line as syslog daemons write it, taken apart. */
#include "logs/syslog_line.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/instant.h"

#include <string.h>

/* What is left of the line. */
struct scan {
	const char *at;
	const char *end;
};

static size_t left(const struct scan *scan)
{
	return (size_t)(scan->end - scan->at);
}

static bool skip_char(struct scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static void skip_spaces(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at == ' ')
		scan->at++;
}

/* The bytes up to the next space, which is taken too; false when there is none. */
static bool take_word(struct scan *scan, struct span *word_r)
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

static bool take_number(struct scan *scan, uint64_t *value_r)
{
	const char *begin = scan->at, *end = left(scan) > 18 ? begin + 18 : scan->end, *at = begin;
	uint64_t value = 0;

	for (; at < end && *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	*value_r = value;
	scan->at = at;
	return at > begin;
}

/* "<22>" */
static void skip_priority(struct scan *scan)
{
	struct scan try = *scan;
	uint64_t priority;

	if (skip_char(&try, '<') && take_number(&try, &priority) && priority <= 191 && skip_char(&try, '>'))
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

	if (left(scan) < 5 || memcmp(scan->at, "[ID ", 4) != 0)
		return;
	close = memchr(scan->at, ']', left(scan) < 60 ? left(scan) : 60);
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

	try.at += left(&try) > 5 && memcmp(try.at, "last ", 5) == 0 ? 5 : 0;
	if (left(&try) < sizeof before || memcmp(try.at, before, sizeof before - 1) != 0)
		return false;
	try.at += sizeof before - 1;
	if (!take_number(&try, &count) || left(&try) < 5 || memcmp(try.at, " time", 5) != 0)
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

	if (!take_word(&try, &level) || !memchr(level.text, '.', level.length) || !take_tag(&try, line))
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

	skip_spaces(scan);
	try = *scan;
	if (skip_char(&try, '<') && take_word(&try, &word) && word.text[word.length - 1] == '>')
		*scan = try;
	if (take_repeats(scan, repeats_r))
		return LINE_REPEATED;
	try = *scan;
	if (take_word(&try, &word) && word.text[word.length - 1] != ':') {
		if (take_repeats(&try, repeats_r))
			return LINE_REPEATED;
		skip_spaces(&try);
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
	const char *open = memchr(begin, '[', left(scan) < LINE_HEAD_BYTES ? left(scan) : LINE_HEAD_BYTES);
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
	if (!take_word(scan, &line->stamp) || !take_word(scan, &line->host) || !take_word(scan, &line->tag) ||
	    !take_word(scan, &id))
		return LINE_ODD;
	number = (struct scan){ id.text, id.text + id.length };
	line->has_pid = take_number(&number, &pid) && number.at == number.end && pid <= UINT32_MAX;
	line->pid = line->has_pid ? (uint32_t)pid : 0;
	if (!take_word(scan, &id))
		return LINE_ODD;
	if (SPAN_IS(line->host, "-"))
		line->host.length = 0;
	/* Structured data: "-", or elements in brackets, in whose values a closing bracket is escaped. */
	while (skip_char(scan, '[')) {
		while (scan->at < scan->end && *scan->at != ']')
			scan->at += *scan->at == '\\' && left(scan) > 1 ? 2 : 1;
		if (!skip_char(scan, ']'))
			return LINE_ODD;
	}
	(void)skip_char(scan, '-');
	if (!skip_char(scan, ' '))
		return LINE_ODD;
	if (left(scan) >= 3 && memcmp(scan->at, "\xef\xbb\xbf", 3) == 0)
		scan->at += 3;
	return take_message(scan, line, repeats_r);
}

static size_t digit_count(const struct scan *scan, size_t max)
{
	size_t count = 0;

	while (count < max && count < left(scan) && scan->at[count] >= '0' && scan->at[count] <= '9')
		count++;
	return count;
}

/* "Nov 9 2026 05:10:37.123 ": the stamp whose parts do not stand at their places. */
static size_t odd_stamp_length(const struct scan *whole)
{
	struct scan scan = *whole;
	size_t digits;

	scan.at += 4;
	(void)skip_char(&scan, ' ');
	digits = digit_count(&scan, 2);
	scan.at += digits;
	if (digits == 0 || !skip_char(&scan, ' '))
		return 0;
	if (digit_count(&scan, 4) == 4)
		scan.at += 4 + (left(&scan) > 4 && scan.at[4] == ' ');
	if (left(&scan) < 9 || scan.at[2] != ':' || scan.at[5] != ':')
		return 0;
	scan.at += 8;
	if (skip_char(&scan, '.') || skip_char(&scan, ','))
		scan.at += digit_count(&scan, 9);
	return skip_char(&scan, ' ') ? (size_t)(scan.at - whole->at) : 0;
}

/* "Nov 22 05:10:37 ": how long?  Its values are looked at later. */
static size_t rfc3164_length(const struct scan *scan)
{
	const char *p = scan->at;

	if (left(scan) < 16 || p[0] < 'A' || p[0] > 'S' || p[3] != ' ')
		return 0;
	if (p[6] == ' ' && p[9] == ':' && p[12] == ':' && p[15] == ' ')
		return 16;
	return odd_stamp_length(scan);
}

/* "1131566461 [2005.11.09 NODE ]": seconds, and what loghub puts before a line of RFC 3164. */
static enum line_kind take_epoch(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	uint64_t seconds;
	struct span word;
	size_t length;

	if (!take_number(scan, &seconds) || seconds < 100000000 || seconds > UINT32_MAX)
		return LINE_ODD;
	line->stamp_form = STAMP_EPOCH;
	line->epoch_us = (int64_t)seconds * US_PER_SECOND;
	if (skip_char(scan, '.')) {
		const char *digits = scan->at;
		int64_t unit = US_PER_SECOND / 10;

		for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++, unit /= 10)
			line->epoch_us += (*scan->at - '0') * unit;
		if (scan->at == digits)
			return LINE_ODD;
	}
	if (!skip_char(scan, ' '))
		return LINE_ODD;
	if (left(scan) > 11 && scan->at[4] == '.' && scan->at[7] == '.' && scan->at[10] == ' ') {
		scan->at += 11;
		if (!take_word(scan, &word))
			return LINE_ODD;
		length = rfc3164_length(scan);
		scan->at += length;
	}
	return take_rest(scan, line, repeats_r);
}

static enum line_kind take_iso(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	const char *begin = scan->at;

	line->stamp_form = STAMP_ISO;
	line->stamp = span_between(begin, scan->end);
	/* A space may stand for the T. */
	scan->at += 19;
	while (scan->at < scan->end && *scan->at != ' ')
		scan->at++;
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

enum line_kind syslog_line_parse(struct line_heads *heads, const char *text, size_t length, bool bare,
				 struct log_line *line_r, uint32_t *repeats_r)
{
	struct scan scan = { text, text + length };
	enum line_kind kind;
	size_t stamp_length;

	*line_r = (struct log_line){ .whole = { text, length }, .host = { text, 0 } };
	skip_priority(&scan);
	if (bare)
		return take_bare(&scan, line_r, repeats_r);
	stamp_length = rfc3164_length(&scan);
	if (stamp_length > 0) {
		line_r->stamp_form = STAMP_RFC3164;
		line_r->stamp = span_between(scan.at, scan.end);
		scan.at += stamp_length;
		if (take_known_head(heads, &scan, line_r))
			return take_message(&scan, line_r, repeats_r);
		kind = take_rest(&scan, line_r, repeats_r);
		if (kind == LINE_TAGGED)
			remember_head(heads, line_r);
		return kind;
	}
	if (left(&scan) > 20 && scan.at[4] == '-' && scan.at[7] == '-' && scan.at[13] == ':')
		return take_iso(&scan, line_r, repeats_r);
	if (left(&scan) > 2 && scan.at > text && scan.at[0] == '1' && scan.at[1] == ' ') {
		scan.at += 2;
		return take_rfc5424(&scan, line_r, repeats_r);
	}
	/* BGL: a label, "-" for none, before the seconds. */
	if (left(&scan) > 2 && scan.at[0] == '-' && scan.at[1] == ' ')
		scan.at += 2;
	return take_epoch(&scan, line_r, repeats_r);
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
