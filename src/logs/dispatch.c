/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of an input, one after the other. */
#include "logs/dispatch.h"

#include "logs/dispatch_ways.h"

void dispatch_init(struct dispatch *dispatch)
{
	journal_init(&dispatch->journal);
	json_items_init(&dispatch->items);
	loki_init(&dispatch->loki);
	arena_init(&dispatch->unwrapped, NULL, 0, 4096);
}

void dispatch_clear(struct dispatch *dispatch)
{
	for (size_t i = 0; log_formats[i]; i++)
		if (dispatch->states[i])
			log_formats[i]->close(dispatch->states[i]);
	journal_clear(&dispatch->journal);
	json_items_clear(&dispatch->items);
	loki_clear(&dispatch->loki);
	arena_clear(&dispatch->unwrapped);
}

static bool next_line(struct dispatch *dispatch, struct lines *lines, char **text_r, size_t *length_r)
{
	return dispatch->by_items ? json_items_next(&dispatch->items, lines, text_r, length_r) :
				    lines_next(lines, text_r, length_r);
}

static void take_lines(struct dispatch *dispatch, struct lines *lines)
{
	size_t length;
	char *text;

	while (dispatch_is_wanted(dispatch) && next_line(dispatch, lines, &text, &length)) {
		dispatch->sink->line_number = lines->seen.count;
		dispatch->take(dispatch, lines, text, length);
	}
}

void dispatch_lines(struct dispatch *dispatch, struct lines *lines)
{
	struct parse_ahead *ahead =
		dispatch_takes_syslog(dispatch) ? parse_ahead_new(lines, &dispatch->heads, dispatch->bare) : NULL;

	if (ahead)
		dispatch_take_ahead(dispatch, ahead);
	else
		take_lines(dispatch, lines);
	parse_ahead_free(&ahead);
	dispatch_end_way(dispatch);
}

struct order dispatch_order(const struct dispatch *dispatch, struct span head, const struct stamps *stamps)
{
	struct order order = { .any = false };
	struct log_sink sink = { .stamps = *stamps };
	struct dispatch glance = { .sink = &sink, .forced = dispatch->forced, .bare = dispatch->bare, .order = &order };
	const char *error;
	struct input *input = input_open_bytes(head.text, head.length, &error);
	struct lines lines;

	dispatch_init(&glance);
	dispatch_begin(&glance, head);
	if (input && !dispatch_takes_own(&glance) && lines_open(&lines, input)) {
		dispatch_lines(&glance, &lines);
		lines_close(&lines);
	}
	input_close(&input);
	dispatch_clear(&glance);
	return order;
}

void dispatch_finish(struct dispatch *dispatch)
{
	for (size_t i = 0; log_formats[i]; i++)
		if (dispatch->states[i] && log_formats[i]->finish)
			log_formats[i]->finish(dispatch->states[i]);
}
