/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines go from thread to thread by the batch, with the block into which they point. */
#include "logs/parse_ahead.h"

#include "logs/ahead.h"

#include <stdlib.h>

#define BATCH_LINES 2048		/* while one is filled, the others must not run out */
#define BLOCK_BYTES (BATCH_LINES * 128)	/* for about as many */

struct batch {
	struct lines_block block;
	struct lines_seen seen;		/* with the last of its lines */
	size_t count;			/* 0: the end */
	struct parsed_line lines[BATCH_LINES];
};

struct parse_ahead {
	struct lines *lines;
	struct line_heads *heads;
	bool bare;
	struct ahead ahead;
	const struct batch *batch;	/* whose lines are being given */
	size_t given;			/* of them */
	struct batch batches[AHEAD_PLACES];
};

static void add_line(struct parse_ahead *ahead, struct batch *batch, const char *text, size_t length)
{
	struct parsed_line *parsed = &batch->lines[batch->count++];
	uint32_t repeats;

	parsed->kind = syslog_line_parse(ahead->heads, text, length, ahead->bare, &parsed->line, &repeats);
}

/* As many lines as lie in memory: the first may have to be read, which moves what was there before. */
static bool fill(void *context, unsigned place)
{
	struct parse_ahead *ahead = context;
	struct batch *batch = &ahead->batches[place];
	size_t length;
	char *text;
	bool more = lines_next(ahead->lines, &text, &length);

	for (batch->count = 0; more; more = batch->count < BATCH_LINES && lines_next_read(ahead->lines, &text, &length))
		add_line(ahead, batch, text, length);
	batch->seen = ahead->lines->seen;
	lines_change_block(ahead->lines, &batch->block);
	return batch->count > 0;
}

static void take_batch(struct parse_ahead *ahead)
{
	ahead->batch = &ahead->batches[ahead_place(&ahead->ahead)];
	ahead->given = 0;
}

static void free_blocks(struct parse_ahead *ahead)
{
	for (size_t i = 0; i < AHEAD_PLACES; i++)
		free(ahead->batches[i].block.bytes);
}

struct parse_ahead *parse_ahead_new(struct lines *lines, struct line_heads *heads, bool bare)
{
	struct parse_ahead *ahead = input_has_more(lines->input) ? malloc(sizeof *ahead) : NULL;
	bool good = ahead;

	if (!ahead)
		return NULL;
	memset(ahead, 0, offsetof(struct parse_ahead, batches));
	ahead->lines = lines;
	ahead->heads = heads;
	ahead->bare = bare;
	for (size_t i = 0; i < AHEAD_PLACES; i++) {
		ahead->batches[i].block = lines_block_new(BLOCK_BYTES);
		good = good && ahead->batches[i].block.bytes;
	}
	if (good && ahead_start(&ahead->ahead, fill, ahead)) {
		take_batch(ahead);
		return ahead;
	}
	free_blocks(ahead);
	free(ahead);
	return NULL;
}

const struct parsed_line *parse_ahead_next(struct parse_ahead *ahead)
{
	if (ahead->given == ahead->batch->count) {
		if (ahead->given > 0)
			ahead_next(&ahead->ahead);
		take_batch(ahead);
	}
	return ahead->given < ahead->batch->count ? &ahead->batch->lines[ahead->given++] : NULL;
}

uint64_t parse_ahead_number(const struct parse_ahead *ahead)
{
	return ahead->batch->seen.count - ahead->batch->count + ahead->given;
}

void parse_ahead_free(struct parse_ahead **ahead)
{
	if (!*ahead)
		return;
	ahead_stop(&(*ahead)->ahead);
	(*ahead)->lines->seen = (*ahead)->batch->seen;
	(*ahead)->lines->seen.count = parse_ahead_number(*ahead);
	free_blocks(*ahead);
	free(*ahead);
	*ahead = NULL;
}
