/* SPDX-License-Identifier: BSD-2-Clause */
/* Many judged sessions in one. */
#include "report/summary.h"

#include "base/file.h"

#include <string.h>

void summary_init(struct summary *summary, const struct summary_meta *meta)
{
	memset(summary, 0, sizeof *summary);
	summary->meta = *meta;
	for (int i = 0; i < LIST_COUNT; i++)
		tally_init(&summary->lists[i], SUMMARY_LIST_MAX);
}

void summary_clear(struct summary *summary)
{
	for (int i = 0; i < LIST_COUNT; i++)
		tally_clear(&summary->lists[i]);
	samples_clear(&summary->samples);
}

void summary_add_client(struct summary *summary, const struct ip *ip)
{
	if (summary->many_clients)
		return;
	if (summary->only_client.family == IP_NONE)
		summary->only_client = *ip;
	else
		summary->many_clients = !ip_equal(&summary->only_client, ip);
}

void summary_add_unseen(struct summary *summary, const struct record *record)
{
	(void)record;
	summary->totals[TOTAL_BEFORE_MILTER]++;
}

void summary_add_logs(struct summary *summary, const struct logs_stats *stats)
{
	const struct {
		enum total total;
		uint64_t count;
	} counts[] = {
		{ TOTAL_BYTES, stats->bytes },
		{ TOTAL_LINES, stats->lines },
		{ TOTAL_LINES_UNDERSTOOD, stats->understood },
		{ TOTAL_LINES_OTHER, stats->other },
		{ TOTAL_LINES_OTHER, stats->blank },
		{ TOTAL_LINES_FOREIGN, stats->foreign },
		{ TOTAL_LINES_ORPHAN, stats->orphans },
		{ TOTAL_LINES_REPEATED, stats->repeated },
		{ TOTAL_LINES_CUT, stats->cut },
		{ TOTAL_LINES_MISSED, stats->missed },
		{ TOTAL_GIVEN_UP, stats->given_up },
	};

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		count_up(&summary->totals[counts[i].total], counts[i].count < COUNT_MAX ? counts[i].count : COUNT_MAX);
	line_samples_merge(&summary->missed_lines, &stats->missed_lines);
}

void summary_settle(struct summary *summary)
{
	summary_flush(summary);
	for (int i = 0; i < LIST_COUNT; i++)
		if (!tally_settle(&summary->lists[i]))
			summary->failed = true;
}

static void add_numbers(uint64_t *into, const uint64_t *from, size_t number)
{
	for (size_t i = 0; i < number; i++)
		count_up(&into[i], from[i]);
}

bool summary_meta_equal(const struct summary_meta *a, const struct summary_meta *b)
{
	return strcmp(a->before, b->before) == 0 && strcmp(a->after, b->after) == 0 && strcmp(a->dns, b->dns) == 0 &&
	       strcmp(a->listener, b->listener) == 0;
}

bool summary_merge(struct summary *into, struct summary *from, const char **error_r)
{
	if (!summary_meta_equal(&into->meta, &from->meta)) {
		*error_r = "the parts were judged by different policies or listeners, or with different DNS";
		return false;
	}
	summary_settle(into);
	summary_settle(from);
	add_numbers(into->totals, from->totals, TOTAL_COUNT);
	add_numbers(into->changes, from->changes, CHANGE_COUNT);
	add_numbers(&into->matrix[0][0], &from->matrix[0][0], STATE_COUNT * STATE_COUNT);
	add_numbers(&into->hours[0][0][0], &from->hours[0][0][0], 7 * 24 * 2);
	if (from->timed && (!into->timed || from->first_us < into->first_us))
		into->first_us = from->first_us;
	if (from->timed && (!into->timed || from->last_us > into->last_us))
		into->last_us = from->last_us;
	into->timed |= from->timed;
	into->many_clients |= from->many_clients;
	if (from->only_client.family != IP_NONE)
		summary_add_client(into, &from->only_client);
	line_samples_merge(&into->missed_lines, &from->missed_lines);
	into->partial |= from->partial;
	into->failed |= from->failed || !samples_merge(&into->samples, &from->samples);
	for (int i = 0; i < LIST_COUNT; i++)
		into->failed |= !tally_merge(&into->lists[i], &from->lists[i]) || !tally_settle(&into->lists[i]);
	if (into->failed)
		*error_r = file_no_memory;
	return !into->failed;
}
