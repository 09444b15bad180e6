/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary for people: 80 columns, the coverage before the numbers that depend on it. */
#include "report/shown.h"

#include <string.h>

#define LABEL_WIDTH 34
#define ROWS_SHOWN 10
#define DAYS_SHOWN 62		/* two months */
#define SAMPLES_SHOWN 10
#define VALUE_WIDTH 29

static void add_heading(struct buf *out, const char *text)
{
	buf_addf(out, "\n%s\n", text);
}

/* "12.3 %" of a whole; nothing of nothing. */
static void add_share(struct buf *out, uint64_t part, uint64_t whole)
{
	uint64_t mille = whole > 0 ? (part * 1000 + whole / 2) / whole : 0;

	buf_addf(out, "%5llu.%llu %%", (unsigned long long)(mille / 10), (unsigned long long)(mille % 10));
}

static void add_row(struct buf *out, const char *label, uint64_t part, uint64_t whole)
{
	buf_addf(out, "  %-*s %10llu ", LABEL_WIDTH, label, (unsigned long long)part);
	add_share(out, part, whole);
	buf_add_char(out, '\n');
}

/* What a peer chose: escaped, cut, padded to width. */
static void add_value(struct buf *out, const char *value, size_t width)
{
	size_t begin = out->length;

	buf_add_escaped(out, value, "", width);
	while (out->length < begin + width && !out->failed)
		buf_add_char(out, ' ');
}

static void add_verdict(const struct summary *summary, struct buf *out)
{
	const uint64_t *totals = summary->totals;
	char period[32];

	if (summary->partial)
		buf_add(out, "INTERRUPTED: only a part of the input is in these numbers\n\n");
	buf_addf(out, "%llu sessions, %llu transactions", (unsigned long long)totals[TOTAL_SESSIONS],
		 (unsigned long long)totals[TOTAL_TRANSACTIONS]);
	if (shown_period(summary, period))
		buf_addf(out, ", %s", period);
	buf_add(out, "\nbefore ");
	buf_add_escaped(out, summary->meta.before, "", 16);
	buf_add(out, ", after ");
	buf_add_escaped(out, summary->meta.after, "", 16);
	buf_add(out, ", DNS: ");
	buf_add_escaped(out, summary->meta.dns, "", 24);
	if (summary->meta.listener[0] != '\0') {
		buf_add(out, "\nby listener ");
		buf_add_escaped(out, summary->meta.listener, "", 64);
	}
	buf_addf(out, "\n\nWould be refused: at least %llu, at most %llu\n", (unsigned long long)shown_least(summary),
		 (unsigned long long)shown_most(summary));
	buf_addf(out, "Newly refused: %llu", (unsigned long long)summary->changes[CHANGE_NEWLY_REJECTED]);
	buf_addf(out, ", perhaps %llu more; %llu of the first had delivered mail\n",
		 (unsigned long long)summary->changes[CHANGE_MAYBE_NEWLY_REJECTED],
		 (unsigned long long)totals[TOTAL_NEWLY_REJECTED_DELIVERED]);
	if (totals[TOTAL_BEFORE_MILTER] > 0)
		buf_addf(out, "%llu more ended in postscreen, before any milter\n",
			 (unsigned long long)totals[TOTAL_BEFORE_MILTER]);
}

static void add_rows(const struct summary *summary, const struct shown_row *rows, struct buf *out)
{
	for (; rows->label; rows++)
		add_row(out, rows->label, summary->totals[rows->part], summary->totals[rows->whole]);
}

/* Each line behind an indent. */
static void add_indented(struct buf *out, const char *indent, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		buf_add(out, indent);
		buf_add_bytes(out, text, length);
		buf_add_char(out, '\n');
		text += length + (text[length] == '\n');
	}
}

static void add_coverage(const struct summary *summary, struct buf *out)
{
	const char *recipe = shown_recipe(summary);
	const char *warning;

	add_heading(out, "Coverage: in how many sessions a fact is known");
	add_rows(summary, shown_coverage, out);
	if (recipe) {
		buf_add(out, "  To have the names logged: in main.cf of Postfix\n");
		add_indented(out, "    ", recipe);
		buf_add(out, "  in sendmail.cf: O LogLevel=15. Or replay the journal of this milter.\n");
	}
	if (shown_wants_dns(summary))
		buf_add(out, "  To have DNS decide what it can: ehlo-milter tape -c POLICY LOG... > answers,\n"
			     "  then replay --dns tape:answers.\n");
	for (unsigned i = 0; (warning = shown_warning(summary, i)); i++) {
		buf_add(out, "  WARNING:\n");
		add_indented(out, "    ", warning);
	}
}

/* Behind what takes so many columns; on a line of its own where it would not fit. */
static void add_evidence(struct buf *out, unsigned evidence, size_t columns)
{
	const char *separator = "; ";

	for (unsigned bit = EVIDENCE_FIRST; bit <= EVIDENCE_LAST; bit <<= 1) {
		const char *word = evidence_word((enum evidence)bit);

		if (!(evidence & bit))
			continue;
		columns += strlen(separator) + strlen(word);
		if (columns > 79) {
			buf_addf(out, "%c\n     ", separator[0]);
			separator = " ";
			columns = 6 + strlen(word);
		}
		buf_addf(out, "%s%s", separator, word);
		separator = ", ";
	}
}

static void add_samples(const struct summary *summary, struct buf *out)
{
	if (summary->samples.count == 0)
		return;
	add_heading(out, "Look here first: sessions that would be refused, and were not");
	for (size_t i = 0; i < summary->samples.count && i < SAMPLES_SHOWN; i++) {
		const struct sample *sample = &summary->samples.items[i];
		size_t line;

		buf_add(out, "  ");
		add_value(out, sample->client ? sample->client : "-", 20);
		buf_add_char(out, ' ');
		add_value(out, sample->helo ? sample->helo : "(unknown)", 27);
		buf_add_char(out, ' ');
		buf_add_escaped(out, sample->sender ? *sample->sender ? sample->sender : "<>" : "-", "", 27);
		buf_add_char(out, '\n');
		line = out->length;
		buf_addf(out, "    %s by ",
			 sample->change == CHANGE_NEWLY_REJECTED ? answer_word(sample->answer) : "perhaps");
		buf_add_escaped(out, sample->reason ? sample->reason : "-", "", 24);
		add_evidence(out, sample->evidence, out->length - line);
		buf_add_char(out, '\n');
	}
}

static void add_changes(const struct summary *summary, struct buf *out)
{
	add_heading(out, "Changes");
	for (int i = 0; i < CHANGE_COUNT; i++)
		if (summary->changes[i] > 0)
			add_row(out, change_word((enum change)i), summary->changes[i],
				summary->totals[TOTAL_SESSIONS]);
	add_heading(out, "Before (rows) and after (columns)");
	buf_addf(out, "  %-10s", "");
	for (int after = 0; after < STATE_COUNT; after++)
		buf_addf(out, " %10s", state_word((enum state)after));
	buf_add_char(out, '\n');
	for (int before = 0; before < STATE_COUNT; before++) {
		if (!shown_matrix_row(summary, before))
			continue;
		buf_addf(out, "  %-10s", state_word((enum state)before));
		for (int after = 0; after < STATE_COUNT; after++)
			buf_addf(out, " %10llu", (unsigned long long)summary->matrix[before][after]);
		buf_add_char(out, '\n');
	}
}

static void add_list(const struct summary *summary, enum summary_list list, const char *heading, struct buf *out)
{
	const struct tally *tally = &summary->lists[list];
	const struct tally_entry *rows[DAYS_SHOWN];
	size_t count = tally_top(tally, rows, list == LIST_DAYS ? DAYS_SHOWN : ROWS_SHOWN);

	if (count == 0)
		return;
	if (list == LIST_DAYS)
		tally_sort(rows, count);
	add_heading(out, heading);
	buf_addf(out, "  %-*s", VALUE_WIDTH, "");
	for (int column = 0; column < TALLY_COLUMNS; column++)
		if (list_column(list, column))
			buf_addf(out, "%12s", list_column(list, column));
	buf_add_char(out, '\n');
	for (size_t i = 0; i < count; i++) {
		buf_add(out, "  ");
		add_value(out, rows[i]->name, VALUE_WIDTH - 1);
		buf_add_char(out, ' ');
		for (int column = 0; column < TALLY_COLUMNS; column++)
			if (list_column(list, column))
				buf_addf(out, "%12llu", (unsigned long long)rows[i]->counts[column]);
		buf_add_char(out, '\n');
	}
	if (tally->count > count)
		buf_addf(out, "  and %zu more\n", tally->count - count);
	if (tally->bound > 0)
		buf_addf(out, "  (too many for one list: these are one in %.0f, by chance)\n",
			 1 / tally_share(tally));
}

static void add_clients(const struct summary *summary, struct buf *out)
{
	add_heading(out, "How clients behave");
	add_rows(summary, shown_clients, out);
	buf_addf(out, "  %-*s %10llu\n", LABEL_WIDTH, "logins that failed",
		 (unsigned long long)summary->totals[TOTAL_AUTH_FAILURES]);
}

/* The busiest hours of refusals would be lost in 168 numbers: one line a day, a digit an hour. */
static void add_hours(const struct summary *summary, struct buf *out)
{
	uint64_t most = 0;

	for (int day = 0; day < 7; day++)
		for (int hour = 0; hour < 24; hour++)
			if (summary->hours[day][hour][1] > most)
				most = summary->hours[day][hour][1];
	if (most == 0)
		return;
	add_heading(out, "Refusals by hour (UTC; 9 is the most, . is none)");
	buf_add(out, "      0     6     12    18\n");
	for (int day = 0; day < 7; day++) {
		buf_addf(out, "  %s ", shown_weekdays[day]);
		for (int hour = 0; hour < 24; hour++) {
			uint64_t count = summary->hours[day][hour][1];

			buf_add_char(out, ".123456789"[(count * 9 + most - 1) / most]);
		}
		buf_add_char(out, '\n');
	}
}

static void add_lines(const struct summary *summary, struct buf *out)
{
	const uint64_t *totals = summary->totals;

	if (totals[TOTAL_LINES] == 0)
		return;
	add_heading(out, "Log lines");
	add_rows(summary, shown_lines, out);
	if (totals[TOTAL_LINES_ORPHAN] > 0)
		buf_addf(out, "  %llu of them of sessions that began before the log\n",
			 (unsigned long long)totals[TOTAL_LINES_ORPHAN]);
	if (totals[TOTAL_GIVEN_UP] > 0)
		buf_addf(out, "  %llu sessions were given up before their end was seen\n",
			 (unsigned long long)totals[TOTAL_GIVEN_UP]);
	for (unsigned i = 0; i < summary->missed_lines.count; i++) {
		buf_add(out, i == 0 ? "  Not understood:\n    " : "    ");
		buf_add_escaped(out, summary->missed_lines.items[i].text, "", 76);
		buf_add_char(out, '\n');
	}
}

void summary_print(const struct summary *summary, struct buf *out)
{
	add_verdict(summary, out);
	add_coverage(summary, out);
	add_samples(summary, out);
	add_changes(summary, out);
	add_list(summary, LIST_REASONS, "Checks and rules", out);
	add_list(summary, LIST_LISTENERS, "Listeners", out);
	add_list(summary, LIST_DAYS, "Days", out);
	add_hours(summary, out);
	for (int i = 0; i < SHOWN_WHO; i++)
		add_list(summary, shown_who[i].list, shown_who[i].heading, out);
	add_clients(summary, out);
	add_list(summary, LIST_DNS, "DNS then", out);
	add_lines(summary, out);
}
