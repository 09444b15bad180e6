/* SPDX-License-Identifier: BSD-2-Clause */
/* Logs to session records: the inputs, in which order they are read, and what is said of each. */
#include "logs/logs.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/hash.h"
#include "logs/dispatch.h"
#include "logs/stranger.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 65536

struct logs {
	struct logs_options options;
	struct log_sink sink;
	struct dispatch dispatch;
	struct input *input;			/* the one that is being read */
	int64_t done_bytes;			/* of the inputs before it */
	int64_t total_bytes;
};

static const struct log_format *find_format(const char *name)
{
	for (size_t i = 0; log_formats[i]; i++)
		if (strcmp(name, log_formats[i]->name) == 0)
			return log_formats[i];
	return NULL;
}

struct logs *logs_new(const struct logs_options *options, record_take *take, void *context, const char **error_r)
{
	const struct log_format *forced = options->format ? find_format(options->format) : NULL;
	struct logs *logs;

	*error_r = "unknown format";
	if (options->format && !forced)
		return NULL;
	*error_r = "out of memory";
	logs = calloc(1, sizeof *logs);
	if (!logs)
		return NULL;
	logs->options = *options;
	logs->sink.take = take;
	logs->sink.context = context;
	logs->sink.missed = options->missed;
	logs->dispatch.sink = &logs->sink;
	logs->dispatch.forced = forced;
	logs->dispatch.bare = options->bare;
	dispatch_init(&logs->dispatch);
	return logs;
}

void logs_free(struct logs **logs)
{
	if (!*logs)
		return;
	dispatch_clear(&(*logs)->dispatch);
	input_close(&(*logs)->input);
	free(*logs);
	*logs = NULL;
}

/* Nothing that could be made out of it was found? */
static bool is_unread(const struct logs_stats *before, const struct logs_stats *after)
{
	return after->understood == before->understood && after->other == before->other &&
	       after->foreign == before->foreign && after->repeated == before->repeated;
}

/* Exports often begin with what is newest.  false: that cannot be helped here, or memory is out. */
static bool put_in_order(struct logs *logs, struct lines *lines, struct span head, struct diag *diag, struct place place)
{
	struct order order = dispatch_order(&logs->dispatch, head, &logs->sink.stamps);

	if (order_is_none(&order))
		diag_warn(diag, place, "its lines are not in the order of time, which tears sessions apart; sort them first");
	if (!order_is_newest_first(&order))
		return true;
	if (!dispatch_is_by_line(&logs->dispatch) || !input_turn_round(logs->input)) {
		logs->sink.stats.inputs_unread++;
		diag_error(diag, place, "its newest lines come first; %s",
			   dispatch_is_by_line(&logs->dispatch) ? "turn them round, as tac does, or give it as a plain file" :
								  "export it again with the oldest first");
		return false;
	}
	diag_warn(diag, place, "its newest lines come first: it is read from the end, where line 1 is then");
	lines_close(lines);
	if (lines_open(lines, logs->input))
		return true;
	logs->sink.no_memory = true;
	return false;
}

static uint64_t counted(const struct logs_stats *stats)
{
	return stats->understood + stats->other + stats->foreign + stats->blank + stats->repeated + stats->missed;
}

/* *stranger_r: what the input may be if no session is found in it; NULL: no idea. */
static void read_lines(struct logs *logs, struct lines *lines, struct diag *diag, struct place place, const char **stranger_r)
{
	struct logs_stats *stats = &logs->sink.stats;
	uint64_t before = counted(stats);
	struct span head;

	head.length = lines_peek(lines, HEAD_BYTES, &head.text);
	*stranger_r = log_stranger(head);
	stamps_begin(&logs->sink.stamps, logs->options.zone, logs->options.year, input_time_us(logs->input));
	dispatch_begin(&logs->dispatch, head);
	if (!put_in_order(logs, lines, head, diag, place))
		return;
	dispatch_lines(&logs->dispatch, lines);
	stats->lines += counted(stats) - before;
	stats->bytes += lines->seen.total_bytes;
	stats->cut += lines->seen.cut_count;
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
		logs->sink.no_memory = logs->sink.no_memory || error == file_no_memory;
		diag_error(diag, place, "cannot be read: %s", error);
		return;
	}
	error = NULL;
	if (lines_open(&lines, logs->input)) {
		logs->sink.path = path;
		read_lines(logs, &lines, diag, place, &stranger);
		error = lines.seen.error;
	} else {
		logs->sink.no_memory = true;
	}
	logs->sink.no_memory = logs->sink.no_memory || error == file_no_memory;
	if (error)
		diag_warn(diag, place, "read only in part: %s", error);
	if (!logs->sink.stopped && (lines.seen.count > 0 || error))
		tell_of_nothing(diag, place, &before, stats, lines.seen.count, stranger);
	logs->done_bytes += input_position_bytes(logs->input);
	lines_close(&lines);
	input_close(&logs->input);
}

/* An input before it is read: when does it begin? */
struct ordered {
	const char *path;
	struct input_file file;
	bool is_file;
	int64_t begin_us;	/* INT64_MIN: it tells no time */
	uint64_t first;		/* hash of its first line */
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
static void find_begin(struct logs *logs, struct ordered *ordered)
{
	const char *error;
	struct input *input;
	struct stamps stamps;
	struct lines lines;
	struct span head, first;

	ordered->begin_us = INT64_MIN;
	ordered->is_file = input_is_file(ordered->path, &ordered->file);
	input = ordered->is_file ? input_open(ordered->path, &error) : NULL;
	logs->total_bytes = !ordered->is_file || logs->total_bytes < 0 ? -1 : logs->total_bytes + ordered->file.size_bytes;
	if (!input)
		return;
	stamps_begin(&stamps, logs->options.zone, logs->options.year, input_time_us(input));
	if (lines_open(&lines, input)) {
		struct order order;

		head.length = lines_peek(&lines, HEAD_BYTES, &head.text);
		first = span_first_line(head);
		ordered->first = hash_bytes(first.text, first.length, 0);
		/* Damage at the begin costs some lines; a stamp further down serves as well. */
		order = dispatch_order(&logs->dispatch, head, &stamps);
		ordered->begin_us = order.any ? order.first_us : INT64_MIN;
		lines_close(&lines);
	}
	input_close(&input);
}

/* Is it the very file that was read before?  And if it is but a copy, as it seems, what both hold is counted twice. */
static bool is_read(const struct ordered *ordered, size_t number, struct diag *diag)
{
	const struct ordered *this = &ordered[number], *before = this;
	struct place place = { .file = diag_file(diag, this->path) };

	while (before > ordered && (--before)->begin_us == this->begin_us) {
		if (this->is_file && before->is_file && before->file.device == this->file.device &&
		    before->file.inode == this->file.inode) {
			diag_warn(diag, place, "is the same file as '%s', and read once", before->path);
			return true;
		}
		if (this->begin_us != INT64_MIN && before->first == this->first) {
			diag_warn(diag, place, "begins with the same line as '%s': sessions that both hold count twice; name one of them",
				  before->path);
			return false;
		}
	}
	return false;
}

bool logs_read(struct logs *logs, const char *const *paths, size_t count, struct diag *diag)
{
	struct ordered *ordered = calloc(count > 0 ? count : 1, sizeof *ordered);

	if (!ordered) {
		logs->sink.no_memory = true;
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		ordered[i] = (struct ordered){ .path = paths[i], .place = i };
		find_begin(logs, &ordered[i]);
	}
	qsort(ordered, count, sizeof *ordered, by_begin);
	for (size_t i = 0; i < count && !logs->sink.stopped && !logs->sink.no_memory; i++) {
		const char *error = NULL;
		struct input *input;

		if (is_read(ordered, i, diag)) {
			logs->done_bytes += ordered[i].file.size_bytes;
			continue;
		}
		input = input_open(ordered[i].path, &error);
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
	dispatch_finish(&logs->dispatch);
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
