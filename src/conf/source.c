/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines and columns of a policy file, and its check for bytes that are no text. */
#include "conf/source.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";

static size_t count_lines(const char *text, size_t length)
{
	size_t count = 1;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\n';
	return count;
}

bool source_init(struct source *source, const char *name, const char *text, size_t length)
{
	size_t line = 1;

	if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
		text += 3;
		length -= 3;
	}
	*source = (struct source){ .name = name, .text = text, .length = length };
	source->line_count = count_lines(text, length);
	source->lines = calloc(source->line_count, sizeof *source->lines);
	if (!source->lines)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n')
			source->lines[line++] = i + 1;
	return true;
}

void source_clear(struct source *source)
{
	free(source->lines);
	source->lines = NULL;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

struct place source_place(const struct source *source, size_t offset)
{
	size_t low = 0;
	size_t high = source->line_count;
	unsigned column = 1;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (source->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	for (size_t i = source->lines[low]; i < offset; i++)
		column += !is_continuation(source->text[i]);
	return (struct place){ .file = source->name, .line = (unsigned)low + 1, .column = column };
}

size_t source_skip(const struct source *source, size_t offset, size_t count)
{
	while (count > 0 && offset < source->length) {
		offset++;
		count -= !is_continuation(source->text[offset]);
	}
	return offset;
}

size_t source_offset(const struct source *source, size_t line, size_t column)
{
	if (line == 0 || line > source->line_count)
		return source->length;
	return source_skip(source, source->lines[line - 1], column - 1);
}

/* What libyaml would take for a line's end, but no editor does: the places would be wrong. */
static bool is_odd_line_end(const char *text)
{
	return strncmp(text, "\xc2\x85", 2) == 0 || strncmp(text, "\xe2\x80\xa8", 3) == 0 ||
	       strncmp(text, "\xe2\x80\xa9", 3) == 0 || (text[0] == '\r' && text[1] != '\n');
}

static bool is_control(const char *text)
{
	unsigned char first = (unsigned char)text[0];

	if (first < 0x20)
		return !strchr("\t\n\r", first) || first == '\0';
	return first == 0x7f || (first == 0xc2 && (unsigned char)text[1] < 0xa0) ||
	       strncmp(text, byte_order_mark, 3) == 0 || strncmp(text, "\xef\xbf\xbe", 3) == 0 ||
	       strncmp(text, "\xef\xbf\xbf", 3) == 0;
}

bool source_check(const struct source *source, struct diag *diag)
{
	size_t length;

	for (size_t i = 0; i < source->length; i += length) {
		const char *text = source->text + i;

		length = utf8_length(text, source->length - i);
		if (length == 0)
			diag_error(diag, source_place(source, i),
				   "byte 0x%02x is not UTF-8; expected text in UTF-8",
				   (unsigned char)text[0]);
		else if (is_odd_line_end(text))
			diag_error(diag, source_place(source, i),
				   "a line ends by something else than LF or CRLF");
		else if (is_control(text))
			diag_error(diag, source_place(source, i),
				   "a control character; expected text");
		else
			continue;
		return false;
	}
	return true;
}
