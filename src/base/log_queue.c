/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of bytes in which each line has a small head, one lock, and a thread that empties it. */
#include "base/log_queue.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RING_BYTES (512 * 1024)		/* about 2,000 lines about refused sessions */
#define US_PER_MS INT64_C(1000)

struct head {
	uint16_t length;
	uint16_t level;
};

struct log_queue {
	pthread_mutex_t lock;
	pthread_cond_t added;
	pthread_cond_t written;
	log_queue_write *write;
	log_queue_try *try;		/* NULL: there is none */
	size_t first;			/* where the oldest line begins */
	size_t used;
	bool writing;			/* a line that is no longer in the ring */
	unsigned long dropped;
	unsigned long dropped_untold;
	char ring[RING_BYTES];
};

static void copy_in(struct log_queue *queue, const void *bytes, size_t length)
{
	size_t at = (queue->first + queue->used) % RING_BYTES;
	size_t to_end = RING_BYTES - at < length ? RING_BYTES - at : length;

	memcpy(queue->ring + at, bytes, to_end);
	memcpy(queue->ring, (const char *)bytes + to_end, length - to_end);
	queue->used += length;
}

static void copy_out(struct log_queue *queue, void *bytes_r, size_t length)
{
	size_t to_end = RING_BYTES - queue->first < length ? RING_BYTES - queue->first : length;

	memcpy(bytes_r, queue->ring + queue->first, to_end);
	memcpy((char *)bytes_r + to_end, queue->ring, length - to_end);
	queue->first = (queue->first + length) % RING_BYTES;
	queue->used -= length;
}

static void *run(void *argument)
{
	struct log_queue *queue = argument;
	char line[LOG_QUEUE_LINE_BYTES];
	struct head head;

	pthread_mutex_lock(&queue->lock);
	for (;;) {
		queue->writing = false;
		if (queue->used == 0)
			pthread_cond_broadcast(&queue->written);
		while (queue->used == 0)
			pthread_cond_wait(&queue->added, &queue->lock);
		copy_out(queue, &head, sizeof head);
		copy_out(queue, line, head.length);
		line[head.length] = '\0';
		queue->writing = true;
		pthread_mutex_unlock(&queue->lock);
		queue->write(head.level, line, head.length);
		pthread_mutex_lock(&queue->lock);
	}
	return NULL;
}

static bool init(struct log_queue *queue)
{
	pthread_condattr_t monotonic;
	pthread_t thread;
	bool good;

	if (pthread_condattr_init(&monotonic) != 0)
		return false;
	good = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
	       pthread_mutex_init(&queue->lock, NULL) == 0 && pthread_cond_init(&queue->added, NULL) == 0 &&
	       pthread_cond_init(&queue->written, &monotonic) == 0;
	(void)pthread_condattr_destroy(&monotonic);
	if (!good)
		return false;
	errno = pthread_create(&thread, NULL, run, queue);
	return errno == 0 && pthread_detach(thread) == 0;
}

struct log_queue *log_queue_new(log_queue_write *write, log_queue_try *try)
{
	struct log_queue *queue = calloc(1, sizeof *queue);

	if (!queue)
		return NULL;
	queue->write = write;
	queue->try = try;
	if (!init(queue)) {
		free(queue);
		return NULL;
	}
	return queue;
}

static bool add(struct log_queue *queue, int level, const char *line, size_t length)
{
	struct head head = { .length = (uint16_t)length, .level = (uint16_t)level };

	if (queue->try && queue->used == 0 && !queue->writing && queue->try(level, line, length))
		return true;
	if (queue->used + sizeof head + length > RING_BYTES) {
		queue->dropped++;
		queue->dropped_untold++;
		return false;
	}
	copy_in(queue, &head, sizeof head);
	copy_in(queue, line, length);
	pthread_cond_signal(&queue->added);
	return true;
}

bool log_queue_add(struct log_queue *queue, int level, const char *line, size_t length)
{
	bool added;

	if (length >= LOG_QUEUE_LINE_BYTES)
		return false;
	pthread_mutex_lock(&queue->lock);
	added = add(queue, level, line, length);
	pthread_mutex_unlock(&queue->lock);
	return added;
}

unsigned long log_queue_take_dropped(struct log_queue *queue)
{
	unsigned long count;

	pthread_mutex_lock(&queue->lock);
	count = queue->dropped_untold;
	queue->dropped_untold = 0;
	pthread_mutex_unlock(&queue->lock);
	return count;
}

unsigned long log_queue_dropped(struct log_queue *queue)
{
	unsigned long count;

	pthread_mutex_lock(&queue->lock);
	count = queue->dropped;
	pthread_mutex_unlock(&queue->lock);
	return count;
}

bool log_queue_flush(struct log_queue *queue, int limit_ms)
{
	int64_t end_us = clock_monotonic_us() + limit_ms * US_PER_MS;
	struct timespec end = { .tv_sec = end_us / 1000000, .tv_nsec = end_us % 1000000 * 1000 };
	bool empty;

	pthread_mutex_lock(&queue->lock);
	while (queue->used > 0 || queue->writing)
		if (pthread_cond_timedwait(&queue->written, &queue->lock, &end) != 0)
			break;
	empty = queue->used == 0 && !queue->writing;
	pthread_mutex_unlock(&queue->lock);
	return empty;
}
