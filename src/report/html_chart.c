/* SPDX-License-Identifier: BSD-2-Clause */
/* Charts over time, as SVG whose labels are text of the page: so they are read at any width. */
#include "report/html_part.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define BUCKETS_MAX 62
#define CHART_HEIGHT 1000
#define BUCKET_WIDTH 10

/* Columns of LIST_DAYS. */
enum day_column { DAY_SESSIONS, DAY_REFUSED, DAY_POSSIBLE, DAY_UNDECIDABLE };

struct buckets {
	int32_t first_day, last_day;
	int32_t days_each;
	size_t count;
	uint64_t counts[BUCKETS_MAX][TALLY_COLUMNS];
};

/* One bucket a day, or more days in each where there are many; false: no day, or memory is out (out->failed). */
static bool fill_buckets(const struct tally *tally, struct buckets *buckets_r, struct buf *out)
{
	const struct tally_entry **rows = tally_all(tally);
	size_t count = rows ? tally->count : 0;
	int32_t first = INT32_MAX, last = INT32_MIN, day;

	*buckets_r = (struct buckets){ .count = 0 };
	out->failed = out->failed || !rows;
	for (size_t i = 0; i < count; i++) {
		if (!date_parse(rows[i]->name, &day))
			continue;
		first = day < first ? day : first;
		last = day > last ? day : last;
	}
	if (first > last) {
		free(rows);
		return false;
	}
	buckets_r->first_day = first;
	buckets_r->last_day = last;
	buckets_r->days_each = (last - first) / BUCKETS_MAX + 1;
	buckets_r->count = (size_t)((last - first) / buckets_r->days_each) + 1;
	for (size_t i = 0; i < count; i++)
		if (date_parse(rows[i]->name, &day))
			for (int column = 0; column < TALLY_COLUMNS; column++)
				count_up(&buckets_r->counts[(day - first) / buckets_r->days_each][column],
					 rows[i]->counts[column]);
	free(rows);
	return true;
}

static void bucket_name(const struct buckets *buckets, size_t bucket, char text_r[32])
{
	int32_t day = buckets->first_day + (int32_t)bucket * buckets->days_each, end = day + buckets->days_each - 1;
	char first[11], last[11];

	date_format(day, first);
	date_format(end < buckets->last_day ? end : buckets->last_day, last);
	(void)snprintf(text_r, 32, buckets->days_each > 1 ? "%s to %s" : "%s", first, last);
}

/* The columns of a chart, the lowest first. */
struct chart {
	const char *id;
	const char *title;
	size_t piece_count;
	struct {
		enum day_column column;
		const char *kind;
	} pieces[3];
};

static const struct chart charts[] = {
	{ "chart-refused", "Refused, possibly refused and undecidable", 3,
	  { { DAY_REFUSED, "refused" }, { DAY_POSSIBLE, "possible" }, { DAY_UNDECIDABLE, "open" } } },
	{ "chart-sessions", "All sessions", 1, { { DAY_SESSIONS, "known" } } },
};

static uint64_t height_of(const struct chart *chart, const uint64_t counts[TALLY_COLUMNS])
{
	uint64_t sum = 0;

	for (size_t i = 0; i < chart->piece_count; i++)
		sum += counts[chart->pieces[i].column];
	return sum;
}

static void add_bucket(const struct chart *chart, const struct buckets *buckets, size_t bucket, uint64_t most,
		       struct buf *out)
{
	const uint64_t *counts = buckets->counts[bucket];
	uint64_t below = 0;
	char name[32];

	bucket_name(buckets, bucket, name);
	buf_addf(out, "<g><title>%s: %llu</title>", name, (unsigned long long)height_of(chart, counts));
	for (size_t i = 0; i < chart->piece_count; i++) {
		uint64_t count = counts[chart->pieces[i].column];
		int bottom = (int)((double)below / (double)most * CHART_HEIGHT + 0.5);
		int top = (int)((double)(below + count) / (double)most * CHART_HEIGHT + 0.5);

		if (count > 0)
			buf_addf(out, "<rect class=\"%s\" x=\"%zu\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
				 chart->pieces[i].kind, bucket * BUCKET_WIDTH + 1, CHART_HEIGHT - top, BUCKET_WIDTH - 2,
				 top - bottom);
		below += count;
	}
	buf_add(out, "</g>\n");
}

static void add_chart(const struct chart *chart, const struct buckets *buckets, struct buf *out)
{
	uint64_t most = 1;
	char first[32], last[32];

	for (size_t i = 0; i < buckets->count; i++)
		most = height_of(chart, buckets->counts[i]) > most ? height_of(chart, buckets->counts[i]) : most;
	bucket_name(buckets, 0, first);
	bucket_name(buckets, buckets->count - 1, last);
	buf_addf(out, "<figure>\n<figcaption>%s, by %s; at most ", chart->title,
		 buckets->days_each > 1 ? "span of days" : "day");
	html_number(out, most);
	buf_addf(out, "</figcaption>\n<svg class=\"days\" viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\" role=\"img\" "
		      "aria-labelledby=\"%s-title %s-desc\">\n<title id=\"%s-title\">%s</title>\n"
		      "<desc id=\"%s-desc\">Bars from %s to %s; the table below has their numbers.</desc>\n",
		 buckets->count * BUCKET_WIDTH, CHART_HEIGHT, chart->id, chart->id, chart->id, chart->title, chart->id,
		 first, last);
	for (size_t i = 0; i < buckets->count; i++)
		add_bucket(chart, buckets, i, most, out);
	buf_addf(out, "</svg>\n<p class=\"axis\"><span>%s</span><span>%s</span></p>\n</figure>\n", first, last);
}

static void add_day_table(const struct buckets *buckets, struct buf *out)
{
	char name[32];

	buf_add(out, "<details><summary>The numbers by day</summary>\n");
	html_table(out, "Sessions by day (UTC)", "list");
	buf_add(out, "<thead><tr><th scope=\"col\">day</th>");
	for (int column = 0; column < TALLY_COLUMNS; column++)
		buf_addf(out, "<th scope=\"col\" class=\"n\">%s</th>", list_column(LIST_DAYS, column));
	buf_add(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < buckets->count; i++) {
		bucket_name(buckets, i, name);
		buf_addf(out, "<tr><th scope=\"row\">%s</th>", name);
		for (int column = 0; column < TALLY_COLUMNS; column++) {
			buf_add(out, "<td class=\"n\">");
			html_number(out, buckets->counts[i][column]);
			buf_add(out, "</td>");
		}
		buf_add(out, "</tr>\n");
	}
	buf_add(out, "</tbody>");
	html_table_end(out);
	buf_add(out, "</details>\n");
}

void html_days(const struct summary *summary, struct buf *out)
{
	struct buckets *buckets = malloc(sizeof *buckets);

	if (!buckets) {
		out->failed = true;
		return;
	}
	if (fill_buckets(&summary->lists[LIST_DAYS], buckets, out)) {
		for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++)
			add_chart(&charts[i], buckets, out);
		add_day_table(buckets, out);
	} else {
		buf_add(out, "<p>No session has a time.</p>\n");
	}
	free(buckets);
}

/* --- hours of the week --- */

static uint64_t busiest(const struct summary *summary)
{
	uint64_t most = 0;

	for (int day = 0; day < 7; day++)
		for (int hour = 0; hour < 24; hour++)
			if (summary->hours[day][hour][1] > most)
				most = summary->hours[day][hour][1];
	return most;
}

static void add_hour_table(const struct summary *summary, struct buf *out)
{
	buf_add(out, "<details><summary>The numbers by hour</summary>\n");
	html_table(out, "Refused sessions by hour of the week (UTC)", "hours");
	buf_add(out, "<thead><tr><th scope=\"col\">day</th>");
	for (int hour = 0; hour < 24; hour++)
		buf_addf(out, "<th scope=\"col\" class=\"n\">%d</th>", hour);
	buf_add(out, "</tr></thead>\n<tbody>\n");
	for (int day = 0; day < 7; day++) {
		buf_addf(out, "<tr><th scope=\"row\">%s</th>", shown_weekdays[day]);
		for (int hour = 0; hour < 24; hour++)
			buf_addf(out, "<td class=\"n\">%llu</td>", (unsigned long long)summary->hours[day][hour][1]);
		buf_add(out, "</tr>\n");
	}
	buf_add(out, "</tbody>");
	html_table_end(out);
	buf_add(out, "</details>\n");
}

void html_hours(const struct summary *summary, struct buf *out)
{
	uint64_t most = busiest(summary);

	if (most == 0)
		return;
	buf_add(out, "<figure>\n<figcaption>Refused sessions by hour of the week (UTC); the darkest: ");
	html_number(out, most);
	buf_add(out, "</figcaption>\n<div class=\"week\">\n<p class=\"weekdays\" aria-hidden=\"true\">");
	for (int day = 0; day < 7; day++)
		buf_addf(out, "<span>%s</span>", shown_weekdays[day]);
	buf_add(out, "</p>\n<svg viewBox=\"0 0 240 70\" preserveAspectRatio=\"none\" role=\"img\" "
		     "aria-labelledby=\"hours-title hours-desc\">\n<title id=\"hours-title\">Refused sessions by hour of the "
		     "week</title>\n<desc id=\"hours-desc\">A row for each day, a column for each hour; the table below has "
		     "the numbers.</desc>\n");
	for (int day = 0; day < 7; day++) {
		for (int hour = 0; hour < 24; hour++) {
			uint64_t count = summary->hours[day][hour][1];

			buf_addf(out, "<rect class=\"h%u\" x=\"%d\" y=\"%d\" width=\"9\" height=\"9\"><title>%s %d:00: %llu"
				      "</title></rect>\n", (unsigned)((double)count / (double)most * 8 + (count > 0)),
				 hour * 10, day * 10, shown_weekdays[day], hour, (unsigned long long)count);
		}
	}
	buf_add(out, "</svg>\n<p class=\"axis\" aria-hidden=\"true\"><span>0</span><span>6</span><span>12</span>"
		     "<span>18</span></p>\n</div>\n</figure>\n");
	add_hour_table(summary, out);
}
