/* SPDX-License-Identifier: BSD-2-Clause */
/* What pages of HTML are made of. */
#ifndef REPORT_HTML_PART_H
#define REPORT_HTML_PART_H

#include "report/shown.h"

#include <stdint.h>

/*
 * The one place where a text that is not ours enters a page, in an element or a quoted attribute: no character of it is
 * markup, or anything but printable ASCII.  A byte that is no printable character becomes \xNN, another character \uNNNN,
 * a backslash two.  At most max characters are written (0: no limit), whole escapes only; "..." within max shows a cut.
 */
void html_text(struct buf *out, const char *text, size_t max);

/* Lines of a <pre>, each as html_text(). */
void html_lines(struct buf *out, const char *text);

/* A word of ours, "newly_rejected", as people write it. */
void html_words(struct buf *out, const char *word);

/* 1,234,567 */
void html_number(struct buf *out, uint64_t number);

/* "12.3 %"; of nothing "-". */
void html_share(struct buf *out, uint64_t part, uint64_t whole);

#define HTML_VALUE_MAX 80	/* of a value that a client chose: more of it is cut */

/* An entry of a <dl>; value NULL: it is not known. */
void html_fact(struct buf *out, const char *label, const char *value);

/* What speaks for a client, each a <span>; evidence: bits of enum evidence. */
void html_evidence(struct buf *out, unsigned evidence);

/* A part of a bar; kind is a class of the style: "refused", "possible", "open", "rest". */
struct html_piece {
	const char *kind;
	uint64_t count;
};

/* A bar as SVG, of pieces that stand side by side on a whole.  For the eye alone: its numbers stand beside it. */
void html_bar(struct buf *out, const struct html_piece *pieces, size_t count, uint64_t whole);

/* A section with its heading, to be ended by "</section>"; a table in a box that scrolls, by html_table_end(). */
void html_section(struct buf *out, const char *id, const char *heading);
void html_table(struct buf *out, const char *caption, const char *kind);
void html_table_end(struct buf *out);

/* Head of a page up to <main>, and all behind it; title is a constant of ours. */
void html_begin(struct buf *out, const char *title);
void html_end(struct buf *out);

/* The style of all pages, and its hash as a source of a Content-Security-Policy. */
extern const char html_style[];
extern const char html_style_hash[];

/* Parts of the page of a summary. */
void html_days(const struct summary *summary, struct buf *out);
void html_hours(const struct summary *summary, struct buf *out);
void html_list(const struct summary *summary, enum summary_list list, const char *heading, struct buf *out);
void html_rows(const struct summary *summary, const struct shown_row *rows, const char *caption, struct buf *out);
void html_samples(const struct summary *summary, struct buf *out);

#endif
