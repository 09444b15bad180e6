/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of session records: the daemon's journal, or what another stage has written. */
#include "logs/reader.h"

#include "base/file.h"
#include "logs/record_json.h"
#include "logs/stats_json.h"

#include <stdlib.h>
#include <string.h>

struct session_reader {
	struct log_sink *sink;
	struct arena arena;
};

static bool recognise(struct span head)
{
	head = span_first_line(head);
	return SPAN_BEGINS(head, "{") &&
	       (logs_stats_is_line(head.text, head.length) ||
		memmem(head.text, head.length, "\"ehlo-milter.session/", 21) ||
		memmem(head.text, head.length, "\"client_address\"", 16) ||
		memmem(head.text, head.length, "\"helo\":[", 8) || memmem(head.text, head.length, "\"tx\":[", 6));
}

static void *open_reader(struct log_sink *sink)
{
	struct session_reader *reader = calloc(1, sizeof *reader);

	if (!reader)
		return NULL;
	reader->sink = sink;
	arena_init(&reader->arena, NULL, 0, 8192);
	return reader;
}

static enum taken line(void *state, char *text, size_t length, struct lines *lines)
{
	struct session_reader *reader = state;
	struct record *record;
	const char *problem;

	(void)lines;
	if (length == 0)
		return TAKEN_BLANK;
	/* The lines of the log from which the records are: not those that are read here. */
	if (logs_stats_is_line(text, length))
		return TAKEN_OTHER;
	arena_rewind(&reader->arena);
	record = arena_alloc(&reader->arena, sizeof *record);
	problem = record ? record_read(text, length, &reader->arena, record) : file_no_memory;
	reader->sink->no_memory = reader->sink->no_memory || reader->arena.failed;
	if (problem)
		return TAKEN_NOT;
	sink_record(reader->sink, record, &reader->arena);
	return TAKEN;
}

static void close_reader(void *state)
{
	struct session_reader *reader = state;

	arena_clear(&reader->arena);
	free(reader);
}

const struct log_format log_session = {
	.name = "session",
	.recognise = recognise,
	.open = open_reader,
	.line = line,
	.close = close_reader,
};
