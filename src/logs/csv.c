/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of syslog in a table that was exported. */
#include "logs/csv.h"

#include "base/hash.h"
#include "logs/scan.h"

#include <string.h>

struct value {
	struct span text;	/* quotes inside quotes are doubled */
	bool quoted;
	bool open;		/* the quote at its end is missing */
	bool last;
};

/* At the begin of scan, which is left behind the delimiter. */
static struct value take_value(struct scan *scan, char delimiter)
{
	struct value value = { .quoted = scan_skip_char(scan, '"') };
	const char *begin = scan->at;

	while (value.quoted && scan->at < scan->end && (*scan->at != '"' || (scan_left(scan) > 1 && scan->at[1] == '"')))
		scan->at += *scan->at == '"' ? 2 : 1;
	value.text = span_between(begin, scan->at);
	value.open = value.quoted && scan->at == scan->end;
	while (scan->at < scan->end && *scan->at != delimiter)
		scan->at++;
	if (!value.quoted)
		value.text = span_between(begin, scan->at);
	value.last = !scan_skip_char(scan, delimiter);
	return value;
}

/* Without its end. */
static struct span first_line(struct span head)
{
	head = span_first_line(head);
	head.length -= head.length > 0 && head.text[head.length - 1] == '\r';
	return head;
}

/* How many columns are known. */
static int name_columns(struct csv *csv, struct span head)
{
	struct scan scan = { head.text, head.text + head.length };
	unsigned ranks[FIELD_KINDS], rank;
	struct value value;
	int known = 0;

	for (int i = 0; i < FIELD_KINDS; i++)
		csv->columns[i] = -1;
	csv->count = 0;
	do {
		enum field field;

		value = take_value(&scan, csv->delimiter);
		field = field_of(value.text, &rank);
		known += field != FIELD_NONE;
		if (field != FIELD_NONE && (csv->columns[field] < 0 || rank < ranks[field])) {
			csv->columns[field] = csv->count;
			ranks[field] = rank;
		}
		csv->count++;
	} while (!value.last);
	return known;
}

bool csv_begin(struct csv *csv, struct span head)
{
	static const char delimiters[] = ",;\t";

	head = first_line(head);
	csv->head_length = head.length;
	csv->head_hash = hash_bytes(head.text, head.length, 0);
	for (size_t i = 0; i < sizeof delimiters - 1; i++) {
		csv->delimiter = delimiters[i];
		if (name_columns(csv, head) >= (csv->count > 1 ? 2 : 1) && csv->columns[FIELD_MESSAGE] >= 0)
			return true;
	}
	return false;
}

bool csv_is_head(const struct csv *csv, const char *text, size_t length)
{
	return length == csv->head_length && hash_bytes(text, length, 0) == csv->head_hash;
}

/* NULL inside: out of memory. */
static struct span undouble(struct arena *arena, struct span text)
{
	char *copy = arena_alloc(arena, text.length);
	size_t length = 0;

	for (size_t i = 0; copy && i < text.length; i++) {
		copy[length++] = text.text[i];
		i += text.text[i] == '"';
	}
	return (struct span){ copy, length };
}

static enum field field_at(const struct csv *csv, int column)
{
	for (int i = 0; i < FIELD_KINDS; i++)
		if (csv->columns[i] == column)
			return (enum field)i;
	return FIELD_NONE;
}

bool csv_line(const struct csv *csv, struct arena *arena, const char *text, size_t length, struct log_line *line_r)
{
	struct scan scan = { text, text + length };
	struct value value = { .last = false };
	int column = 0;

	*line_r = (struct log_line){ .host = { text, 0 }, .tag = { text, 0 } };
	for (; column < csv->count && !value.last; column++) {
		enum field field = field_at(csv, column);
		const char *begin = scan.at;

		value = take_value(&scan, csv->delimiter);
		/* Some do not quote a message that comes last. */
		if (field == FIELD_MESSAGE && column == csv->count - 1 && !value.quoted)
			value = (struct value){ .text = span_between(begin, scan.end), .last = true };
		if (value.quoted && field != FIELD_NONE && memchr(value.text.text, '"', value.text.length))
			value.text = undouble(arena, value.text);
		if (value.text.text)
			field_set(arena, line_r, field, value.text);
	}
	return column == csv->count && value.last && !value.open && line_r->message.text;
}
