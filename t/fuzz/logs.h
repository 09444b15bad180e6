/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzz targets of the log readers share: bytes in, and promises on what comes out. */
#ifndef FUZZ_LOGS_H
#define FUZZ_LOGS_H

#include "fuzz.h"

#include "base/diag.h"
#include "base/utf8.h"
#include "core/facts.h"
#include "logs/logs.h"
#include "logs/record_json.h"
#include "logs/record_session.h"

/* One line, of UTF-8, without a control character. */
static inline void fuzz_check_line(const struct buf *out)
{
	promise(!out->failed && out->length > 0 && out->text[out->length - 1] == '\n');
	for (size_t at = 0; at + 1 < out->length;) {
		size_t length = utf8_length(out->text + at, out->length - 1 - at);

		promise(length > 0 && (unsigned char)out->text[at] >= 0x20 && out->text[at] != 0x7f);
		at += length;
	}
}

/* Written and read again it is the same; each of its transactions is a session that can be judged. */
static inline void fuzz_check_record(const struct record *record)
{
	struct record again;
	struct arena arena;
	struct buf first, second;
	struct session session;
	struct facts facts;

	arena_init(&arena, NULL, 0, 4096);
	buf_init(&first);
	buf_init(&second);
	record_write(record, &first);
	fuzz_check_line(&first);
	promise(!record_read(first.text, first.length, &arena, &again));
	record_write(&again, &second);
	promise(first.length == second.length && memcmp(first.text, second.text, first.length) == 0);
	for (size_t tx = 0; tx <= record->tx_count && tx < 50; tx++) {
		record_session(record, tx, &session);
		promise(session.transaction == (tx < record->tx_count ? tx + 1 : 0));
		facts_derive(&session, &facts);
	}
	buf_clear(&first);
	buf_clear(&second);
	arena_clear(&arena);
}

struct fuzz_taken {
	uint64_t count;
	struct buf out;
	const struct record *last;	/* kept */
	struct arena arena;		/* in which it lies */
	size_t last_at;			/* where it begins in out */
};

static inline bool fuzz_take(void *context, struct record *record, struct arena *arena)
{
	struct fuzz_taken *taken = context;

	taken->count++;
	promise(record_make_whole(record, arena));
	fuzz_check_record(record);
	taken->last = record;
	taken->last_at = taken->out.length;
	record_write(record, &taken->out);
	arena_rewind(&taken->arena);
	arena_exchange(&taken->arena, arena);
	return true;
}

/* The record that was kept is whole without the reader: sanitizers see what it still has of that. */
static inline void fuzz_check_last(struct fuzz_taken *taken)
{
	struct buf last;

	buf_init(&last);
	if (taken->count > 0)
		record_write(taken->last, &last);
	promise(taken->last_at + last.length == taken->out.length &&
		memcmp(taken->out.text + taken->last_at, last.text, last.length) == 0);
	buf_clear(&last);
	arena_clear(&taken->arena);
}

/* Every line is counted in one way; the records come out the same each time. */
static inline void fuzz_read(const struct logs_options *options, const uint8_t *data, size_t size,
			     struct buf *out_r)
{
	struct fuzz_taken taken = { .count = 0 };
	const struct logs_stats *stats;
	const char *error;
	struct logs *logs;
	struct diag diag;

	arena_init(&taken.arena, NULL, 0, RECORD_BLOCK_BYTES);
	buf_init(&taken.out);
	diag_init(&diag);
	logs = logs_new(options, fuzz_take, &taken, &error);
	promise(logs);
	promise(logs_read_bytes(logs, "input", (const char *)data, size, &diag) && logs_finish(logs));
	stats = logs_stats(logs);
	promise(stats->sessions == taken.count);
	promise(stats->missed_lines.count <= LINE_SAMPLES_MAX && stats->orphans <= stats->understood);
	logs_free(&logs);
	fuzz_check_last(&taken);
	diag_clear(&diag);
	*out_r = taken.out;
}

static inline int fuzz_logs(const struct logs_options *options, const uint8_t *data, size_t size)
{
	struct buf first, second;

	/* The bytes may be compressed: that is input.c's, and could grow without end. */
	if (size > 100000 || (size > 1 && data[0] == 0x1f && data[1] == 0x8b))
		return 0;
	fuzz_read(options, data, size, &first);
	fuzz_read(options, data, size, &second);
	promise(first.length == second.length && memcmp(first.text, second.text, first.length) == 0);
	buf_clear(&first);
	buf_clear(&second);
	return 0;
}

#endif
