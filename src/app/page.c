/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes pages. */
#include "app/page.h"

#include "app/terminal.h"

#include <string.h>

#define SOURCE_WIDTH 78		/* of lines of mdoc */
#define LIST_INDENT 2
#define TAG_WIDTH_MAX 24	/* behind a longer tag the text begins on the next line */

struct page page_text(struct buf *out)
{
	return (struct page){ .out = out, .width = terminal_width() };
}

struct page page_mdoc(struct buf *out)
{
	return (struct page){ .out = out, .mdoc = true, .width = SOURCE_WIDTH };
}

/* --- words --- */

static void add_word(struct page *page, const char *word, size_t length, bool first)
{
	struct buf *out = page->out;

	if (!page->mdoc) {
		buf_add_bytes(out, word, length);
		return;
	}
	/* No request, whatever the line begins with. */
	if (first && (word[0] == '.' || word[0] == '\''))
		buf_add(out, "\\&");
	for (size_t i = 0; i < length; i++)
		if (word[i] == '\\')
			buf_add(out, "\\e");
		else
			buf_add_char(out, word[i]);
}

/* mdoc wants a line to end where a sentence does. */
static bool ends_sentence(const struct page *page, const char *word, size_t length)
{
	if (!page->mdoc)
		return false;
	while (length > 0 && (word[length - 1] == ')' || word[length - 1] == '\'' || word[length - 1] == '"'))
		length--;
	return length > 1 && strchr(".!?", word[length - 1]);
}

/* Where line breaks: column is that of the page, the next lines begin at indent. */
static void fill(struct page *page, const char *text, size_t length, size_t column, size_t indent)
{
	bool first = true, broken = false;

	for (size_t at = 0; at < length;) {
		size_t word = strcspn(text + at, " \n");

		if (word > length - at)
			word = length - at;
		if (word == 0) {
			at++;
			continue;
		}
		if (!first && (broken || column + 1 + word > page->width)) {
			buf_add_char(page->out, '\n');
			for (column = 0; column < indent; column++)
				buf_add_char(page->out, ' ');
			first = true;
		} else if (!first) {
			buf_add_char(page->out, ' ');
			column++;
		}
		add_word(page, text + at, word, first);
		column += word;
		first = false;
		broken = ends_sentence(page, text + at, word);
		at += word;
	}
	buf_add_char(page->out, '\n');
}

void page_add_quoted(struct page *page, const char *text)
{
	buf_add_char(page->out, '"');
	for (; *text != '\0'; text++)
		if (*text == '"')
			buf_add(page->out, "\\(dq");
		else if (*text == '\\')
			buf_add(page->out, "\\e");
		else
			buf_add_char(page->out, *text);
	buf_add_char(page->out, '"');
}

/* --- parts --- */

void page_heading(struct page *page, const char *text)
{
	if (page->mdoc)
		buf_addf(page->out, ".Ss %s\n", text);
	else
		buf_addf(page->out, "\n%s:\n", text);
}

static void separate(struct page *page)
{
	buf_add(page->out, page->mdoc ? ".Pp\n" : "\n");
}

/* The end of the paragraph, or of the lines that stay as they are. */
static size_t part_length(const char *text, bool literal)
{
	size_t length = 0;

	while (text[length] != '\0') {
		size_t line = strcspn(text + length, "\n");

		if ((line == 0 && !literal) || (line > 0 && (strncmp(text + length, "  ", 2) == 0) != literal))
			break;
		length += line + (text[length + line] == '\n');
	}
	while (length > 0 && text[length - 1] == '\n')
		length--;
	return length;
}

/* Of each line the first skip blanks are left out. */
static void add_literal(struct page *page, const char *text, size_t length, size_t skip)
{
	if (page->mdoc)
		buf_add(page->out, ".Bd -literal -offset indent -compact\n");
	while (length > 0) {
		size_t line = strcspn(text, "\n");

		if (line > length)
			line = length;
		if (!page->mdoc && line > 0)
			buf_add(page->out, "  ");
		if (line > skip)
			add_word(page, text + skip, line - skip, true);
		buf_add_char(page->out, '\n');
		text += line;
		length -= line;
		if (length > 0) {
			text++;
			length--;
		}
	}
	if (page->mdoc)
		buf_add(page->out, ".Ed\n");
}

void page_paragraphs(struct page *page, const char *text)
{
	for (bool first = true; *(text += strspn(text, "\n")) != '\0'; first = false) {
		bool literal = strncmp(text, "  ", 2) == 0;
		size_t length = part_length(text, literal);

		if (!first || !page->mdoc)
			separate(page);
		if (literal)
			add_literal(page, text, length, 2);
		else
			fill(page, text, length, 0, 0);
		text += length;
	}
}

void page_line(struct page *page, const char *label, const char *text)
{
	struct buf line;

	buf_init(&line);
	buf_addf(&line, "%s: %s", label, text);
	fill(page, line.text, line.length, 0, 0);
	page->out->failed = page->out->failed || line.failed;
	buf_clear(&line);
}

void page_labelled(struct page *page, const char *label, const char *text)
{
	separate(page);
	page_line(page, label, text);
}

void page_title(struct page *page, const char *text)
{
	separate(page);
	page_line(page, text, "");
}

void page_literal(struct page *page, const char *text)
{
	add_literal(page, text, strlen(text) - (text[0] != '\0' && text[strlen(text) - 1] == '\n'), 0);
}

/* --- lists --- */

void page_open_list(struct page *page, size_t tag_width)
{
	page->tag_width = tag_width < TAG_WIDTH_MAX ? tag_width : TAG_WIDTH_MAX;
	if (page->mdoc)
		buf_add(page->out, ".Bl -tag -width Ds\n");
}

static void add_text_item(struct page *page, const char *tag, const char *text)
{
	size_t indent = LIST_INDENT + page->tag_width + 2, column = LIST_INDENT + strlen(tag);

	buf_addf(page->out, "  %s", tag);
	if (column + 2 > indent) {
		buf_add_char(page->out, '\n');
		column = 0;
	}
	for (; column < indent; column++)
		buf_add_char(page->out, ' ');
	fill(page, text, strlen(text), indent, indent);
}

void page_item(struct page *page, const char *tag, const char *text)
{
	if (!page->mdoc) {
		add_text_item(page, tag, text);
		return;
	}
	buf_add(page->out, ".It Li ");
	page_add_quoted(page, tag);
	buf_add_char(page->out, '\n');
	fill(page, text, strlen(text), 0, 0);
}

void page_close_list(struct page *page)
{
	if (page->mdoc)
		buf_add(page->out, ".El\n");
}

void page_add_piece(struct page *page, const char *piece, size_t indent, size_t *column)
{
	if (*column + 1 + strlen(piece) > page->width) {
		buf_add_char(page->out, '\n');
		for (*column = 0; *column < indent; ++*column)
			buf_add_char(page->out, ' ');
	} else {
		buf_add_char(page->out, ' ');
		++*column;
	}
	buf_add(page->out, piece);
	*column += strlen(piece);
}
