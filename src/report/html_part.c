/* SPDX-License-Identifier: BSD-2-Clause */
/* Escaping, numbers, bars, and the frame of a page. */
#include "report/html_part.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- text --- */

static unsigned code_point(const char *text, size_t length)
{
	unsigned code = (unsigned char)*text & (0x7fu >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)text[i] & 0x3fu);
	return code;
}

/*
 * One character as it is shown, before markup; how many bytes of text it took.  What is not ASCII is never shown as
 * itself: letters that look like others, or change the direction, would lie to whoever reads the page.
 */
static size_t show(const char *text, size_t left, char shown_r[16])
{
	size_t length = utf8_length(text, left);
	unsigned char c = (unsigned char)*text;

	if (c == '\\')
		(void)snprintf(shown_r, 16, "\\\\");
	else if (c >= 0x20 && c < 0x7f)
		(void)snprintf(shown_r, 16, "%c", c);
	else if (length > 1)
		(void)snprintf(shown_r, 16, "\\u%04x", code_point(text, length));
	else
		(void)snprintf(shown_r, 16, "\\x%02x", c);
	return length > 0 ? length : 1;
}

/* As show(), with what is markup replaced. */
static void add_shown(struct buf *out, const char *shown)
{
	for (; *shown != '\0'; shown++) {
		switch (*shown) {
		case '&': buf_add(out, "&amp;"); break;
		case '<': buf_add(out, "&lt;"); break;
		case '>': buf_add(out, "&gt;"); break;
		case '"': buf_add(out, "&quot;"); break;
		case '\'': buf_add(out, "&#39;"); break;
		default: buf_add_char(out, *shown);
		}
	}
}

/* Where a text of which more than max would be shown is cut, to leave room for the dots; its end else. */
static size_t cut_at(const char *text, size_t length, size_t max)
{
	size_t at = 0, width = 0, cut = length;
	char shown[16];

	while (at < length) {
		size_t taken = show(text + at, length - at, shown);

		if (width + strlen(shown) > max - 3 && cut == length)
			cut = at;
		width += strlen(shown);
		at += taken;
	}
	return width > max ? cut : length;
}

void html_text(struct buf *out, const char *text, size_t max)
{
	size_t length = strlen(text);
	size_t end = max > 0 ? cut_at(text, length, max) : length;
	char shown[16];

	for (size_t at = 0; at < end;) {
		at += show(text + at, length - at, shown);
		add_shown(out, shown);
	}
	if (end < length)
		buf_add(out, "...");
}

void html_lines(struct buf *out, const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;

	out->failed |= !copy;
	while (rest && (line = strsep(&rest, "\n"))) {
		html_text(out, line, 0);
		if (rest)
			buf_add_char(out, '\n');
	}
	free(copy);
}

void html_words(struct buf *out, const char *word)
{
	for (; *word != '\0'; word++)
		buf_add_char(out, *word == '_' ? ' ' : *word);
}

/* --- numbers --- */

void html_number(struct buf *out, uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
}

/* part of whole, times scale; both may be as large as they like. */
static uint64_t scaled(uint64_t part, uint64_t whole, unsigned scale)
{
	double share = whole > 0 ? (double)part / (double)whole : 0;

	return (uint64_t)((share > 1 ? 1 : share) * scale + 0.5);
}

void html_share(struct buf *out, uint64_t part, uint64_t whole)
{
	uint64_t mille = scaled(part, whole, 1000);

	if (whole == 0)
		buf_add_char(out, '-');
	else
		buf_addf(out, "%llu.%llu&nbsp;%%", (unsigned long long)(mille / 10), (unsigned long long)(mille % 10));
}

/* --- bars --- */

#define BAR_UNITS 1000

void html_bar(struct buf *out, const struct html_piece *pieces, size_t count, uint64_t whole)
{
	uint64_t before = 0;

	buf_addf(out, "<svg class=\"bar\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		      "<rect class=\"ground\" width=\"%d\" height=\"10\"/>", BAR_UNITS, BAR_UNITS);
	for (size_t i = 0; i < count; i++) {
		uint64_t begin = scaled(before, whole, BAR_UNITS);
		uint64_t end = scaled(before + pieces[i].count, whole, BAR_UNITS);

		/* What is there is seen, however small its share. */
		if (pieces[i].count > 0 && end < begin + 4)
			end = begin + 4;
		if (pieces[i].count > 0)
			buf_addf(out, "<rect class=\"%s\" x=\"%llu\" width=\"%llu\" height=\"10\"/>", pieces[i].kind,
				 (unsigned long long)begin, (unsigned long long)(end - begin));
		before += pieces[i].count;
	}
	buf_add(out, "</svg>");
}

/* --- frame --- */

void html_section(struct buf *out, const char *id, const char *heading)
{
	buf_addf(out, "\n<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">", id, id, id);
	html_text(out, heading, 0);
	buf_add(out, "</h2>\n");
}

void html_table(struct buf *out, const char *caption, const char *kind)
{
	buf_add(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
	html_text(out, caption, 0);
	buf_addf(out, "\"><table class=\"%s\"><caption>", kind);
	html_text(out, caption, 0);
	buf_add(out, "</caption>\n");
}

void html_table_end(struct buf *out)
{
	buf_add(out, "</table></div>\n");
}

void html_fact(struct buf *out, const char *label, const char *value)
{
	buf_addf(out, "<div><dt>%s</dt><dd>", label);
	if (!value)
		buf_add(out, "<i>not known</i>");
	else
		html_text(out, value[0] != '\0' ? value : "<>", HTML_VALUE_MAX);
	buf_add(out, "</dd></div>\n");
}

void html_evidence(struct buf *out, unsigned evidence)
{
	for (unsigned bit = EVIDENCE_FIRST; bit <= EVIDENCE_LAST; bit <<= 1) {
		if (!(evidence & bit))
			continue;
		buf_add(out, " <span class=\"evidence\">");
		html_words(out, evidence_word((enum evidence)bit));
		buf_add(out, "</span>");
	}
}

void html_begin(struct buf *out, const char *title)
{
	buf_addf(out,
		 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s'; "
		 "base-uri 'none'; form-action 'none'\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n"
		 "<title>%s</title>\n<style>", html_style_hash, title);
	buf_add(out, html_style);
	buf_addf(out, "</style>\n</head>\n<body>\n<header>\n<p class=\"eyebrow\">ehlo-milter</p>\n<h1>%s</h1>\n", title);
}

void html_end(struct buf *out)
{
	buf_addf(out, "<p>Written by ehlo-milter %s. This page is complete in itself: it holds no script, and asks "
		      "for nothing from elsewhere.</p>\n</footer>\n</body>\n</html>\n", PACKAGE_VERSION);
}
