/* SPDX-License-Identifier: BSD-2-Clause */
/* What journalctl writes (systemd.journal-fields(7), the Journal Export Format and the JSON form of it). */
#include "logs/journal.h"

#include "base/json_read.h"

#include <string.h>

/* Before a field of the form verbose; further lines of its value are indented to stand below the first. */
#define FIELD_INDENT "    "

void journal_init(struct journal *journal)
{
	*journal = (struct journal){ .any = false };
	arena_init(&journal->arena, NULL, 0, 4096);
	buf_init(&journal->pretty);
}

void journal_clear(struct journal *journal)
{
	arena_clear(&journal->arena);
	buf_clear(&journal->pretty);
}

static void begin(struct journal *journal)
{
	struct arena arena = journal->arena;
	struct buf pretty = journal->pretty;

	arena_clear(&arena);
	*journal = (struct journal){ .arena = arena, .pretty = pretty };
}

bool journal_is_json(struct span head)
{
	head = span_first_line(head);
	return (SPAN_BEGINS(head, "{") || SPAN_BEGINS(head, "\x1e{") || SPAN_BEGINS(head, "data: {")) &&
	       memmem(head.text, head.length, "\"__REALTIME_TIMESTAMP\"", 22);
}

bool journal_is_pretty(struct span head)
{
	return (SPAN_BEGINS(head, "{\n") || SPAN_BEGINS(head, "{\r\n")) &&
	       memmem(head.text, head.length, "\"__REALTIME_TIMESTAMP\" : \"", 26);
}

bool journal_is_export(struct span head)
{
	return SPAN_BEGINS(head, "__CURSOR=");
}

/* "Thu 2026-11-26 05:16:02.123456 UTC [s=...;i=1;b=...;m=...;t=644832b9c6cc0;x=...]": gives what stands in the brackets. */
static bool take_cursor(struct span line, struct span *cursor_r)
{
	const char *open = SPAN_FIND(line, " [s=");

	if (!open || line.text[0] == ' ' || line.text[line.length - 1] != ']')
		return false;
	*cursor_r = span_between(open + 2, line.text + line.length - 1);
	return true;
}

/* "-- Journal begins at ...", "-- Boot ... --", "-- No entries --" */
static bool is_remark(struct span line)
{
	return SPAN_BEGINS(line, "-- ");
}

bool journal_is_verbose(struct span head)
{
	const char *newline;
	struct span cursor;

	while ((newline = memchr(head.text, '\n', head.length)) != NULL) {
		struct span line = span_between(head.text, newline), rest = span_between(newline + 1, head.text + head.length);

		line.length -= line.length > 0 && line.text[line.length - 1] == '\r';
		if (!is_remark(line))
			return line.length > 0 && take_cursor(line, &cursor) && SPAN_BEGINS(rest, FIELD_INDENT);
		head = rest;
	}
	return false;
}

static bool parse_decimal(struct span text, int64_t *value_r)
{
	*value_r = 0;
	for (size_t i = 0; i < text.length; i++) {
		if (text.text[i] < '0' || text.text[i] > '9' || i > 17)
			return false;
		*value_r = *value_r * 10 + (text.text[i] - '0');
	}
	return text.length > 0;
}

/* value lives as long as the entry. */
static void set_field(struct journal *journal, struct span name, struct span value)
{
	journal->any = true;
	if (SPAN_IS(name, "_HOSTNAME")) {
		journal->host = value;
	} else if (SPAN_IS(name, "SYSLOG_IDENTIFIER")) {
		journal->tag = value;
	} else if (SPAN_IS(name, "SYSLOG_PID")) {
		journal->pid = value;
		journal->pid_is_syslog = true;
	} else if (SPAN_IS(name, "_PID") && !journal->pid_is_syslog) {
		journal->pid = value;
	} else if (SPAN_IS(name, "MESSAGE")) {
		journal->message = value;
		journal->has_message = true;
	} else if (SPAN_IS(name, "__REALTIME_TIMESTAMP")) {
		(void)parse_decimal(value, &journal->time_us);
	}
}

static bool hand_over(struct journal *journal, journal_take *take, void *context)
{
	static const char nothing[] = "";
	struct log_line line = { .whole = journal->message, .host = journal->host, .tag = journal->tag,
				 .message = journal->message };
	int64_t pid;

	if (!journal->has_message)
		return false;
	if (!line.host.text)
		line.host.text = nothing;
	if (!line.tag.text)
		line.tag.text = nothing;
	line.has_pid = parse_decimal(journal->pid, &pid) && pid <= UINT32_MAX;
	line.pid = line.has_pid ? (uint32_t)pid : 0;
	line.stamp_form = journal->time_us > 0 ? STAMP_EPOCH : STAMP_NONE;
	line.epoch_us = journal->time_us;
	(void)take(context, &line);
	return true;
}

/* MESSAGE that is no UTF-8: an array of its bytes. */
static bool take_bytes(struct journal *journal, struct json_reader *json, struct span *value_r)
{
	/* No more than the array may need: a line may hold very many. */
	const char *close = memchr(json->at, ']', (size_t)(json->end - json->at));
	size_t room = close ? (size_t)(close - json->at) + 1 : 0, length = 0;
	char *bytes = room > 0 ? arena_alloc(&journal->arena, room) : NULL;
	int64_t value;

	if (!bytes || !json_enter(json, JSON_ARRAY))
		return false;
	while (json_next_item(json)) {
		if (json_peek(json) != JSON_NUMBER) {
			(void)json_skip(json);
			continue;
		}
		if (length == room || !json_take_integer(json, &value))
			return false;
		bytes[length++] = (char)(unsigned char)(value & 0xff);
	}
	*value_r = (struct span){ bytes, length };
	return !json->error;
}

static bool take_value(struct journal *journal, struct json_reader *json, struct span *value_r)
{
	struct json_slice raw;

	if (json_peek(json) == JSON_ARRAY)
		return take_bytes(journal, json, value_r);
	if (json_peek(json) != JSON_STRING) {
		(void)json_skip(json);
		return false;
	}
	if (!json_take_string(json, &raw))
		return false;
	value_r->text = json_decode(&journal->arena, raw, false);
	value_r->length = value_r->text ? strlen(value_r->text) : 0;
	return value_r->text;
}

static bool is_wanted(struct json_slice key)
{
	static const char *const names[] = { "MESSAGE", "_HOSTNAME", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "_PID",
					     "__REALTIME_TIMESTAMP" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (json_slice_is(key, names[i]))
			return true;
	return false;
}

/* RFC 7464: a record separator; server-sent events: the name of the field. */
static size_t prefix_length(struct span line)
{
	return SPAN_BEGINS(line, "\x1e") ? 1 : SPAN_BEGINS(line, "data: ") ? 6 : 0;
}

bool journal_json_line(struct journal *journal, const char *text, size_t length, struct lines *lines, journal_take *take,
		       void *context)
{
	size_t prefix = prefix_length((struct span){ text, length });
	struct json_reader json;
	struct json_slice key;
	struct span value;

	(void)lines;
	if (length == 0)
		return true;
	begin(journal);
	json_read_init(&json, text + prefix, length - prefix);
	if (!json_enter(&json, JSON_OBJECT))
		return false;
	while (json_next_key(&json, &key)) {
		if (!is_wanted(key))
			(void)json_skip(&json);
		else if (take_value(journal, &json, &value))
			set_field(journal, (struct span){ key.text, key.length }, value);
	}
	/* The entry ends with its line: what stands there then would be handed over again at the end of the input. */
	journal->any = false;
	return json_finished(&json) && hand_over(journal, take, context);
}

bool journal_pretty_line(struct journal *journal, const char *text, size_t length, struct lines *lines, journal_take *take,
			 void *context)
{
	struct buf *pretty = &journal->pretty;
	bool good;

	/* What has no end is given up. */
	if (pretty->length + length > LINE_MAX_BYTES || pretty->failed) {
		buf_clear(pretty);
		buf_init(pretty);
		return false;
	}
	if (pretty->length == 0 && length > 0 && text[0] != '{')
		return false;
	buf_add_bytes(pretty, text, length);
	if (length != 1 || text[0] != '}')
		return true;
	good = journal_json_line(journal, pretty->text, pretty->length, lines, take, context);
	pretty->length = 0;
	return good;
}

static bool keep(struct journal *journal, struct span name, struct span value)
{
	struct span copy = { arena_strndup(&journal->arena, value.text, value.length), value.length };

	if (copy.text)
		set_field(journal, name, copy);
	return copy.text;
}

/* "NAME", a line end, 64 bits of length with the lowest byte first, as many bytes, a line end. */
static bool take_binary(struct journal *journal, struct span name, struct lines *lines)
{
	char *copy = arena_strndup(&journal->arena, name.text, name.length);
	const char *bytes = lines_take(lines, 8);
	uint64_t length = 0;

	for (int i = 7; bytes && i >= 0; i--)
		length = length << 8 | (unsigned char)bytes[i];
	if (!copy || !bytes || length > LINE_MAX_BYTES)
		return false;
	bytes = lines_take(lines, (size_t)length + 1);
	return bytes && keep(journal, (struct span){ copy, name.length }, (struct span){ bytes, (size_t)length });
}

void journal_end(struct journal *journal, journal_take *take, void *context)
{
	if (journal->any)
		(void)hand_over(journal, take, context);
	begin(journal);
}

bool journal_export_line(struct journal *journal, const char *text, size_t length, struct lines *lines,
			 journal_take *take, void *context)
{
	const char *equals = memchr(text, '=', length);

	if (length == 0) {
		journal_end(journal, take, context);
		return true;
	}
	if (!equals)
		return take_binary(journal, (struct span){ text, length }, lines);
	return keep(journal, span_between(text, equals), span_between(equals + 1, text + length));
}

/* Of a cursor "s=...;t=HEX;...": microseconds since 1970; 0: not told. */
static int64_t cursor_time_us(struct span cursor)
{
	const char *at = SPAN_FIND(cursor, ";t="), *end = cursor.text + cursor.length;
	int64_t time_us = 0;

	for (at = at ? at + 3 : end; at < end && *at != ';' && time_us < INT64_MAX >> 4; at++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = memchr(digits, *at, sizeof digits - 1);

		if (!digit)
			return 0;
		time_us = time_us * 16 + (digit - digits);
	}
	return time_us;
}

bool journal_verbose_line(struct journal *journal, const char *text, size_t length, struct lines *lines, journal_take *take,
			  void *context)
{
	struct span line = { text, length }, cursor;
	const char *equals;

	(void)lines;
	if (length == 0 || is_remark(line))
		return true;
	if (take_cursor(line, &cursor)) {
		journal_end(journal, take, context);
		journal->time_us = cursor_time_us(cursor);
		return true;
	}
	if (!SPAN_BEGINS(line, FIELD_INDENT))
		return false;
	line = span_after(line, sizeof FIELD_INDENT - 1);
	if (SPAN_BEGINS(line, " "))
		return true;
	equals = memchr(line.text, '=', line.length);
	return equals && keep(journal, span_between(line.text, equals), span_between(equals + 1, text + length));
}
