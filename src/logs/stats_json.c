/* SPDX-License-Identifier: BSD-2-Clause */
/* What was read of logs, to JSON and back. */
#include "logs/stats_json.h"

#include "base/json.h"
#include "base/json_read.h"
#include "logs/record_json.h"

#include <stddef.h>
#include <string.h>

#define BEGIN "{\"schema\":\"ehlo-milter.log_lines/"
#define SCHEMA "ehlo-milter.log_lines/1"

static const struct {
	const char *word;
	size_t offset;
} counts[] = {
	{ "bytes", offsetof(struct logs_stats, bytes) },
	{ "lines", offsetof(struct logs_stats, lines) },
	{ "understood", offsetof(struct logs_stats, understood) },
	{ "other", offsetof(struct logs_stats, other) },
	{ "foreign", offsetof(struct logs_stats, foreign) },
	{ "blank", offsetof(struct logs_stats, blank) },
	{ "orphan", offsetof(struct logs_stats, orphans) },
	{ "repeated", offsetof(struct logs_stats, repeated) },
	{ "missed", offsetof(struct logs_stats, missed) },
	{ "cut", offsetof(struct logs_stats, cut) },
	{ "given_up", offsetof(struct logs_stats, given_up) },
};
#define COUNTS (sizeof counts / sizeof counts[0])

/* true: a sample held bytes that need latin1. */
static bool write_line(const struct logs_stats *stats, struct buf *out, bool latin1)
{
	struct json json;

	json_init(&json, out);
	json.latin1 = latin1;
	json_open_object(&json, NULL);
	json_string(&json, "schema", SCHEMA);
	if (latin1)
		json_string(&json, "enc", "latin1");
	json_open_object(&json, "log_lines");
	for (size_t i = 0; i < COUNTS; i++)
		json_number(&json, counts[i].word,
			    (int64_t)*(const uint64_t *)(const void *)((const char *)stats + counts[i].offset));
	json_open_array(&json, "samples");
	for (unsigned i = 0; i < stats->missed_lines.count; i++)
		json_string(&json, NULL, stats->missed_lines.items[i].text);
	json_close_array(&json);
	json_close_object(&json);
	json_close_object(&json);
	buf_add_char(out, '\n');
	return json.lossy;
}

void logs_stats_write(const struct logs_stats *stats, struct buf *out)
{
	size_t begin = out->length;

	if (write_line(stats, out, false) && !out->failed) {
		out->length = begin;
		(void)write_line(stats, out, true);
	}
}

bool logs_stats_is_line(const char *line, size_t length)
{
	return length > strlen(BEGIN) && memcmp(line, BEGIN, strlen(BEGIN)) == 0;
}

static bool take_samples(struct json_reader *json, bool latin1, struct line_samples *samples)
{
	struct arena arena;
	bool good = json_enter(json, JSON_ARRAY);

	arena_init(&arena, NULL, 0, 1024);
	while (good && json_next_item(json)) {
		const char *text;

		good = json_take_text(json, &arena, latin1, &text);
		if (good)
			line_samples_add(samples, text, strlen(text));
	}
	arena_clear(&arena);
	return good && !json->error;
}

static bool take_count(struct json_reader *json, struct json_slice key, struct logs_stats *stats)
{
	int64_t value;
	size_t i = 0;

	while (i < COUNTS && !json_slice_is(key, counts[i].word))
		i++;
	if (i == COUNTS)
		return json_skip(json);
	if (!json_take_integer(json, &value))
		return false;
	if (value < 0)
		return json_fail(json, "log_lines: a count below zero");
	*(uint64_t *)(void *)((char *)stats + counts[i].offset) = (uint64_t)value;
	return true;
}

static bool take_log_lines(struct json_reader *json, bool latin1, struct logs_stats *stats)
{
	struct json_slice key;
	bool good = json_enter(json, JSON_OBJECT);

	while (good && json_next_key(json, &key))
		good = json_slice_is(key, "samples") ? take_samples(json, latin1, &stats->missed_lines) :
						       take_count(json, key, stats);
	return good && !json->error;
}

const char *logs_stats_read(const char *line, size_t length, struct logs_stats *stats_r)
{
	bool latin1 = record_is_latin1(line, length), good, found = false;
	struct json_reader json;
	struct json_slice key;

	memset(stats_r, 0, sizeof *stats_r);
	json_read_init(&json, line, length);
	good = json_enter(&json, JSON_OBJECT);
	while (good && json_next_key(&json, &key)) {
		bool is_it = json_slice_is(key, "log_lines");

		found = found || is_it;
		good = is_it ? take_log_lines(&json, latin1, stats_r) : json_skip(&json);
	}
	if (good && json_finished(&json))
		return found ? NULL : "no log_lines in it";
	return json.error;
}
