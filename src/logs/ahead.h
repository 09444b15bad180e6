/* SPDX-License-Identifier: BSD-2-Clause */
/* A few places, which a thread fills in turn while those before it are used up. */
#ifndef LOGS_AHEAD_H
#define LOGS_AHEAD_H

#include <pthread.h>
#include <stdbool.h>

#define AHEAD_PLACES 8

/* Fills a place, in the thread.  false: it is the last one. */
typedef bool ahead_fill(void *context, unsigned place);

struct ahead {
	ahead_fill *fill;
	void *context;
	pthread_t thread;
	unsigned at;			/* the place that is being used up */
	pthread_mutex_t mutex;		/* for stopped, and whose a place is */
	pthread_cond_t changed;
	bool stopped;
	bool full[AHEAD_PLACES];	/* the user's; else the thread's */
};

/* false: threads are out, or there is only one processor; then there is nothing to stop. */
bool ahead_start(struct ahead *ahead, ahead_fill *fill, void *context);

/* The place whose turn it is, once it is full; the last one again and again. */
unsigned ahead_place(struct ahead *ahead);

/* It is used up, and was not the last one. */
void ahead_next(struct ahead *ahead);

/* Waits for the thread, which ends with what it is at. */
void ahead_stop(struct ahead *ahead);

#endif
