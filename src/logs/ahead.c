/* SPDX-License-Identifier: BSD-2-Clause */
/* A few places, which a thread fills in turn while those before it are used up. */
#include "logs/ahead.h"

#include "base/processors.h"
#include "base/thread.h"

/* Until it is the thread's; false: nobody wants more. */
static bool wait_for_empty(struct ahead *ahead, unsigned place)
{
	bool wanted;

	pthread_mutex_lock(&ahead->mutex);
	while (ahead->full[place] && !ahead->stopped)
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	wanted = !ahead->stopped;
	pthread_mutex_unlock(&ahead->mutex);
	return wanted;
}

static void hand_over(struct ahead *ahead, unsigned place, bool full)
{
	pthread_mutex_lock(&ahead->mutex);
	ahead->full[place] = full;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
}

static void *run(void *argument)
{
	struct ahead *ahead = argument;
	bool more = true;

	for (unsigned i = 0; more && wait_for_empty(ahead, i); i = (i + 1) % AHEAD_PLACES) {
		more = ahead->fill(ahead->context, i);
		hand_over(ahead, i, true);
	}
	return NULL;
}

static void clear(struct ahead *ahead)
{
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->mutex);
}

bool ahead_start(struct ahead *ahead, ahead_fill *fill, void *context)
{
	if (processors_allowed() < 2)
		return false;
	*ahead = (struct ahead){ .fill = fill, .context = context };
	pthread_mutex_init(&ahead->mutex, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	if (thread_start(&ahead->thread, run, ahead) == 0)
		return true;
	clear(ahead);
	return false;
}

unsigned ahead_place(struct ahead *ahead)
{
	pthread_mutex_lock(&ahead->mutex);
	while (!ahead->full[ahead->at])
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	pthread_mutex_unlock(&ahead->mutex);
	return ahead->at;
}

void ahead_next(struct ahead *ahead)
{
	hand_over(ahead, ahead->at, false);
	ahead->at = (ahead->at + 1) % AHEAD_PLACES;
}

void ahead_stop(struct ahead *ahead)
{
	pthread_mutex_lock(&ahead->mutex);
	ahead->stopped = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
	pthread_join(ahead->thread, NULL);
	clear(ahead);
}
