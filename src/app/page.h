/* SPDX-License-Identifier: BSD-2-Clause */
/* What the program says of itself, written once: as text for a terminal, or as mdoc for the manuals. */
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct page {
	struct buf *out;
	bool mdoc;
	size_t width;		/* of text: columns */
	size_t tag_width;	/* of text, in a list: columns of its tags */
};

/* A page of text as wide as standard output, or of mdoc. */
struct page page_text(struct buf *out);
struct page page_mdoc(struct buf *out);

/* Of a part of the manual; in text as page_title(). */
void page_heading(struct page *page, const char *text);

/* Paragraphs stand between blank lines and are filled; a line that begins with two blanks stays as it is. */
void page_paragraphs(struct page *page, const char *text);

/* "LABEL: text", the first line or a paragraph. */
void page_line(struct page *page, const char *label, const char *text);
void page_labelled(struct page *page, const char *label, const char *text);

/* "TEXT:" over what follows. */
void page_title(struct page *page, const char *text);

/* Lines that stay as they are. */
void page_literal(struct page *page, const char *text);

/* A list of tags with a text each; tag_width is that of the longest. */
void page_open_list(struct page *page, size_t tag_width);
void page_item(struct page *page, const char *tag, const char *text);
void page_close_list(struct page *page);

/* A piece of a synopsis, such as "[-c FILE]": not broken within; *column_r is where the line has come to. */
void page_add_piece(struct page *page, const char *piece, size_t indent, size_t *column_r);

/* As an argument of a macro: in quotes. */
void page_add_quoted(struct page *page, const char *text);

#endif
