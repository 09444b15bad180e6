/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of Zeek's smtp.log, as tab-separated columns or as JSON lines. */
#include "logs/observer.h"

#include "base/hash.h"
#include "base/instant.h"
#include "base/json_read.h"
#include "logs/scan.h"

#include <stdlib.h>
#include <string.h>

enum column {
	ZEEK_TS,
	ZEEK_UID,
	ZEEK_CLIENT,
	ZEEK_CLIENT_PORT,
	ZEEK_SERVER,
	ZEEK_SERVER_PORT,
	ZEEK_HELO,
	ZEEK_SENDER,
	ZEEK_REPLY,
	ZEEK_TLS,
	ZEEK_COLUMNS
};

static const char *const column_names[ZEEK_COLUMNS] = {
	[ZEEK_TS] = "ts", [ZEEK_UID] = "uid", [ZEEK_CLIENT] = "id.orig_h", [ZEEK_CLIENT_PORT] = "id.orig_p",
	[ZEEK_SERVER] = "id.resp_h", [ZEEK_SERVER_PORT] = "id.resp_p", [ZEEK_HELO] = "helo",
	[ZEEK_SENDER] = "mailfrom", [ZEEK_REPLY] = "last_reply", [ZEEK_TLS] = "tls",
};

#define PLACES_MAX 64

struct zeek {
	struct observer observer;
	struct arena arena;		/* of the line that is read */
	int column_at[PLACES_MAX];	/* which column stands at a place of the line; -1: none of ours */
	size_t place_count;
	bool is_smtp;			/* by "#path smtp" */
};

static bool recognise(struct span head)
{
	return SPAN_BEGINS(head, "#separator ") ||
	       (SPAN_BEGINS(head, "{\"ts\":") && memmem(head.text, head.length, "\"id.orig_h\"", 11));
}

static void *open_reader(struct log_sink *sink)
{
	struct zeek *zeek = calloc(1, sizeof *zeek);

	if (!zeek)
		return NULL;
	arena_init(&zeek->arena, NULL, 0, 4096);
	zeek->is_smtp = true;
	if (!observer_init(&zeek->observer, sink, SOURCE_ZEEK)) {
		free(zeek);
		return NULL;
	}
	return zeek;
}

/* "1300475173.475401"; in JSON also milliseconds, or RFC 3339, as LogAscii::json_timestamps says. */
static bool parse_time(struct span text, int64_t *us_r)
{
	struct scan seconds = { text.text, text.text + text.length }, scan = seconds;
	bool has_offset;
	uint64_t ms;

	if (scan_take_seconds_us(&seconds, us_r))
		return seconds.at == seconds.end;
	if (scan_take_number(&scan, &ms) && scan.at == scan.end && ms <= UINT32_MAX * UINT64_C(1000)) {
		*us_r = (int64_t)ms * 1000;
		return true;
	}
	return text.length > 0 && instant_parse(text.text, text.length, us_r, &has_offset) == text.length;
}

static bool is_set(struct span value)
{
	return value.text && !SPAN_IS(value, "-");
}

static enum taken observe(struct zeek *zeek, const struct span values[ZEEK_COLUMNS], struct span line)
{
	struct observation seen = { .line = line };

	if (!is_set(values[ZEEK_UID]) || !is_set(values[ZEEK_CLIENT]))
		return TAKEN_NOT;
	seen.key = hash_bytes(values[ZEEK_UID].text, values[ZEEK_UID].length, 6);
	seen.timed = values[ZEEK_TS].text && parse_time(values[ZEEK_TS], &seen.time_us);
	seen.client = values[ZEEK_CLIENT];
	seen.client_port = values[ZEEK_CLIENT_PORT];
	seen.server = values[ZEEK_SERVER];
	seen.server_port = values[ZEEK_SERVER_PORT];
	seen.has_helo = is_set(values[ZEEK_HELO]);
	seen.helo = SPAN_IS(values[ZEEK_HELO], "(empty)") ? (struct span){ "", 0 } : values[ZEEK_HELO];
	seen.has_sender = is_set(values[ZEEK_SENDER]);
	seen.sender = SPAN_IS(values[ZEEK_SENDER], "(empty)") ? (struct span){ "", 0 } : values[ZEEK_SENDER];
	seen.reply = values[ZEEK_REPLY];
	if (SPAN_IS(values[ZEEK_TLS], "T") || SPAN_IS(values[ZEEK_TLS], "true"))
		seen.tls = OBSERVED_TLS_YES;
	else if (SPAN_IS(values[ZEEK_TLS], "F") || SPAN_IS(values[ZEEK_TLS], "false"))
		seen.tls = OBSERVED_TLS_NO;
	observer_take(&zeek->observer, &seen);
	return TAKEN;
}

/* The next column of a line; false: there is none. */
static bool next_value(struct span *text, struct span *value_r)
{
	const char *tab = text->text ? memchr(text->text, '\t', text->length) : NULL;

	if (!text->text)
		return false;
	*value_r = (struct span){ text->text, tab ? (size_t)(tab - text->text) : text->length };
	*text = tab ? span_after(*text, value_r->length + 1) : (struct span){ NULL, 0 };
	return true;
}

static void take_header(struct zeek *zeek, struct span text)
{
	struct span value;

	if (SPAN_BEGINS(text, "#path\t"))
		zeek->is_smtp = SPAN_IS(text, "#path\tsmtp");
	if (!SPAN_BEGINS(text, "#fields\t"))
		return;
	text = span_after(text, 8);
	for (zeek->place_count = 0; zeek->place_count < PLACES_MAX && next_value(&text, &value);
	     zeek->place_count++) {
		int *column = &zeek->column_at[zeek->place_count];

		*column = -1;
		for (int i = 0; i < ZEEK_COLUMNS; i++)
			if (span_is(value, column_names[i], strlen(column_names[i])))
				*column = i;
	}
}

/* "\x41" stands for a byte; in place. */
static struct span unescaped(struct span value)
{
	char *text = (char *)(uintptr_t)value.text, *out = text;
	const char *end = value.text + value.length;

	for (const char *at = value.text; at < end; at++) {
		unsigned byte;

		if (end - at >= 4 && at[0] == '\\' && at[1] == 'x' && sscanf(at + 2, "%2x", &byte) == 1) {
			*out++ = (char)byte;
			at += 3;
		} else {
			*out++ = *at;
		}
	}
	return span_between(text, out);
}

static enum taken json_line(struct zeek *zeek, struct span line)
{
	struct span values[ZEEK_COLUMNS] = { { NULL, 0 } };
	struct json_reader json;
	struct json_slice key, raw;

	json_read_init(&json, line.text, line.length);
	if (!json_enter(&json, JSON_OBJECT))
		return TAKEN_NOT;
	while (json_next_key(&json, &key)) {
		int column = 0;
		const char *before;

		while (column < ZEEK_COLUMNS && !json_slice_is(key, column_names[column]))
			column++;
		before = json_peek(&json) == JSON_NONE ? NULL : json.at;
		if (column < ZEEK_COLUMNS && json_peek(&json) == JSON_STRING) {
			if (!json_take_string(&json, &raw))
				break;
			values[column].text = json_decode(&zeek->arena, raw, false);
			values[column].length = values[column].text ? strlen(values[column].text) : 0;
		} else if (json_skip(&json) && column < ZEEK_COLUMNS) {
			values[column] = span_between(before, json.at);
		}
	}
	return json_finished(&json) ? observe(zeek, values, line) : TAKEN_NOT;
}

static enum taken line(void *state, char *text, size_t length, struct lines *lines)
{
	struct zeek *zeek = state;
	struct span whole = { text, length }, rest = whole, value, values[ZEEK_COLUMNS] = { { NULL, 0 } };

	(void)lines;
	arena_clear(&zeek->arena);
	if (SPAN_BEGINS(whole, "{"))
		return json_line(zeek, whole);
	if (length == 0 || text[0] == '#') {
		take_header(zeek, whole);
		return TAKEN_OTHER;
	}
	if (!zeek->is_smtp)
		return TAKEN_FOREIGN;
	for (size_t place = 0; place < zeek->place_count && next_value(&rest, &value); place++)
		if (zeek->column_at[place] >= 0)
			values[zeek->column_at[place]] = unescaped(value);
	return observe(zeek, values, whole);
}

static void finish(void *state)
{
	observer_finish(&((struct zeek *)state)->observer);
}

static void close_reader(void *state)
{
	struct zeek *zeek = state;

	observer_clear(&zeek->observer);
	arena_clear(&zeek->arena);
	free(zeek);
}

const struct log_format log_zeek = {
	.name = "zeek",
	.recognise = recognise,
	.open = open_reader,
	.line = line,
	.finish = finish,
	.close = close_reader,
};
