/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of the formats share. */
#include "logs/reader.h"

#include "base/buf.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

void sink_record(struct log_sink *sink, struct record *record, struct arena *arena)
{
	sink->stats.sessions++;
	sink->stats.incomplete += record->complete.presence == PRESENCE_KNOWN && !record->complete.value;
	if (!sink->stopped && !sink->take(sink->context, record, arena))
		sink->stopped = true;
}

/* "FILE:LINE: TEXT", safe for a terminal. */
static void print_missed(const struct log_sink *sink, const char *text, size_t length)
{
	struct buf out;
	char *copy = strndup(text, length);

	buf_init(&out);
	buf_add_escaped(&out, sink->path, "", 0);
	buf_addf(&out, ":%llu: ", (unsigned long long)sink->line_number);
	if (copy)
		buf_add_escaped(&out, copy, "", 0);
	buf_add_char(&out, '\n');
	(void)fwrite(out.text, 1, out.length, sink->missed);
	buf_clear(&out);
	free(copy);
}

void sink_count(struct log_sink *sink, enum taken taken, const char *text, size_t length)
{
	struct logs_stats *stats = &sink->stats;

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
		if (sink->missed)
			print_missed(sink, text, length);
		break;
	}
}

/* Lines of other hosts, or of busy processes, may stand between two that are equal. */
static uint32_t count_equal(struct log_sink *sink, uint64_t hash)
{
	struct first_line *set = sink->first_lines[hash % ID_SETS], line = { .hash = hash };
	size_t at = 0;

	while (at < ID_WAYS - 1 && set[at].hash != hash)
		at++;
	if (set[at].hash == hash)
		line.count = set[at].count + 1;
	memmove(set + 1, set, at * sizeof *set);
	set[0] = line;
	return line.count;
}

const char *sink_session_id(struct log_sink *sink, struct arena *arena, int64_t start_us, struct span first_line)
{
	uint64_t hash = hash_bytes(first_line.text, first_line.length, 3);
	uint32_t count = count_equal(sink, hash);
	char *id = arena_alloc(arena, SESSION_ID_BYTES);

	if (!id) {
		sink->no_memory = true;
		return NULL;
	}
	session_id_of(start_us < 0 ? 0 : start_us,
		      (uint32_t)hash_mix(hash, (uint64_t)count * 2 + UINT64_C(0x9e3779b97f4a7c15)), id);
	return id;
}

const char *sink_copy(struct log_sink *sink, struct arena *arena, struct span text)
{
	char *copy = arena_strndup(arena, text.text, text.length);
	char *nul = copy;

	if (!copy) {
		sink->no_memory = true;
		return NULL;
	}
	while ((nul = memchr(nul, '\0', (size_t)(copy + text.length - nul))) != NULL)
		*nul = '?';
	return copy;
}

struct text sink_text(struct log_sink *sink, struct arena *arena, struct span text)
{
	const char *copy = sink_copy(sink, arena, text);

	return copy ? text_known(copy) : (struct text){ .presence = PRESENCE_UNKNOWN };
}

bool text_is(const struct text *text, struct span span)
{
	return text->presence == PRESENCE_KNOWN && strlen(text->value) == span.length &&
	       memcmp(text->value, span.text, span.length) == 0;
}

struct address sink_address(struct span text)
{
	struct address address = { .presence = PRESENCE_UNKNOWN };

	if (SPAN_BEGINS(text, "IPv6:") || SPAN_BEGINS(text, "ipv6:"))
		text = span_after(text, 5);
	if (ip_parse_bytes(text.text, text.length, &address.value))
		address.presence = PRESENCE_KNOWN;
	return address;
}

struct number sink_number(struct span text)
{
	struct number number = { .presence = PRESENCE_UNKNOWN };

	for (size_t i = 0; i < text.length; i++) {
		if (text.text[i] < '0' || text.text[i] > '9' || number.value > 99999999)
			return (struct number){ .presence = PRESENCE_UNKNOWN };
		number.value = number.value * 10 + (unsigned)(text.text[i] - '0');
	}
	if (text.length > 0)
		number.presence = PRESENCE_KNOWN;
	return number;
}
