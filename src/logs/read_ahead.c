/* SPDX-License-Identifier: BSD-2-Clause */
/* Chunks of bytes: some are filled by the thread while another is used up. */
#include "logs/read_ahead.h"

#include "logs/ahead.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (256 << 10)

struct chunk {
	size_t length;			/* 0: the end */
	size_t at;			/* as far as it is used up */
	char bytes[CHUNK_BYTES];
};

struct read_ahead {
	read_ahead_source *source;
	void *context;
	const char *error;		/* of the source, with the chunk that is the end */
	struct ahead ahead;
	struct chunk chunks[AHEAD_PLACES];
};

static bool fill(void *context, unsigned place)
{
	struct read_ahead *ahead = context;
	struct chunk *chunk = &ahead->chunks[place];

	chunk->at = 0;
	chunk->length = ahead->source(ahead->context, chunk->bytes, sizeof chunk->bytes, &ahead->error);
	return chunk->length > 0;
}

struct read_ahead *read_ahead_new(read_ahead_source *source, void *context)
{
	struct read_ahead *ahead = malloc(sizeof *ahead);

	if (!ahead)
		return NULL;
	ahead->source = source;
	ahead->context = context;
	ahead->error = NULL;
	if (ahead_start(&ahead->ahead, fill, ahead))
		return ahead;
	free(ahead);
	return NULL;
}

size_t read_ahead_read(struct read_ahead *ahead, char *bytes, size_t size, const char **error_r)
{
	struct chunk *chunk = &ahead->chunks[ahead_place(&ahead->ahead)];
	size_t length = chunk->length - chunk->at < size ? chunk->length - chunk->at : size;

	memcpy(bytes, chunk->bytes + chunk->at, length);
	chunk->at += length;
	*error_r = chunk->length == 0 ? ahead->error : NULL;
	/* The last one stays: who asks again is told the same. */
	if (length > 0 && chunk->at == chunk->length)
		ahead_next(&ahead->ahead);
	return length;
}

void read_ahead_free(struct read_ahead **ahead)
{
	if (!*ahead)
		return;
	ahead_stop(&(*ahead)->ahead);
	free(*ahead);
	*ahead = NULL;
}
