/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines on their way to a thread that writes them. */
#ifndef BASE_LOG_QUEUE_H
#define BASE_LOG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#define LOG_QUEUE_LINE_BYTES 4096	/* the longest line, with its NUL: more than LOG_LINE_BYTES */

struct log_queue;

/* Called by the queue's thread, one line at a time; may block. */
typedef void log_queue_write(int level, const char *line, size_t length);

/* Takes a line without waiting, or not at all.  Called by whoever adds one. */
typedef bool log_queue_try(int level, const char *line, size_t length);

/*
 * Starts the thread.  Where there is a try, a line that finds the queue empty goes to it first: only what it does not
 * take needs the thread.  NULL (errno) when there is no memory or thread.
 */
struct log_queue *log_queue_new(log_queue_write *write, log_queue_try *try);

/* Never waits for the writer.  False when there is no room: the line is counted as dropped.  Any thread. */
bool log_queue_add(struct log_queue *queue, int level, const char *line, size_t length);

/* How many were dropped since this was asked last.  For the queue's thread. */
unsigned long log_queue_take_dropped(struct log_queue *queue);
unsigned long log_queue_dropped(struct log_queue *queue);

/* Waits until all that was added is written, for limit_ms at most; false when it was not. */
bool log_queue_flush(struct log_queue *queue, int limit_ms);

#endif
