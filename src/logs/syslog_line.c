/* SPDX-License-Identifier: BSD-2-Clause */
/* A line as syslog daemons write it, taken apart. */
#include "logs/syslog_line.h"

#include "base/ip.h"
#include "logs/line_prefix.h"
#include "logs/line_stamp.h"
#include "logs/line_take.h"

#include <string.h>

/* "<22>" */
static void skip_priority(struct scan *scan)
{
	struct scan try = *scan;
	uint64_t priority;

	if (scan_skip_char(&try, '<') && scan_take_number(&try, &priority) && priority <= 191 && scan_skip_char(&try, '>'))
		*scan = try;
}

void line_skip_priority(struct scan *scan)
{
	if (scan->at < scan->end && *scan->at == '<')
		skip_priority(scan);
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

enum line_kind line_take_message(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	/* In templates of rsyslog a space is often written before %msg%, which has one itself. */
	scan_skip_spaces(scan);
	if (scan->at < scan->end && *scan->at == '[')
		skip_message_id(scan);
	line->message = span_between(scan->at, scan->end);
	return take_repeats(scan, repeats_r) ? LINE_REPEATED : LINE_TAGGED;
}

/* AIX: "Message forwarded from HOST: " */
static void take_forwarded(struct scan *scan, struct span *host)
{
	static const char forwarded[] = "Message forwarded from ";
	struct scan try = *scan;
	struct span word;

	if (scan_left(&try) < sizeof forwarded || memcmp(try.at, forwarded, sizeof forwarded - 1) != 0)
		return;
	try.at += sizeof forwarded - 1;
	if (!scan_take_word(&try, &word) || word.length < 2 || word.text[word.length - 1] != ':')
		return;
	*host = (struct span){ word.text, word.length - 1 };
	*scan = try;
}

/* BusyBox: "mail.info TAG[PID]: "; AIX: "mail:info TAG[PID]: " */
static bool take_level_and_tag(struct scan *scan, struct log_line *line, struct span *host)
{
	struct scan try = *scan;
	struct span level;

	if (!scan_take_word(&try, &level) ||
	    !(memchr(level.text, '.', level.length) || memchr(level.text, ':', level.length)))
		return false;
	take_forwarded(&try, host);
	if (!line_take_tag(&try, line))
		return false;
	*scan = try;
	return true;
}

/* "HOST TAG[PID]: " behind the address of HOST; behind any other word it may be the message of a program. */
static bool take_behind_address(struct scan *scan, struct span address, struct log_line *line)
{
	struct span host;
	struct ip ip;

	if (!ip_parse_bytes(address.text, address.length, &ip) || !scan_take_word(scan, &host) || !line_take_tag(scan, line) ||
	    !line->has_pid)
		return false;
	line->host = host;
	return true;
}

/*
 * Behind the stamp: "[<mail.notice> ][HOST [mail.info ]]TAG[PID]: MESSAGE", "[HOST ]last message repeated N times".
 */
enum line_kind line_take_rest(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	struct scan try;
	struct span word;

	scan_skip_spaces(scan);
	try = *scan;
	if (scan_skip_char(&try, '<') && scan_take_word(&try, &word) && word.text[word.length - 1] == '>')
		*scan = try;
	line_skip_severity(scan);
	if (take_repeats(scan, repeats_r))
		return LINE_REPEATED;
	try = *scan;
	if (scan_take_word(&try, &word) && word.text[word.length - 1] != ':') {
		if (take_repeats(&try, repeats_r))
			return LINE_REPEATED;
		scan_skip_spaces(&try);
		take_forwarded(&try, &word);
		if (line_take_tag(&try, line) || take_level_and_tag(&try, line, &word)) {
			line->host = word;
			*scan = try;
			return line_take_message(scan, line, repeats_r);
		}
		if (line_take_tag_without_colon(&try, word, line) || take_behind_address(&try, word, line)) {
			*scan = try;
			return line_take_message(scan, line, repeats_r);
		}
	}
	return line_take_tag(scan, line) ? line_take_message(scan, line, repeats_r) : LINE_ODD;
}

#define PID_DIGITS_MAX 10

/* "Nov 22 05:10:37 HOST TAG[PID]: MESSAGE", or so with RFC 3339, with a HOST and TAG that were seen before: nearly all lines. */
static bool take_usual(const struct line_heads *heads, const struct scan *scan, struct log_line *line)
{
	enum stamp_form form = stamp_is_rfc3164(scan) ? STAMP_RFC3164 : STAMP_ISO;
	size_t stamp_length = form == STAMP_RFC3164 ? STAMP_RFC3164_BYTES : stamp_rfc3339_length(scan);
	const char *stamp = scan->at, *begin = stamp + stamp_length, *end = scan->end, *open, *last, *at;
	const struct line_head *head = heads && stamp_length > 0 ? line_heads_find(heads, begin, end) : NULL;
	struct scan message;
	uint64_t pid = 0;
	uint32_t repeats;

	if (!head)
		return false;
	open = begin + head->length;
	last = end - open > 1 + PID_DIGITS_MAX ? open + 1 + PID_DIGITS_MAX : end;
	for (at = open + 1; at < last && ascii_is_digit(*at); at++)
		pid = pid * 10 + (uint64_t)(*at - '0');
	if (at == open + 1 || pid > UINT32_MAX || end - at < 4 || at[0] != ']' || at[1] != ':' || at[2] != ' ' || at[3] == '[' ||
	    at[3] == ' ')
		return false;
	message = (struct scan){ at + 3, end };
	if (take_repeats(&message, &repeats))
		return false;
	line->stamp_form = form;
	line->stamp = span_between(stamp, end);
	line->head = head;
	line->host = (struct span){ begin, head->host_length };
	line->tag = span_between(begin + head->host_length + 1, open);
	line->has_pid = true;
	line->pid = (uint32_t)pid;
	line->message = span_between(at + 3, end);
	return true;
}

/* Those that take_usual() can take; "UTC" behind a stamp may be its zone, of another line the host. */
static void remember_head(struct line_heads *heads, const struct log_line *line)
{
	bool stamped = line->stamp_form == STAMP_RFC3164 || line->stamp_form == STAMP_ISO;
	int32_t offset_s;

	if (stamped && line->has_pid && line->tag.text == line->host.text + line->host.length + 1 &&
	    stamp_zone_length(line->host.text - 1, line->host.length + 2, &offset_s) == 0)
		line_heads_add(heads, line->host, line->tag);
}

/* What no stamp announces. */
static enum line_kind take_bare(struct scan *scan, struct log_line *line, uint32_t *repeats_r)
{
	struct scan try = *scan;
	struct span word;

	if (line_take_tag(&try, line) && line->has_pid)
		return line_take_message(&try, line, repeats_r);
	try = *scan;
	if (scan_take_word(&try, &word) && line_take_tag(&try, line) && line->has_pid) {
		line->host = word;
		return line_take_message(&try, line, repeats_r);
	}
	line->tag = (struct span){ scan->at, 0 };
	line->has_pid = false;
	return line_take_message(scan, line, repeats_r);
}

/* The forms that are told by their stamps; scan stands behind the PRI. */
enum line_kind line_take_stamped(struct scan *scan, bool has_priority, struct log_line *line_r, uint32_t *repeats_r)
{
	size_t stamp_length = stamp_rfc3164_length(scan);

	if (stamp_length == 0)
		stamp_length = stamp_local_length(scan);
	if (stamp_length == 0)
		return line_take_form(scan, has_priority, line_r, repeats_r);
	line_r->stamp_form = STAMP_RFC3164;
	line_r->stamp = span_between(scan->at, scan->end);
	scan->at += stamp_length;
	return line_take_rest(scan, line_r, repeats_r);
}

/* What is looked at whatever the line is; quicker than to zero all of it. */
static void begin_line(struct log_line *line, const char *text, size_t length)
{
	line->whole = (struct span){ text, length };
	line->host = line->tag = line->message = (struct span){ text, 0 };
	line->head = NULL;
	line->has_pid = false;
	line->pid = 0;
	line->stamp_form = STAMP_NONE;
}

/* From its stamp on, which stands behind a prefix. */
static enum line_kind take_behind_prefix(struct span whole, size_t prefix, struct log_line *line, uint32_t *repeats_r)
{
	const char *begin = whole.text + prefix;
	struct scan scan = { begin, whole.text + whole.length };

	begin_line(line, whole.text, whole.length);
	line_skip_priority(&scan);
	return line_take_stamped(&scan, scan.at > begin, line, repeats_r);
}

/* "TAG[PID]: ", as a container prints it; it tells no time. */
static enum line_kind take_unstamped(struct span whole, size_t prefix, struct log_line *line, uint32_t *repeats_r)
{
	struct scan scan = { whole.text + prefix, whole.text + whole.length };

	begin_line(line, whole.text, whole.length);
	return line_take_tag(&scan, line) && line->has_pid ? line_take_message(&scan, line, repeats_r) : LINE_ODD;
}

/* A line that was made a value of JSON or CSV, with a comma behind it or not; not where more than its ends was changed by that. */
static struct span without_quotes(struct span whole)
{
	struct span inner = whole;

	if (whole.length < 2 || whole.text[0] != '"')
		return whole;
	inner.length -= inner.text[inner.length - 1] == ',';
	inner = span_after(inner, 1);
	if (inner.length == 0 || inner.text[--inner.length] != '"' || memchr(inner.text, '"', inner.length) ||
	    memchr(inner.text, '\\', inner.length))
		return whole;
	return inner;
}

/* A line of an unknown form, or a head that was not seen before. */
static enum line_kind take_unusual(struct span whole, struct log_line *line, uint32_t *repeats_r)
{
	const struct scan scan = { whole.text, whole.text + whole.length };
	enum line_kind kind = take_behind_prefix(whole, 0, line, repeats_r);
	size_t prefix = kind == LINE_ODD ? line_prefix_length(&scan) : 0;

	if (prefix > 0)
		kind = take_behind_prefix(whole, prefix, line, repeats_r);
	if (kind == LINE_ODD)
		kind = line_take_behind_words(whole, line, repeats_r);
	if (kind == LINE_ODD && memchr(whole.text, '\t', whole.length))
		kind = line_take_columns(whole, line, repeats_r);
	return kind == LINE_ODD ? take_unstamped(whole, prefix, line, repeats_r) : kind;
}

enum line_kind syslog_line_parse(struct line_heads *heads, const char *text, size_t length, bool bare,
				 struct log_line *line_r, uint32_t *repeats_r)
{
	struct scan scan;
	enum line_kind kind;

	/* What was copied from a terminal or a table. */
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	scan = (struct scan){ text, text + length };
	if (bare) {
		begin_line(line_r, text, length);
		line_skip_priority(&scan);
		return take_bare(&scan, line_r, repeats_r);
	}
	line_r->whole = (struct span){ text, length };
	line_skip_priority(&scan);
	if (take_usual(heads, &scan, line_r))
		return LINE_TAGGED;
	kind = take_unusual(without_quotes(line_r->whole), line_r, repeats_r);
	if (heads && kind == LINE_TAGGED)
		remember_head(heads, line_r);
	return kind;
}

/* "Nov 26 06:00:01 2026 " with the year in front, as the others have it. */
static bool ctime_time(struct stamps *stamps, struct span stamp, int64_t *us_r)
{
	char text[21];

	if (stamp.length != sizeof text)
		return false;
	memcpy(text, stamp.text + 16, 5);
	memcpy(text + 5, stamp.text, 16);
	return stamp_parse(stamps, text, sizeof text, us_r) > 0;
}

bool log_line_time(struct stamps *stamps, const struct log_line *line, int64_t *us_r)
{
	switch (line->stamp_form) {
	case STAMP_NONE: return false;
	case STAMP_EPOCH: *us_r = line->epoch_us; return true;
	case STAMP_RFC3164: return stamp_parse(stamps, line->stamp.text, line->stamp.length, us_r) > 0;
	case STAMP_CTIME: return ctime_time(stamps, line->stamp, us_r);
	case STAMP_ISO: return stamp_parse_iso(stamps, line->stamp.text, line->stamp.length, us_r) > 0;
	}
	return false;
}
