/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines whose parts stand in columns: what Kiwi writes, templates of rsyslog, what was copied out of a table. */
#include "logs/line_take.h"

#include "logs/line_stamp.h"

#include <string.h>

#define COLUMNS_MAX 12

/* Up to the next tab, which is taken too; *last_r: there was none. */
static struct span take_column(struct scan *scan, bool *last_r)
{
	const char *tab = memchr(scan->at, '\t', scan_left(scan));
	struct span column = span_between(scan->at, tab ? tab : scan->end);

	*last_r = !tab;
	scan->at = tab ? tab + 1 : scan->end;
	return column;
}

/* The stamps that are whole when the column ends. */
static bool take_stamp(struct log_line *line, struct span column)
{
	const char *text = column.text;

	if (column.length >= 19 && column.length <= 35 && text[4] == '-' && text[7] == '-' && text[13] == ':')
		line->stamp_form = STAMP_ISO;
	else if (column.length == 15 && text[3] == ' ' && text[6] == ' ' && text[9] == ':' && text[12] == ':')
		line->stamp_form = STAMP_RFC3164;
	else
		return false;
	line->stamp = column;
	return true;
}

static bool is_word(struct span column)
{
	return !memchr(column.text, ' ', column.length);
}

static bool is_number(struct span column)
{
	struct scan scan = { column.text, column.text + column.length };
	uint64_t number;

	return scan_take_number(&scan, &number) && scan.at == scan.end;
}

enum archived { ARCHIVED_ID, ARCHIVED_SENT, ARCHIVED_GOT, ARCHIVED_SOURCE, ARCHIVED_HOST, ARCHIVED_ADDRESS, ARCHIVED_FACILITY,
		ARCHIVED_SEVERITY, ARCHIVED_PROGRAM, ARCHIVED_COLUMNS };

/* An archive of Papertrail: the columns above, and the message; "postfix/smtpd" or "postfix/smtpd[9]" */
static bool take_archived(struct scan *scan, struct log_line *line)
{
	struct span columns[ARCHIVED_COLUMNS], *tag = &columns[ARCHIVED_PROGRAM];
	struct scan try = *scan;
	bool last = false;

	for (int i = 0; i < ARCHIVED_COLUMNS && !last; i++)
		columns[i] = take_column(&try, &last);
	if (last || !is_number(columns[ARCHIVED_ID]) || !is_number(columns[ARCHIVED_SOURCE]) || !is_word(*tag) || tag->length == 0 ||
	    !take_stamp(line, columns[ARCHIVED_SENT]))
		return false;
	if (!line_part_tag(*tag, line))
		line->tag = *tag;
	line->host = columns[ARCHIVED_HOST];
	*scan = try;
	return true;
}

enum line_kind line_take_columns(struct span whole, struct log_line *line, uint32_t *repeats_r)
{
	struct scan scan = { whole.text, whole.text + whole.length };
	struct span before = { whole.text, 0 };
	bool last = false;

	*line = (struct log_line){ .whole = whole, .host = before };
	if (take_archived(&scan, line))
		return line_take_message(&scan, line, repeats_r);
	for (int i = 0; i < COLUMNS_MAX && !last; i++) {
		struct span column = take_column(&scan, &last);
		struct scan inner = { column.text, column.text + column.length };

		if (i > 0 && line_take_tag(&inner, line) && line->has_pid) {
			/* The message is the rest of this column, or the next one. */
			if (inner.at < inner.end || last)
				scan.at = inner.at;
			if (i > 1)
				line->host = before;
			scan_skip_spaces(&scan);
			return line_take_message(&scan, line, repeats_r);
		}
		/* What is more than a word may be the message of a program. */
		if ((line->stamp_form != STAMP_NONE || !take_stamp(line, column)) && !is_word(column))
			return LINE_ODD;
		before = column;
	}
	return LINE_ODD;
}
