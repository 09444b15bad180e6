/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways in which a line is wrapped, and what finds its reader. */
#include "logs/dispatch_ways.h"

#include "logs/coloured.h"
#include "logs/docker.h"
#include "logs/loss.h"
#include "logs/mark.h"
#include "logs/shipped.h"

#include <string.h>

/* The state of a format, made when first needed; NULL: out of memory. */
static inline void *state_of(struct dispatch *dispatch, size_t number)
{
	if (!dispatch->states[number]) {
		dispatch->states[number] = log_formats[number]->open(dispatch->sink);
		dispatch->sink->no_memory |= !dispatch->states[number];
	}
	return dispatch->states[number];
}

/* --- a line of syslog, and what it is wrapped in --- */

static enum taken to_order(struct dispatch *dispatch, const struct log_line *line)
{
	int64_t us;

	if (log_line_time(&dispatch->sink->stamps, line, &us))
		order_take(dispatch->order, us);
	return TAKEN_OTHER;
}

/* The format whose reader takes the line; FORMATS_MAX: none does. */
static size_t find_reader(const struct dispatch *dispatch, const struct log_line *line)
{
	for (size_t i = 0; log_formats[i]; i++) {
		const struct log_format *format = log_formats[i];

		if (format->tagged && (!dispatch->forced || dispatch->forced == format) &&
		    (line->tag.length == 0 ? dispatch->forced == format : format->claims(line->tag)))
			return i;
	}
	return FORMATS_MAX;
}

/* The same; of a head that comes again it is found once. */
static inline size_t reader_of(struct dispatch *dispatch, const struct log_line *line)
{
	unsigned char *known = line->head ? &dispatch->readers[line->head - dispatch->heads.places] : NULL;

	if (!known)
		return find_reader(dispatch, line);
	if (*known == 0)
		*known = (unsigned char)(find_reader(dispatch, line) + 1);
	return *known - 1u;
}

/* To the reader of the MTA that wrote it. */
static enum taken to_reader(struct dispatch *dispatch, const struct log_line *line)
{
	size_t number;
	void *state;

	if (dispatch->order)
		return to_order(dispatch, line);
	number = reader_of(dispatch, line);
	if (number == FORMATS_MAX) {
		dispatch->sink->losses += log_tells_of_loss(line);
		return line->tag.length == 0 ? TAKEN_NOT : TAKEN_FOREIGN;
	}
	state = state_of(dispatch, number);
	return state ? log_formats[number]->tagged(state, line) : TAKEN_NOT;
}

/*
 * Inside stands what the program wrote: a line of syslog, or one without stamp and host.  shell: what is told around it.  The heads
 * may be those of the thread that takes the lines around it apart.
 */
static enum taken inner_line(struct dispatch *dispatch, struct span inner, const struct log_line *shell)
{
	struct log_line line;
	uint32_t repeats;
	enum line_kind kind = syslog_line_parse(NULL, inner.text, inner.length, dispatch->bare, &line, &repeats);

	if (kind == LINE_ODD) {
		kind = syslog_line_parse(NULL, inner.text, inner.length, true, &line, &repeats);
		/* A message alone does not tell whose it is. */
		if (line.tag.length == 0 && !dispatch->bare)
			return inner.length == 0 ? TAKEN_BLANK : TAKEN_FOREIGN;
	}
	if (kind == LINE_REPEATED)
		return TAKEN_REPEATED;
	/* It has a year and a zone, which the line's own stamp may lack. */
	if (shell->stamp_form != STAMP_NONE)
		line.stamp_form = shell->stamp_form;
	if (shell->stamp_form == STAMP_EPOCH)
		line.epoch_us = shell->epoch_us;
	else if (shell->stamp_form != STAMP_NONE)
		line.stamp = shell->stamp;
	if (line.host.length == 0)
		line.host = shell->host;
	return to_reader(dispatch, &line);
}

/*
 * What a container prints is the message of a line of the daemon's, or of the journal: a line that has a stamp of its own, or
 * Postfix's tag.
 */
static bool is_wrapped(struct span message)
{
	const char *text = message.text;

	return message.length > 20 && ((text[3] == ' ' && text[6] == ' ' && text[9] == ':' && text[12] == ':') ||
				       (text[4] == '-' && text[7] == '-' && text[13] == ':') || SPAN_BEGINS(message, "postfix/"));
}

/* The container may be named as the program is. */
static enum taken entry(struct dispatch *dispatch, const struct log_line *line)
{
	enum taken taken = is_wrapped(line->message) ? inner_line(dispatch, line->message, line) : TAKEN_FOREIGN;

	return taken == TAKEN_FOREIGN ? to_reader(dispatch, line) : taken;
}

static enum taken syslog_line(struct dispatch *dispatch, enum line_kind kind, const struct log_line *line)
{
	switch (kind) {
	case LINE_ODD: break;
	case LINE_REPEATED: return TAKEN_REPEATED;
	case LINE_TAGGED: return entry(dispatch, line);
	}
	return line->whole.length == 0 || log_is_mark(line->whole) ? TAKEN_BLANK : TAKEN_NOT;
}

/* --- the ways: each counts the lines that it is given --- */

typedef void take_line(struct dispatch *dispatch, struct lines *lines, char *text, size_t length);

static void take_syslog(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	struct log_line line;
	uint32_t repeats;
	enum line_kind kind = syslog_line_parse(&dispatch->heads, text, length, dispatch->bare, &line, &repeats);

	(void)lines;
	sink_count(dispatch->sink, syslog_line(dispatch, kind, &line), text, length);
}

static void take_coloured(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	take_syslog(dispatch, lines, text, coloured_strip(text, length));
}

static void take_docker(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	struct log_line shell = { .host = { "", 0 }, .stamp_form = STAMP_EPOCH };
	struct span inner;

	(void)lines;
	arena_clear(&dispatch->unwrapped);
	if (docker_line(&dispatch->unwrapped, text, length, &inner, &shell.epoch_us))
		sink_count(dispatch->sink, inner_line(dispatch, inner, &shell), inner.text, inner.length);
	else
		sink_count(dispatch->sink, length == 0 ? TAKEN_BLANK : TAKEN_NOT, text, length);
}

/* Is the message a line of syslog, whose parts other fields repeat? */
static bool is_line_again(struct span message)
{
	struct log_line line;
	uint32_t repeats;

	return syslog_line_parse(NULL, message.text, message.length, false, &line, &repeats) == LINE_TAGGED ||
	       (syslog_line_parse(NULL, message.text, message.length, true, &line, &repeats) == LINE_TAGGED &&
		line.tag.length > 0);
}

static enum taken fields_line(struct dispatch *dispatch, const struct log_line *line)
{
	if (line->tag.length > 0 && !is_line_again(line->message))
		return to_reader(dispatch, line);
	return inner_line(dispatch, line->message, line);
}

static enum taken shipped(struct dispatch *dispatch, const char *text, size_t length)
{
	struct log_line line;

	arena_clear(&dispatch->unwrapped);
	if (!shipped_line(&dispatch->unwrapped, text, length, &line))
		return length == 0 ? TAKEN_BLANK : TAKEN_NOT;
	return fields_line(dispatch, &line);
}

static void take_shipped(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	(void)lines;
	sink_count(dispatch->sink, shipped(dispatch, text, length), text, length);
}

/* The entry is counted when its turn comes. */
static void take_loki(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	if (!loki_add(&dispatch->loki, (struct span){ text, length }, lines->seen.count))
		sink_count(dispatch->sink, TAKEN_NOT, text, length);
	dispatch->sink->no_memory |= dispatch->loki.no_memory;
}

/* Fluent Bit and others send Loki objects, which need not tell the time. */
static enum taken loki_line(struct dispatch *dispatch, const struct loki_entry *entry)
{
	const struct log_line shell = { .host = { "", 0 }, .stamp_form = STAMP_EPOCH,
					.epoch_us = (int64_t)(entry->time_ns / 1000) };
	struct log_line line;

	if (!SPAN_BEGINS(entry->line, "{"))
		return inner_line(dispatch, entry->line, &shell);
	arena_clear(&dispatch->unwrapped);
	if (!shipped_line(&dispatch->unwrapped, entry->line.text, entry->line.length, &line))
		return TAKEN_NOT;
	line.stamp_form = shell.stamp_form;
	line.epoch_us = shell.epoch_us;
	return fields_line(dispatch, &line);
}

static void take_entries_of_loki(struct dispatch *dispatch)
{
	loki_sort(&dispatch->loki);
	for (size_t i = 0; i < dispatch->loki.count && dispatch_is_wanted(dispatch); i++) {
		const struct loki_entry *entry = &dispatch->loki.entries[i];

		dispatch->sink->line_number = entry->number;
		sink_count(dispatch->sink, loki_line(dispatch, entry), entry->line.text, entry->line.length);
	}
	loki_clear(&dispatch->loki);
}

static enum taken csv(struct dispatch *dispatch, const char *text, size_t length)
{
	struct log_line line;

	arena_clear(&dispatch->unwrapped);
	if (length == 0 || csv_is_head(&dispatch->csv, text, length))
		return TAKEN_BLANK;
	return csv_line(&dispatch->csv, &dispatch->unwrapped, text, length, &line) ? fields_line(dispatch, &line) : TAKEN_NOT;
}

static void take_csv(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	(void)lines;
	sink_count(dispatch->sink, csv(dispatch, text, length), text, length);
}

/* The message is counted, and a block without one. */
static void take_debug(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	(void)lines;
	switch (rsyslog_debug_line(&dispatch->debug, &dispatch->unwrapped, (struct span){ text, length })) {
	case DEBUG_PART: break;
	case DEBUG_WHOLE: sink_count(dispatch->sink, fields_line(dispatch, &dispatch->debug.line), text, length); break;
	case DEBUG_BROKEN: sink_count(dispatch->sink, TAKEN_NOT, text, length); break;
	}
}

static void end_debug(struct dispatch *dispatch)
{
	if (dispatch->debug.open)
		sink_count(dispatch->sink, TAKEN_NOT, RSYSLOG_DEBUG_FIRST, sizeof RSYSLOG_DEBUG_FIRST - 1);
	dispatch->debug = (struct rsyslog_debug){ .open = false };
}

/* An entry of the journal, which may have been many lines. */
static bool take_entry(void *context, const struct log_line *line)
{
	struct dispatch *dispatch = context;

	sink_count(dispatch->sink, entry(dispatch, line), line->message.text, line->message.length);
	return !dispatch->sink->stopped;
}

/* The entry is counted; a line only if it is of none. */
static void take_journal(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	if (!dispatch->journal_line(&dispatch->journal, text, length, lines, take_entry, dispatch))
		sink_count(dispatch->sink, TAKEN_NOT, text, length);
}

static void take_own(struct dispatch *dispatch, struct lines *lines, char *text, size_t length)
{
	void *state = state_of(dispatch, dispatch->own);

	if (state)
		sink_count(dispatch->sink, log_formats[dispatch->own]->line(state, text, length, lines), text, length);
}

/* --- which way? --- */

/* Those which their first bytes tell from all formats that are not syslog's; in this order. */
static const struct way {
	bool (*recognise)(struct span head);
	take_line *take;
	journal_line *journal_line;	/* of take_journal */
} ways[] = {
	{ journal_is_json, take_journal, journal_json_line },
	{ journal_is_pretty, take_journal, journal_pretty_line },
	{ journal_is_export, take_journal, journal_export_line },
	{ journal_is_verbose, take_journal, journal_verbose_line },
	{ docker_is_json, take_docker, NULL },
	{ rsyslog_debug_is, take_debug, NULL },
	{ coloured_is, take_coloured, NULL },
};

/* What the way needs to know is left in *dispatch. */
static take_line *way_of(struct dispatch *dispatch, struct span head)
{
	bool forced_own = dispatch->forced && !dispatch->forced->tagged;

	dispatch->by_items = false;
	for (size_t i = 0; !forced_own && i < sizeof ways / sizeof ways[0]; i++) {
		if (ways[i].recognise(head)) {
			dispatch->journal_line = ways[i].journal_line;
			return ways[i].take;
		}
	}
	for (size_t i = 0; log_formats[i]; i++) {
		if (forced_own ? log_formats[i] == dispatch->forced :
				 !dispatch->forced && log_formats[i]->recognise && log_formats[i]->recognise(head)) {
			dispatch->own = i;
			return take_own;
		}
	}
	dispatch->by_items = json_items_begin(&dispatch->items, head);
	if (dispatch->by_items && dispatch->items.kind == JSON_ITEM_ENTRY)
		return take_loki;
	if (dispatch->by_items || shipped_is_json(head))
		return take_shipped;
	return csv_begin(&dispatch->csv, head) ? take_csv : take_syslog;
}

void dispatch_begin(struct dispatch *dispatch, struct span head)
{
	dispatch->take = way_of(dispatch, head);
}

bool dispatch_takes_syslog(const struct dispatch *dispatch)
{
	return dispatch->take == take_syslog;
}

bool dispatch_takes_own(const struct dispatch *dispatch)
{
	return dispatch->take == take_own;
}

bool dispatch_is_by_line(const struct dispatch *dispatch)
{
	return dispatch->take != take_own && dispatch->take != take_debug && !dispatch->by_items &&
	       (dispatch->take != take_journal || dispatch->journal_line == journal_json_line);
}

void dispatch_take_ahead(struct dispatch *dispatch, struct parse_ahead *ahead)
{
	const struct parsed_line *parsed;

	while (dispatch_is_wanted(dispatch) && (parsed = parse_ahead_next(ahead)) != NULL) {
		dispatch->sink->line_number = parse_ahead_number(ahead);
		sink_count(dispatch->sink, syslog_line(dispatch, parsed->kind, &parsed->line), parsed->line.whole.text,
			   parsed->line.whole.length);
	}
}

void dispatch_end_way(struct dispatch *dispatch)
{
	journal_end(&dispatch->journal, take_entry, dispatch);
	take_entries_of_loki(dispatch);
	end_debug(dispatch);
	if (dispatch->take == take_own && dispatch->states[dispatch->own] && log_formats[dispatch->own]->end_of_input)
		log_formats[dispatch->own]->end_of_input(dispatch->states[dispatch->own]);
}
