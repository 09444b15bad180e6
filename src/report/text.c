/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary for people: 80 columns, the coverage before the numbers that depend on it. */
#include "report/summary.h"

#include "base/clock.h"
#include "base/instant.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_WIDTH 34
#define ROWS_SHOWN 10
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

static void add_row(struct buf *out, const char *label, uint64_t part, uint64_t whole, const char *hint)
{
	buf_addf(out, "  %-*s %10llu ", LABEL_WIDTH, label, (unsigned long long)part);
	add_share(out, part, whole);
	if (hint && part < whole)
		buf_addf(out, "  %s", hint);
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
	uint64_t sure = totals[TOTAL_REJECTED] + totals[TOTAL_TEMPFAILED];
	uint64_t most = sure + totals[TOTAL_POSSIBLE] + totals[TOTAL_UNDECIDABLE];

	if (summary->partial)
		buf_add(out, "INTERRUPTED: only a part of the input is in these numbers\n\n");
	buf_addf(out, "%llu sessions, %llu transactions", (unsigned long long)totals[TOTAL_SESSIONS],
		 (unsigned long long)totals[TOTAL_TRANSACTIONS]);
	if (summary->timed) {
		char first[11], last[11];

		date_format(date_of_us(summary->first_us), first);
		date_format(date_of_us(summary->last_us), last);
		buf_addf(out, ", %s to %s", first, last);
	}
	buf_add(out, "\nbefore ");
	buf_add_escaped(out, summary->meta.before, "", 16);
	buf_add(out, ", after ");
	buf_add_escaped(out, summary->meta.after, "", 16);
	buf_add(out, ", DNS: ");
	buf_add_escaped(out, summary->meta.dns, "", 40);
	buf_addf(out, "\n\nWould be refused: at least %llu, at most %llu\n", (unsigned long long)sure,
		 (unsigned long long)most);
	buf_addf(out, "Newly refused: %llu", (unsigned long long)summary->changes[CHANGE_NEWLY_REJECTED]);
	buf_addf(out, ", perhaps %llu more; %llu of the first had delivered mail\n",
		 (unsigned long long)summary->changes[CHANGE_MAYBE_NEWLY_REJECTED],
		 (unsigned long long)totals[TOTAL_NEWLY_REJECTED_DELIVERED]);
	if (totals[TOTAL_BEFORE_MILTER] > 0)
		buf_addf(out, "%llu more ended in postscreen, before any milter\n",
			 (unsigned long long)totals[TOTAL_BEFORE_MILTER]);
}

static void add_coverage(const struct summary *summary, struct buf *out)
{
	const uint64_t *totals = summary->totals;
	uint64_t sessions = totals[TOTAL_SESSIONS];

	add_heading(out, "Coverage: in how many sessions a fact is known");
	add_row(out, "client address", totals[TOTAL_KNOWN_CLIENT], sessions, NULL);
	add_row(out, "client name, or that it has none", totals[TOTAL_KNOWN_CLIENT_NAME], sessions, NULL);
	add_row(out, "how the name was confirmed", totals[TOTAL_KNOWN_RESOLVE], sessions, NULL);
	add_row(out, "whether there was a greeting", totals[TOTAL_KNOWN_GREETING], sessions, NULL);
	add_row(out, "name of HELO or EHLO", totals[TOTAL_KNOWN_HELO_NAME], sessions, "see below");
	add_row(out, "EHLO or HELO", totals[TOTAL_KNOWN_VERB], sessions, NULL);
	add_row(out, "sender (of transactions)", totals[TOTAL_KNOWN_SENDER], totals[TOTAL_TRANSACTIONS], NULL);
	add_row(out, "port of the server", totals[TOTAL_KNOWN_SERVER_PORT], sessions, NULL);
	add_row(out, "answers of DNS then", totals[TOTAL_KNOWN_DNS], sessions, NULL);
	if (sessions > 0 && totals[TOTAL_KNOWN_HELO_NAME] * 10 < sessions * 9)
		buf_add(out,
			"  To have the names logged: in main.cf of Postfix\n"
			"    smtpd_delay_reject = no\n"
			"    smtpd_helo_restrictions = check_helo_access static:{INFO helo}\n"
			"  in sendmail.cf: O LogLevel=15. Or replay the journal of this milter.\n");
	if (sessions > 20 && totals[TOTAL_UNCONFIRMED] == totals[TOTAL_KNOWN_CLIENT_NAME] &&
	    totals[TOTAL_UNCONFIRMED] > 0)
		buf_add(out, "  WARNING: no client has a name: is smtpd_peername_lookup off? Then reverse DNS\n"
			     "  cannot be judged from this log.\n");
	if (sessions > 20 && !summary->many_clients && summary->only_client.family != IP_NONE)
		buf_add(out, "  WARNING: all sessions have one client address: a proxy, or a log from which\n"
			     "  addresses were removed?\n");
}

static void add_samples(const struct summary *summary, struct buf *out)
{
	if (summary->samples.count == 0)
		return;
	add_heading(out, "Look here first: sessions that would be refused, and were not");
	for (size_t i = 0; i < summary->samples.count && i < SAMPLES_SHOWN; i++) {
		const struct sample *sample = &summary->samples.items[i];
		const char *separator = " ";

		buf_add(out, "  ");
		add_value(out, sample->client ? sample->client : "-", 20);
		buf_add_char(out, ' ');
		add_value(out, sample->helo ? sample->helo : "(unknown)", 27);
		buf_add_char(out, ' ');
		buf_add_escaped(out, sample->sender ? *sample->sender ? sample->sender : "<>" : "-", "", 27);
		buf_addf(out, "\n    %s by ",
			 sample->change == CHANGE_NEWLY_REJECTED ? answer_word(sample->answer) : "perhaps");
		buf_add_escaped(out, sample->reason ? sample->reason : "-", "", 24);
		if (sample->evidence > 0)
			buf_add_char(out, ';');
		for (unsigned bit = EVIDENCE_DELIVERED; bit <= EVIDENCE_NAME_MATCHES; bit <<= 1) {
			if (!(sample->evidence & bit))
				continue;
			buf_addf(out, "%s%s", separator, evidence_word((enum evidence)bit));
			separator = ", ";
		}
		buf_add_char(out, '\n');
	}
}

static void add_changes(const struct summary *summary, struct buf *out)
{
	add_heading(out, "Changes");
	for (int i = 0; i < CHANGE_COUNT; i++)
		if (summary->changes[i] > 0)
			add_row(out, change_word((enum change)i), summary->changes[i],
				summary->totals[TOTAL_SESSIONS], NULL);
	add_heading(out, "Before (rows) and after (columns)");
	buf_addf(out, "  %-10s", "");
	for (int after = 0; after < STATE_COUNT; after++)
		buf_addf(out, " %10s", state_word((enum state)after));
	buf_add_char(out, '\n');
	for (int before = 0; before < STATE_COUNT; before++) {
		uint64_t any = 0;

		for (int after = 0; after < STATE_COUNT; after++)
			any |= summary->matrix[before][after];
		if (any == 0)
			continue;
		buf_addf(out, "  %-10s", state_word((enum state)before));
		for (int after = 0; after < STATE_COUNT; after++)
			buf_addf(out, " %10llu", (unsigned long long)summary->matrix[before][after]);
		buf_add_char(out, '\n');
	}
}

static int by_name(const void *a, const void *b)
{
	const struct tally_entry *x, *y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return strcmp(x->name, y->name);
}

static void add_list(const struct summary *summary, enum summary_list list, const char *heading, struct buf *out)
{
	const struct tally *tally = &summary->lists[list];
	size_t count;
	const struct tally_entry **rows = tally_top(tally, list == LIST_DAYS ? 62 : ROWS_SHOWN, &count);

	if (!rows)
		return;
	if (list == LIST_DAYS)
		qsort(rows, count, sizeof *rows, by_name);
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
	free(rows);
}

static void add_clients(const struct summary *summary, struct buf *out)
{
	const uint64_t *totals = summary->totals;
	uint64_t sessions = totals[TOTAL_SESSIONS];

	add_heading(out, "How clients behave");
	add_row(out, "greeted with EHLO", totals[TOTAL_GREETED_EHLO], sessions, NULL);
	add_row(out, "greeted with HELO", totals[TOTAL_GREETED_HELO], sessions, NULL);
	add_row(out, "did not greet", totals[TOTAL_GREETED_NOT], sessions, NULL);
	add_row(out, "greeting not known", totals[TOTAL_GREETED_UNKNOWN], sessions, NULL);
	add_row(out, "TLS", totals[TOTAL_TLS], sessions, NULL);
	add_row(out, "TLS not known", totals[TOTAL_TLS_UNKNOWN], sessions, NULL);
	add_row(out, "authenticated", totals[TOTAL_AUTHENTICATED], sessions, NULL);
	add_row(out, "authentication not known", totals[TOTAL_AUTHENTICATED_UNKNOWN], sessions, NULL);
	buf_addf(out, "  %-*s %10llu\n", LABEL_WIDTH, "logins that failed",
		 (unsigned long long)totals[TOTAL_AUTH_FAILURES]);
	add_row(out, "refused then", totals[TOTAL_THEN_REFUSED], totals[TOTAL_THEN_KNOWN], NULL);
}

/* The busiest hours of refusals would be lost in 168 numbers: one line a day, a digit an hour. */
static void add_hours(const struct summary *summary, struct buf *out)
{
	static const char days[7][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
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
		buf_addf(out, "  %s ", days[day]);
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
	add_row(out, "understood", totals[TOTAL_LINES_UNDERSTOOD], totals[TOTAL_LINES], NULL);
	add_row(out, "without facts of a session", totals[TOTAL_LINES_OTHER], totals[TOTAL_LINES], NULL);
	add_row(out, "of other programs", totals[TOTAL_LINES_FOREIGN], totals[TOTAL_LINES], NULL);
	add_row(out, "not understood", totals[TOTAL_LINES_MISSED], totals[TOTAL_LINES], NULL);
	if (totals[TOTAL_LINES_ORPHAN] > 0)
		buf_addf(out, "  %llu of them of sessions that began before the log\n",
			 (unsigned long long)totals[TOTAL_LINES_ORPHAN]);
	if (totals[TOTAL_GIVEN_UP] > 0)
		buf_addf(out, "  %llu sessions were given up before their end was seen\n",
			 (unsigned long long)totals[TOTAL_GIVEN_UP]);
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
	add_list(summary, LIST_DOMAINS, "Sender domains that would be met", out);
	add_list(summary, LIST_NETWORKS, "Networks", out);
	add_list(summary, LIST_NAMES, "Names of HELO", out);
	add_clients(summary, out);
	add_list(summary, LIST_DNS, "DNS then", out);
	add_lines(summary, out);
}
