/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary as a page: the coverage before the numbers that depend on it. */
#include "report/html_part.h"

#include <string.h>

/* --- the log, and what it lacks --- */

static void add_coverage(const struct summary *summary, struct buf *out)
{
	const char *recipe = shown_recipe(summary);
	const char *warning;

	html_section(out, "coverage", "What the log holds");
	buf_add(out, "<p>A fact that is not in the log is never guessed. The fewer are known, the further apart are the "
		     "bounds below.</p>\n");
	for (unsigned i = 0; (warning = shown_warning(summary, i)); i++)
		buf_addf(out, "<p class=\"warning\"><b>Warning:</b> %s</p>\n", warning);
	html_rows(summary, shown_coverage, "In how many sessions a fact is known", out);
	if (recipe) {
		buf_add(out, "<div class=\"advice\">\n<p>To have the names of EHLO logged, in <code>main.cf</code> of "
			     "Postfix:</p>\n<pre>");
		html_lines(out, recipe);
		buf_add(out, "</pre>\n<p>In <code>sendmail.cf</code>: <code>O LogLevel=15</code>. Or replay the journal of "
			     "this milter, which holds everything.</p>\n</div>\n");
	}
	if (shown_wants_dns(summary))
		buf_add(out, "<div class=\"advice\">\n<p>To have DNS decide what it can:</p>\n<pre>"
			     "ehlo-milter tape -c POLICY LOG... &gt; answers\n"
			     "ehlo-milter replay -c POLICY --dns tape:answers LOG...</pre>\n</div>\n");
	buf_add(out, "</section>\n");
}

/* --- the verdict --- */

static void add_figure(struct buf *out, uint64_t number, const char *label)
{
	buf_add(out, "<div><dd>");
	html_number(out, number);
	buf_addf(out, "</dd><dt>%s</dt></div>\n", label);
}

static void add_key(struct buf *out, const char *kind, const char *label, uint64_t count, uint64_t whole)
{
	if (count == 0)
		return;
	buf_addf(out, "<li><span class=\"key %s\"></span> %s: <b>", kind, label);
	html_number(out, count);
	buf_add(out, "</b> (");
	html_share(out, count, whole);
	buf_add(out, ")</li>\n");
}

static void add_answers(const struct summary *summary, struct buf *out)
{
	const uint64_t *totals = summary->totals;
	uint64_t sessions = totals[TOTAL_SESSIONS];
	const struct {
		struct html_piece piece;
		const char *label;
	} answers[] = {
		{ { "refused", totals[TOTAL_REJECTED] }, "rejected" },
		{ { "later", totals[TOTAL_TEMPFAILED] }, "told to come again" },
		{ { "possible", totals[TOTAL_POSSIBLE] }, "possibly refused" },
		{ { "open", totals[TOTAL_UNDECIDABLE] }, "undecidable" },
		{ { "held", totals[TOTAL_QUARANTINED] }, "held back" },
		{ { "rest", totals[TOTAL_ACCEPTED] }, "accepted" },
	};
	struct html_piece pieces[sizeof answers / sizeof answers[0]];

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		pieces[i] = answers[i].piece;
	buf_add(out, "<div class=\"verdict-bar\">");
	html_bar(out, pieces, sizeof pieces / sizeof pieces[0], sessions);
	buf_add(out, "</div>\n<ul class=\"keys\">\n");
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		add_key(out, pieces[i].kind, answers[i].label, pieces[i].count, sessions);
	buf_add(out, "</ul>\n");
}

static void add_verdict(const struct summary *summary, struct buf *out)
{
	const uint64_t *totals = summary->totals;

	html_section(out, "verdict", "The verdict");
	buf_add(out, "<p class=\"lead\">Would be refused: at least <strong>");
	html_number(out, shown_least(summary));
	buf_add(out, "</strong>, at most <strong>");
	html_number(out, shown_most(summary));
	buf_add(out, "</strong> of ");
	html_number(out, totals[TOTAL_SESSIONS]);
	buf_add(out, " sessions.</p>\n");
	add_answers(summary, out);
	buf_add(out, "<dl class=\"figures\">\n");
	add_figure(out, summary->changes[CHANGE_NEWLY_REJECTED], "newly refused");
	add_figure(out, totals[TOTAL_NEWLY_REJECTED_DELIVERED], "of them had delivered mail");
	add_figure(out, summary->changes[CHANGE_MAYBE_NEWLY_REJECTED], "perhaps newly refused");
	add_figure(out, summary->changes[CHANGE_NEWLY_ACCEPTED], "newly accepted");
	buf_add(out, "</dl>\n");
	if (totals[TOTAL_BEFORE_MILTER] > 0) {
		buf_add(out, "<p class=\"note\">");
		html_number(out, totals[TOTAL_BEFORE_MILTER]);
		buf_add(out, " more ended in postscreen, before any milter.</p>\n");
	}
	buf_add(out, "</section>\n");
}

/* --- before and after --- */

static void add_change_table(const struct summary *summary, struct buf *out)
{
	html_table(out, "How many sessions change, and how", "shares");
	buf_add(out, "<tbody>\n");
	for (int i = 0; i < CHANGE_COUNT; i++) {
		const struct html_piece piece = { i == CHANGE_NEWLY_REJECTED ? "refused" :
						  i == CHANGE_MAYBE_NEWLY_REJECTED ? "possible" : "known",
						  summary->changes[i] };

		if (piece.count == 0)
			continue;
		buf_add(out, "<tr><th scope=\"row\">");
		html_words(out, change_word((enum change)i));
		buf_add(out, "</th><td class=\"chart\">");
		html_bar(out, &piece, 1, summary->totals[TOTAL_SESSIONS]);
		buf_add(out, "</td><td class=\"n\">");
		html_share(out, piece.count, summary->totals[TOTAL_SESSIONS]);
		buf_add(out, "</td><td class=\"n\">");
		html_number(out, piece.count);
		buf_add(out, "</td></tr>\n");
	}
	buf_add(out, "</tbody>");
	html_table_end(out);
}

/* The class of a cell: what gets worse, what gets better, what stays. */
static const char *move(int before, int after)
{
	if (before == after)
		return "n same";
	if (before >= STATE_UNCERTAIN || after >= STATE_UNCERTAIN)
		return "n";
	return after > before ? "n worse" : "n better";
}

static void add_matrix(const struct summary *summary, bool by_policy, struct buf *out)
{
	html_table(out, by_policy ? "The old policy (rows) and the new one (columns)" :
				    "What the MTA did then (rows) and the policy (columns)", "matrix");
	buf_add(out, "<thead><tr><td></td>");
	for (int after = 0; after < STATE_COUNT; after++)
		buf_addf(out, "<th scope=\"col\" class=\"n\">%s</th>", state_word((enum state)after));
	buf_add(out, "</tr></thead>\n<tbody>\n");
	for (int before = 0; before < STATE_COUNT; before++) {
		if (!shown_matrix_row(summary, before))
			continue;
		buf_addf(out, "<tr><th scope=\"row\">%s</th>", state_word((enum state)before));
		for (int after = 0; after < STATE_COUNT; after++) {
			uint64_t count = summary->matrix[before][after];

			buf_addf(out, "<td class=\"%s\">", count > 0 ? move(before, after) : "n none");
			html_number(out, count);
			buf_add(out, "</td>");
		}
		buf_add(out, "</tr>\n");
	}
	buf_add(out, "</tbody>");
	html_table_end(out);
}

static void add_changes(const struct summary *summary, struct buf *out)
{
	html_section(out, "changes", "Before and after");
	add_change_table(summary, out);
	add_matrix(summary, strcmp(summary->meta.before, "log") != 0, out);
	buf_add(out, "</section>\n");
}

/* --- the rest --- */

static void add_clients(const struct summary *summary, struct buf *out)
{
	html_section(out, "clients", "How clients behave");
	html_rows(summary, shown_clients, "Share of the sessions", out);
	buf_add(out, "<p>Logins that failed: ");
	html_number(out, summary->totals[TOTAL_AUTH_FAILURES]);
	buf_add(out, "</p>\n</section>\n");
}

/* Lines that were not understood, so that somebody may tell what they are. */
static void add_missed(const struct summary *summary, struct buf *out)
{
	if (summary->missed_lines.count == 0)
		return;
	buf_add(out, "<p>Not understood, such as</p>\n<pre>");
	for (unsigned i = 0; i < summary->missed_lines.count; i++) {
		html_text(out, summary->missed_lines.items[i].text, LINE_SAMPLE_BYTES);
		buf_add_char(out, '\n');
	}
	buf_add(out, "</pre>\n");
}

static void add_sources(const struct summary *summary, struct buf *out)
{
	html_section(out, "sources", "Where this is from");
	html_list(summary, LIST_SOURCES, "Sessions by kind of log", out);
	html_list(summary, LIST_DNS, "Answers of DNS then", out);
	if (summary->totals[TOTAL_LINES] > 0)
		html_rows(summary, shown_lines, "Lines of the logs", out);
	add_missed(summary, out);
	buf_add(out, "</section>\n");
}

static void add_lists(const struct summary *summary, struct buf *out)
{
	html_section(out, "checks", "Checks and rules");
	html_list(summary, LIST_REASONS, "What they found; refusing; refusing alone; could not tell", out);
	html_list(summary, LIST_LISTENERS, "Listeners", out);
	buf_add(out, "</section>\n");
	html_section(out, "time", "Over time");
	html_days(summary, out);
	html_hours(summary, out);
	buf_add(out, "</section>\n");
	html_section(out, "who", "Whom it would meet");
	if (shown_least(summary) + summary->totals[TOTAL_POSSIBLE] == 0)
		buf_add(out, "<p>Nobody.</p>\n");
	for (int i = 0; i < SHOWN_WHO; i++)
		html_list(summary, shown_who[i].list, shown_who[i].heading, out);
	buf_add(out, "</section>\n");
}

static void add_head(const struct summary *summary, struct buf *out)
{
	char period[32];

	html_begin(out, "What this policy would have done");
	buf_add(out, "<p>");
	html_number(out, summary->totals[TOTAL_SESSIONS]);
	buf_add(out, " sessions, ");
	html_number(out, summary->totals[TOTAL_TRANSACTIONS]);
	buf_add(out, " transactions");
	if (shown_period(summary, period))
		buf_addf(out, ", %s", period);
	buf_add(out, "</p>\n</header>\n<main>\n");
	if (summary->partial)
		buf_add(out, "<p class=\"warning\"><b>Interrupted:</b> only a part of the input is in these numbers.</p>\n");
}

static void add_foot(const struct summary *summary, struct buf *out)
{
	buf_add(out, "</main>\n<footer>\n<dl>\n<div><dt>before</dt><dd>");
	html_text(out, strcmp(summary->meta.before, "log") != 0 ? summary->meta.before : "what the MTA did then", 0);
	buf_add(out, "</dd></div>\n<div><dt>after</dt><dd>");
	html_text(out, summary->meta.after, 0);
	buf_add(out, "</dd></div>\n<div><dt>DNS</dt><dd>");
	html_text(out, summary->meta.dns, 0);
	if (summary->meta.listener[0] != '\0') {
		buf_add(out, "</dd></div>\n<div><dt>by listener</dt><dd>");
		html_text(out, summary->meta.listener, 0);
	}
	buf_add(out, "</dd></div>\n</dl>\n<p>Policies are named by their SHA-256. Possibly refused: unless an exemption "
		     "applies of which nobody knows. Undecidable: accepted as far as is known, but a fact that the log lacks "
		     "might refuse it. All modes are judged as if they were enforce.</p>\n");
	html_end(out);
}

void summary_html(const struct summary *summary, struct buf *out)
{
	add_head(summary, out);
	add_coverage(summary, out);
	add_verdict(summary, out);
	html_section(out, "first", "Look here first");
	html_samples(summary, out);
	buf_add(out, "</section>\n");
	add_changes(summary, out);
	add_lists(summary, out);
	add_clients(summary, out);
	add_sources(summary, out);
	add_foot(summary, out);
}
