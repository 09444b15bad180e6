/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of a page: shares, lists by name, the sessions to look at first. */
#include "report/html_part.h"

#define ROWS_SHOWN 25
#define SAMPLES_OPEN 10

void html_rows(const struct summary *summary, const struct shown_row *rows, const char *caption, struct buf *out)
{
	html_table(out, caption, "shares");
	buf_add(out, "<tbody>\n");
	for (; rows->label; rows++) {
		const struct html_piece piece = { "known", summary->totals[rows->part] };

		buf_addf(out, "<tr><th scope=\"row\">%s</th><td class=\"chart\">", rows->label);
		html_bar(out, &piece, 1, summary->totals[rows->whole]);
		buf_add(out, "</td><td class=\"n\">");
		html_share(out, summary->totals[rows->part], summary->totals[rows->whole]);
		buf_add(out, "</td><td class=\"n\">");
		html_number(out, summary->totals[rows->part]);
		buf_add(out, "</td></tr>\n");
	}
	buf_add(out, "</tbody>");
	html_table_end(out);
}

/* --- lists --- */

/* How the columns of a list are drawn, on a whole that is its greatest. */
struct drawing {
	size_t piece_count;
	struct html_piece pieces[TALLY_COLUMNS];
	uint64_t whole;
};

static void draw_row(enum summary_list list, const uint64_t counts[TALLY_COLUMNS], struct drawing *drawing)
{
	struct html_piece *pieces = drawing->pieces;

	drawing->piece_count = 3;
	switch (list) {
	case LIST_LISTENERS:	/* sessions, and what becomes of them */
	case LIST_DAYS:
		pieces[0] = (struct html_piece){ "refused", counts[1] };
		pieces[1] = (struct html_piece){ "possible", counts[2] };
		pieces[2] = (struct html_piece){ "open", counts[3] };
		break;
	case LIST_REASONS:	/* found: refusing, or not; could not tell */
		pieces[0] = (struct html_piece){ "refused", counts[1] };
		pieces[1] = (struct html_piece){ "rest", counts[0] - (counts[1] < counts[0] ? counts[1] : counts[0]) };
		pieces[2] = (struct html_piece){ "open", counts[3] };
		break;
	case LIST_DOMAINS:
	case LIST_NETWORKS:
	case LIST_NAMES:
		drawing->piece_count = 2;
		pieces[0] = (struct html_piece){ "refused", counts[0] };
		pieces[1] = (struct html_piece){ "possible", counts[1] };
		break;
	case LIST_SOURCES:
	case LIST_DNS:
	case LIST_COUNT:
		drawing->piece_count = 1;
		pieces[0] = (struct html_piece){ "known", counts[0] };
		break;
	}
}

/* The longest bar is that of the greatest row. */
static uint64_t greatest(enum summary_list list, const struct tally_entry **rows, size_t count)
{
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++) {
		struct drawing drawing;
		uint64_t sum = 0;

		draw_row(list, rows[i]->counts, &drawing);
		for (size_t j = 0; j < drawing.piece_count; j++)
			sum += drawing.pieces[j].count;
		/* Of listeners and days the bar is the share of their sessions. */
		if (list == LIST_LISTENERS || list == LIST_DAYS)
			sum = rows[i]->counts[0];
		most = sum > most ? sum : most;
	}
	return most;
}

static void add_head(enum summary_list list, struct buf *out)
{
	buf_add(out, "<thead><tr><th scope=\"col\">name</th><td class=\"chart\"></td>");
	for (int column = 0; column < TALLY_COLUMNS; column++)
		if (list_column(list, column))
			buf_addf(out, "<th scope=\"col\" class=\"n\">%s</th>", list_column(list, column));
	buf_add(out, "</tr></thead>\n<tbody>\n");
}

static void add_list_row(enum summary_list list, const struct tally_entry *row, uint64_t whole, struct buf *out)
{
	struct drawing drawing;

	draw_row(list, row->counts, &drawing);
	buf_add(out, "<tr><th scope=\"row\" class=\"value\">");
	html_text(out, row->name[0] != '\0' ? row->name : "(empty)", HTML_VALUE_MAX);
	buf_add(out, "</th><td class=\"chart\">");
	html_bar(out, drawing.pieces, drawing.piece_count, whole);
	buf_add(out, "</td>");
	for (int column = 0; column < TALLY_COLUMNS; column++) {
		if (!list_column(list, column))
			continue;
		buf_add(out, "<td class=\"n\">");
		html_number(out, row->counts[column]);
		buf_add(out, "</td>");
	}
	buf_add(out, "</tr>\n");
}

void html_list(const struct summary *summary, enum summary_list list, const char *heading, struct buf *out)
{
	const struct tally *tally = &summary->lists[list];
	const struct tally_entry *rows[ROWS_SHOWN];
	size_t count = tally_top(tally, rows, ROWS_SHOWN);
	uint64_t whole;

	if (count == 0)
		return;
	whole = greatest(list, rows, count);
	html_table(out, heading, "list");
	add_head(list, out);
	for (size_t i = 0; i < count; i++)
		add_list_row(list, rows[i], whole, out);
	buf_add(out, "</tbody>");
	html_table_end(out);
	if (tally->count > count)
		buf_addf(out, "<p class=\"note\">and %zu more</p>\n", tally->count - count);
	if (tally->bound > 0)
		buf_addf(out, "<p class=\"note\">Too many for one list: these are one in %.0f, by chance.</p>\n",
			 1 / tally_share(tally));
}

/* --- samples --- */

static void add_sample(const struct sample *sample, struct buf *out)
{
	bool sure = sample->change == CHANGE_NEWLY_REJECTED;

	buf_addf(out, "<li>\n<p><b class=\"%s\">%s</b> by <b>", sure ? "refused" : "possible",
		 sure ? answer_word(sample->answer) : "perhaps refused");
	html_text(out, sample->reason ? sample->reason : "-", HTML_VALUE_MAX);
	buf_add(out, "</b>");
	html_evidence(out, sample->evidence);
	buf_add(out, "</p>\n<dl>\n");
	html_fact(out, "client", sample->client);
	if (sample->client_name)
		html_fact(out, "its name", sample->client_name);
	html_fact(out, "EHLO", sample->helo);
	html_fact(out, "sender", sample->sender);
	html_fact(out, "when", sample->start);
	html_fact(out, "session", sample->id);
	if (sample->reply)
		html_fact(out, "reply", sample->reply);
	buf_add(out, "</dl>\n</li>\n");
}

void html_samples(const struct summary *summary, struct buf *out)
{
	size_t count = summary->samples.count;

	if (count == 0) {
		buf_add(out, "<p>No session would be refused that was not refused then.</p>\n");
		return;
	}
	buf_add(out, "<p>Sessions that would be refused, or may be, and were not: the most likely mistakes first.</p>\n"
		     "<ol class=\"samples\">\n");
	for (size_t i = 0; i < count; i++) {
		if (i == SAMPLES_OPEN)
			buf_addf(out, "</ol>\n<details><summary>%zu more</summary>\n<ol class=\"samples\">\n",
				 count - SAMPLES_OPEN);
		add_sample(&summary->samples.items[i], out);
	}
	buf_add(out, count > SAMPLES_OPEN ? "</ol>\n</details>\n" : "</ol>\n");
}
