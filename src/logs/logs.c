/* SPDX-License-Identifier: BSD-2-Clause */
/* Logs to session records: inputs, their formats, and the way of each line to its reader. */
#include "logs/logs.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "logs/docker.h"
#include "logs/journal.h"
#include "logs/reader.h"
#include "logs/shipped.h"
#include "logs/stranger.h"

#include <stdlib.h>
#include <string.h>

#define FORMATS_MAX 16
#define HEAD_BYTES 65536

struct logs {
	struct logs_options options;
	const struct log_format *forced;	/* the format of the options */
	void *states[FORMATS_MAX];		/* in step with log_formats; NULL until first needed */
	struct log_sink sink;
	struct line_heads heads;
	struct journal journal;
	struct arena docker;			/* the line at hand */
	struct input *input;			/* the one that is being read */
	int64_t done_bytes;			/* of the inputs before it */
	int64_t total_bytes;
};

struct logs *logs_new(const struct logs_options *options, record_take *take, void *context, const char **error_r)
{
	struct logs *logs = calloc(1, sizeof *logs);

	*error_r = "out of memory";
	if (!logs)
		return NULL;
	logs->options = *options;
	logs->sink.take = take;
	logs->sink.context = context;
	for (size_t i = 0; options->format && log_formats[i]; i++)
		if (strcmp(options->format, log_formats[i]->name) == 0)
			logs->forced = log_formats[i];
	if (options->format && !logs->forced) {
		*error_r = "unknown format";
		free(logs);
		return NULL;
	}
	journal_init(&logs->journal);
	arena_init(&logs->docker, NULL, 0, 4096);
	return logs;
}

void logs_free(struct logs **logs)
{
	if (!*logs)
		return;
	for (size_t i = 0; log_formats[i]; i++)
		if ((*logs)->states[i])
			log_formats[i]->close((*logs)->states[i]);
	journal_clear(&(*logs)->journal);
	arena_clear(&(*logs)->docker);
	input_close(&(*logs)->input);
	free(*logs);
	*logs = NULL;
}

/* The state of a format, made when first needed; NULL: out of memory. */
static void *state_of(struct logs *logs, size_t number)
{
	if (!logs->states[number]) {
		logs->states[number] = log_formats[number]->open(&logs->sink);
		logs->sink.no_memory |= !logs->states[number];
	}
	return logs->states[number];
}

static size_t number_of(const struct log_format *format)
{
	size_t number = 0;

	while (log_formats[number] != format)
		number++;
	return number;
}

/* "FILE:LINE: TEXT", safe for a terminal. */
static void print_missed(struct logs *logs, const char *text, size_t length)
{
	struct buf out;
	char *copy = strndup(text, length);

	buf_init(&out);
	buf_add_escaped(&out, logs->sink.path, "", 0);
	buf_addf(&out, ":%llu: ", (unsigned long long)logs->sink.line_number);
	if (copy)
		buf_add_escaped(&out, copy, "", 0);
	buf_add_char(&out, '\n');
	(void)fwrite(out.text, 1, out.length, logs->options.missed);
	buf_clear(&out);
	free(copy);
}

static void count(struct logs *logs, enum taken taken, const char *text, size_t length)
{
	struct logs_stats *stats = &logs->sink.stats;

	switch (taken) {
	case TAKEN: stats->understood++; break;
	case TAKEN_OTHER: stats->other++; break;
	case TAKEN_FOREIGN: stats->foreign++; break;
	case TAKEN_BLANK: stats->blank++; break;
	case TAKEN_ORPHAN: stats->understood++; stats->orphans++; break;
	case TAKEN_REPEATED: stats->repeated++; break;
	case TAKEN_NOT:
		stats->missed++;
		line_samples_add(&stats->missed_lines, text, length);
		if (logs->options.missed)
			print_missed(logs, text, length);
		break;
	}
}

/* To the reader of the MTA that wrote it. */
static enum taken dispatch(struct logs *logs, const struct log_line *line)
{
	for (size_t i = 0; log_formats[i]; i++) {
		const struct log_format *format = log_formats[i];

		if (!format->tagged || (logs->forced && logs->forced != format))
			continue;
		if (line->tag.length == 0 ? logs->forced == format : format->claims(line)) {
			void *state = state_of(logs, i);

			return state ? format->tagged(state, line) : TAKEN_NOT;
		}
	}
	return line->tag.length == 0 ? TAKEN_NOT : TAKEN_FOREIGN;
}

static enum taken syslog_line(struct logs *logs, char *text, size_t length)
{
	struct log_line line;
	uint32_t repeats;

	switch (syslog_line_parse(&logs->heads, text, length, logs->options.bare, &line, &repeats)) {
	case LINE_ODD: break;
	case LINE_REPEATED: return TAKEN_REPEATED;
	case LINE_TAGGED: return dispatch(logs, &line);
	}
	/* What journalctl writes between the boots is as good as nothing. */
	return length == 0 || (length > 2 && memcmp(text, "--", 2) == 0) ? TAKEN_BLANK : TAKEN_NOT;
}

static bool journal_dispatch(void *context, const struct log_line *line)
{
	struct logs *logs = context;

	count(logs, dispatch(logs, line), line->message.text, line->message.length);
	return !logs->sink.stopped;
}

/* How the lines of an input are read. */
enum way {
	WAY_SYSLOG, WAY_DOCKER, WAY_SHIPPED, WAY_JOURNAL_JSON, WAY_JOURNAL_PRETTY, WAY_JOURNAL_EXPORT, WAY_JOURNAL_VERBOSE, WAY_OWN
};

static enum way find_way(struct logs *logs, struct span head, size_t *format_r)
{
	if (logs->forced && !logs->forced->tagged) {
		*format_r = number_of(logs->forced);
		return WAY_OWN;
	}
	if (journal_is_json(head))
		return WAY_JOURNAL_JSON;
	if (journal_is_pretty(head))
		return WAY_JOURNAL_PRETTY;
	if (journal_is_export(head))
		return WAY_JOURNAL_EXPORT;
	if (journal_is_verbose(head))
		return WAY_JOURNAL_VERBOSE;
	if (docker_is_json(head))
		return WAY_DOCKER;
	for (size_t i = 0; !logs->forced && log_formats[i]; i++) {
		if (log_formats[i]->recognise && log_formats[i]->recognise(head)) {
			*format_r = i;
			return WAY_OWN;
		}
	}
	return shipped_is_json(head) ? WAY_SHIPPED : WAY_SYSLOG;
}

static void read_own(struct logs *logs, struct lines *lines, size_t number)
{
	const struct log_format *format = log_formats[number];
	void *state = state_of(logs, number);
	size_t length;
	char *text;

	while (state && !logs->sink.stopped && lines_next(lines, &text, &length)) {
		logs->sink.line_number = lines->count;
		count(logs, format->line(state, text, length, lines), text, length);
	}
	if (state && format->end_of_input)
		format->end_of_input(state);
}

static void read_syslog(struct logs *logs, struct lines *lines)
{
	size_t length;
	char *text;

	while (!logs->sink.stopped && lines_next(lines, &text, &length)) {
		logs->sink.line_number = lines->count;
		count(logs, syslog_line(logs, text, length), text, length);
	}
}

static bool journal_line(struct logs *logs, struct lines *lines, enum way way, const char *text, size_t length)
{
	if (way == WAY_JOURNAL_EXPORT)
		return journal_export_line(&logs->journal, text, length, lines, journal_dispatch, logs);
	if (way == WAY_JOURNAL_VERBOSE)
		return journal_verbose_line(&logs->journal, text, length, journal_dispatch, logs);
	if (way == WAY_JOURNAL_PRETTY)
		return journal_pretty_line(&logs->journal, text, length, journal_dispatch, logs);
	return journal_json_line(&logs->journal, text, length, journal_dispatch, logs);
}

static void read_journal(struct logs *logs, struct lines *lines, enum way way)
{
	size_t length;
	char *text;

	while (!logs->sink.stopped && lines_next(lines, &text, &length)) {
		logs->sink.line_number = lines->count;
		if (!journal_line(logs, lines, way, text, length))
			count(logs, TAKEN_NOT, text, length);
	}
	journal_end(&logs->journal, journal_dispatch, logs);
}

/* Inside stands what the program wrote: a line of syslog, or one without stamp and host.  shell: what is told around it. */
static enum taken inner_line(struct logs *logs, struct span inner, const struct log_line *shell)
{
	struct log_line line;
	uint32_t repeats;
	enum line_kind kind =
		syslog_line_parse(&logs->heads, inner.text, inner.length, logs->options.bare, &line, &repeats);

	if (kind == LINE_ODD) {
		kind = syslog_line_parse(&logs->heads, inner.text, inner.length, true, &line, &repeats);
		/* A message alone does not tell whose it is. */
		if (line.tag.length == 0 && !logs->options.bare)
			return inner.length == 0 ? TAKEN_BLANK : TAKEN_FOREIGN;
	}
	if (kind == LINE_REPEATED)
		return TAKEN_REPEATED;
	/* It has a year and a zone, which the line's own stamp may lack. */
	if (shell->stamp_form != STAMP_NONE) {
		line.stamp_form = shell->stamp_form;
		line.stamp = shell->stamp;
		line.epoch_us = shell->epoch_us;
	}
	if (line.host.length == 0)
		line.host = shell->host;
	return dispatch(logs, &line);
}

static enum taken shipped(struct logs *logs, char *text, size_t length)
{
	struct log_line line;

	if (!shipped_line(&logs->docker, text, length, &line))
		return length == 0 ? TAKEN_BLANK : TAKEN_NOT;
	return line.tag.length > 0 ? dispatch(logs, &line) : inner_line(logs, line.message, &line);
}

static void read_shipped(struct logs *logs, struct lines *lines)
{
	size_t length;
	char *text;

	while (!logs->sink.stopped && lines_next(lines, &text, &length)) {
		logs->sink.line_number = lines->count;
		arena_clear(&logs->docker);
		count(logs, shipped(logs, text, length), text, length);
	}
}

static void read_docker(struct logs *logs, struct lines *lines)
{
	struct log_line shell = { .host = { "", 0 }, .stamp_form = STAMP_EPOCH };
	struct span inner;
	size_t length;
	char *text;

	while (!logs->sink.stopped && lines_next(lines, &text, &length)) {
		logs->sink.line_number = lines->count;
		arena_clear(&logs->docker);
		if (docker_line(&logs->docker, text, length, &inner, &shell.epoch_us))
			count(logs, inner_line(logs, inner, &shell), inner.text, inner.length);
		else
			count(logs, length == 0 ? TAKEN_BLANK : TAKEN_NOT, text, length);
	}
}

/* Nothing that could be made out of it was found? */
static bool is_unread(const struct logs_stats *before, const struct logs_stats *after)
{
	return after->understood == before->understood && after->other == before->other &&
	       after->foreign == before->foreign && after->repeated == before->repeated;
}

/* *stranger_r: what the input may be if no session is found in it; NULL: no idea. */
static void read_lines(struct logs *logs, struct lines *lines, const char *path, const char **stranger_r)
{
	struct logs_stats *stats = &logs->sink.stats;
	struct span head;
	size_t format = 0;
	enum way way;

	head.length = lines_peek(lines, HEAD_BYTES, &head.text);
	*stranger_r = log_stranger(head);
	way = find_way(logs, head, &format);
	logs->sink.path = path;
	stamps_begin(&logs->sink.stamps, logs->options.zone, logs->options.year, input_time_us(logs->input));
	switch (way) {
	case WAY_SYSLOG: read_syslog(logs, lines); break;
	case WAY_DOCKER: read_docker(logs, lines); break;
	case WAY_SHIPPED: read_shipped(logs, lines); break;
	case WAY_JOURNAL_JSON:
	case WAY_JOURNAL_PRETTY:
	case WAY_JOURNAL_EXPORT:
	case WAY_JOURNAL_VERBOSE: read_journal(logs, lines, way); break;
	case WAY_OWN: read_own(logs, lines, format); break;
	}
	stats->lines += lines->count;
	stats->bytes += lines->total_bytes;
	stats->cut += lines->cut_count;
	stats->year_guessed |= logs->sink.stamps.guessed;
}

/* Of an input without anything that is known, or without a session. */
static void tell_of_nothing(struct diag *diag, struct place place, const struct logs_stats *before, struct logs_stats *after,
			    uint64_t lines, const char *stranger)
{
	if (is_unread(before, after)) {
		after->inputs_unread++;
		diag_error(diag, place, "none of its %llu lines is of a log that is known here; %s", (unsigned long long)lines,
			   stranger ? stranger : "name its format");
	} else if (after->understood == before->understood) {
		diag_warn(diag, place, "none of its %llu lines tells of a mail session%s%s", (unsigned long long)lines,
			  stranger ? "; " : "", stranger ? stranger : "");
	}
}

/* input: NULL, with *error saying why. */
static void read_input(struct logs *logs, const char *path, struct input *input, const char *error,
		       struct diag *diag)
{
	struct place place = { .file = diag_file(diag, path) };
	struct logs_stats *stats = &logs->sink.stats, before = *stats;
	const char *stranger = NULL;
	struct lines lines;

	logs->input = input;
	stats->inputs++;
	if (!input) {
		stats->inputs_unread++;
		diag_error(diag, place, "cannot be read: %s", error);
		return;
	}
	error = NULL;
	if (lines_open(&lines, logs->input)) {
		read_lines(logs, &lines, path, &stranger);
		error = lines.error;
	} else {
		logs->sink.no_memory = true;
	}
	if (error)
		diag_warn(diag, place, "read only in part: %s", error);
	if (!logs->sink.stopped && (lines.count > 0 || error))
		tell_of_nothing(diag, place, &before, stats, lines.count, stranger);
	logs->done_bytes += input_position_bytes(logs->input);
	lines_close(&lines);
	input_close(&logs->input);
}

/* An input before it is read: when does it begin? */
struct ordered {
	const char *path;
	int64_t begin_us;
	size_t place;
};

static int by_begin(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->begin_us != y->begin_us)
		return x->begin_us < y->begin_us ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* The first stamp of a file; INT64_MIN when it tells none, or may be read only once. */
static int64_t first_stamp(struct logs *logs, const char *path)
{
	int64_t begin_us = INT64_MIN, size_bytes = -1;
	const char *error;
	struct input *input = input_is_file(path, &size_bytes) ? input_open(path, &error) : NULL;
	struct stamps stamps;
	struct log_line line;
	struct lines lines;
	uint32_t repeats;
	size_t length;
	char *text;

	logs->total_bytes = size_bytes < 0 || logs->total_bytes < 0 ? -1 : logs->total_bytes + size_bytes;
	if (!input)
		return begin_us;
	stamps_begin(&stamps, logs->options.zone, logs->options.year, input_time_us(input));
	if (lines_open(&lines, input)) {
		/* Damage at the begin costs some lines; a stamp further down serves as well. */
		while (begin_us == INT64_MIN && lines.count < 100 && lines_next(&lines, &text, &length))
			if (syslog_line_parse(&logs->heads, text, length, logs->options.bare, &line, &repeats) != LINE_ODD &&
			    !log_line_time(&stamps, &line, &begin_us))
				begin_us = INT64_MIN;
		lines_close(&lines);
	}
	input_close(&input);
	return begin_us;
}

bool logs_read(struct logs *logs, const char *const *paths, size_t count, struct diag *diag)
{
	struct ordered *ordered = calloc(count > 0 ? count : 1, sizeof *ordered);

	if (!ordered) {
		logs->sink.no_memory = true;
		return false;
	}
	for (size_t i = 0; i < count; i++)
		ordered[i] =
			(struct ordered){ .path = paths[i], .place = i, .begin_us = first_stamp(logs, paths[i]) };
	qsort(ordered, count, sizeof *ordered, by_begin);
	for (size_t i = 0; i < count && !logs->sink.stopped && !logs->sink.no_memory; i++) {
		const char *error = NULL;

		struct input *input = input_open(ordered[i].path, &error);

		read_input(logs, ordered[i].path, input, error, diag);
	}
	free(ordered);
	return !logs->sink.stopped && !logs->sink.no_memory;
}

bool logs_read_bytes(struct logs *logs, const char *name, const char *bytes, size_t length, struct diag *diag)
{
	const char *error = NULL;

	struct input *input = input_open_bytes(bytes, length, &error);

	read_input(logs, name, input, error, diag);
	return !logs->sink.stopped && !logs->sink.no_memory;
}

bool logs_finish(struct logs *logs)
{
	for (size_t i = 0; log_formats[i]; i++)
		if (logs->states[i] && log_formats[i]->finish)
			log_formats[i]->finish(logs->states[i]);
	return !logs->sink.stopped && !logs->sink.no_memory;
}

const struct logs_stats *logs_stats(const struct logs *logs)
{
	return &logs->sink.stats;
}

void logs_progress(const struct logs *logs, int64_t *done_r, int64_t *total_r)
{
	*done_r = logs->done_bytes + (logs->input ? input_position_bytes(logs->input) : 0);
	*total_r = logs->total_bytes;
}
