/* SPDX-License-Identifier: BSD-2-Clause */
/* Two chunks: one is filled by the thread while the other is used up. */
#include "logs/read_ahead.h"

#include "base/processors.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (256 << 10)

struct chunk {
	bool full;			/* the reader's; else the thread's */
	size_t length;			/* 0: the end */
	size_t at;			/* as far as it is used up */
	char bytes[CHUNK_BYTES];
};

struct read_ahead {
	read_ahead_source *source;
	void *context;
	pthread_t thread;
	unsigned reading;		/* the chunk that the reader is at */
	const char *error;		/* of the source, with the chunk that is the end */
	pthread_mutex_t mutex;		/* for stopped, and whose a chunk is */
	pthread_cond_t changed;
	bool stopped;
	struct chunk chunks[2];
};

/* Until it is the thread's; false: nobody wants more. */
static bool wait_for_empty(struct read_ahead *ahead, const struct chunk *chunk)
{
	bool wanted;

	pthread_mutex_lock(&ahead->mutex);
	while (chunk->full && !ahead->stopped)
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	wanted = !ahead->stopped;
	pthread_mutex_unlock(&ahead->mutex);
	return wanted;
}

static void hand_over(struct read_ahead *ahead, struct chunk *chunk, bool full)
{
	pthread_mutex_lock(&ahead->mutex);
	chunk->full = full;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
}

static void *run(void *argument)
{
	struct read_ahead *ahead = argument;
	bool ended = false;

	for (unsigned i = 0; !ended && wait_for_empty(ahead, &ahead->chunks[i]); i ^= 1) {
		struct chunk *chunk = &ahead->chunks[i];

		chunk->at = 0;
		chunk->length = ahead->source(ahead->context, chunk->bytes, sizeof chunk->bytes, &ahead->error);
		ended = chunk->length == 0;
		hand_over(ahead, chunk, true);
	}
	return NULL;
}

struct read_ahead *read_ahead_new(read_ahead_source *source, void *context)
{
	struct read_ahead *ahead = processors_allowed() > 1 ? malloc(sizeof *ahead) : NULL;

	if (!ahead)
		return NULL;
	memset(ahead, 0, offsetof(struct read_ahead, chunks));
	ahead->chunks[0].full = ahead->chunks[1].full = false;
	ahead->source = source;
	ahead->context = context;
	pthread_mutex_init(&ahead->mutex, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	if (thread_start(&ahead->thread, run, ahead) == 0)
		return ahead;
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->mutex);
	free(ahead);
	return NULL;
}

static void wait_for_full(struct read_ahead *ahead, const struct chunk *chunk)
{
	pthread_mutex_lock(&ahead->mutex);
	while (!chunk->full)
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	pthread_mutex_unlock(&ahead->mutex);
}

size_t read_ahead_read(struct read_ahead *ahead, char *bytes, size_t size, const char **error_r)
{
	struct chunk *chunk = &ahead->chunks[ahead->reading];
	size_t length;

	wait_for_full(ahead, chunk);
	length = chunk->length - chunk->at < size ? chunk->length - chunk->at : size;
	memcpy(bytes, chunk->bytes + chunk->at, length);
	chunk->at += length;
	*error_r = chunk->length == 0 ? ahead->error : NULL;
	/* The last one stays: who asks again is told the same. */
	if (length > 0 && chunk->at == chunk->length) {
		ahead->reading ^= 1;
		hand_over(ahead, chunk, false);
	}
	return length;
}

void read_ahead_free(struct read_ahead **ahead)
{
	if (!*ahead)
		return;
	pthread_mutex_lock(&(*ahead)->mutex);
	(*ahead)->stopped = true;
	pthread_cond_signal(&(*ahead)->changed);
	pthread_mutex_unlock(&(*ahead)->mutex);
	pthread_join((*ahead)->thread, NULL);
	pthread_cond_destroy(&(*ahead)->changed);
	pthread_mutex_destroy(&(*ahead)->mutex);
	free(*ahead);
	*ahead = NULL;
}
