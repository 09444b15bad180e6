/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of answers under one mutex, and one condition for who waits for them. */
#include "dns/inbox.h"

#include "dns/answer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct inbox {
	atomic_uint user_count;		/* the batch, and each waiter */
	pthread_mutex_t mutex;		/* for what follows */
	pthread_cond_t came;
	struct waiter *first;		/* what has come, in that order */
	struct waiter **end;
	bool closed;
};

/* On the clock of the deadlines. */
static bool init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	bool good;

	if (pthread_condattr_init(&attributes) != 0)
		return false;
	good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
	       pthread_cond_init(condition, &attributes) == 0;
	pthread_condattr_destroy(&attributes);
	return good;
}

struct inbox *inbox_new(void)
{
	struct inbox *inbox = calloc(1, sizeof *inbox);

	if (!inbox)
		return NULL;
	if (pthread_mutex_init(&inbox->mutex, NULL) != 0) {
		free(inbox);
		return NULL;
	}
	if (!init_condition(&inbox->came)) {
		pthread_mutex_destroy(&inbox->mutex);
		free(inbox);
		return NULL;
	}
	atomic_init(&inbox->user_count, 1);
	inbox->end = &inbox->first;
	return inbox;
}

static void unref(struct inbox *inbox)
{
	if (atomic_fetch_sub_explicit(&inbox->user_count, 1, memory_order_acq_rel) != 1)
		return;
	pthread_cond_destroy(&inbox->came);
	pthread_mutex_destroy(&inbox->mutex);
	free(inbox);
}

void inbox_close(struct inbox **inbox)
{
	struct waiter *list;

	if (!*inbox)
		return;
	pthread_mutex_lock(&(*inbox)->mutex);
	(*inbox)->closed = true;
	list = (*inbox)->first;
	(*inbox)->first = NULL;
	pthread_mutex_unlock(&(*inbox)->mutex);
	while (list) {
		struct waiter *next = list->next;

		waiter_free(&list);
		list = next;
	}
	unref(*inbox);
	*inbox = NULL;
}

struct waiter *waiter_new(struct inbox *inbox, uint64_t number)
{
	struct waiter *waiter = calloc(1, sizeof *waiter);

	if (!waiter)
		return NULL;
	atomic_fetch_add_explicit(&inbox->user_count, 1, memory_order_relaxed);
	waiter->inbox = inbox;
	waiter->number = number;
	return waiter;
}

void waiter_free(struct waiter **waiter)
{
	if (!*waiter)
		return;
	answer_unref(&(*waiter)->answer);
	unref((*waiter)->inbox);
	free(*waiter);
	*waiter = NULL;
}

/* False when nobody reads it any more. */
static bool put(struct waiter *waiter)
{
	struct inbox *inbox = waiter->inbox;
	bool open;

	/* Once the waiter lies in the inbox, the batch may free both. */
	atomic_fetch_add_explicit(&inbox->user_count, 1, memory_order_relaxed);
	waiter->next = NULL;
	pthread_mutex_lock(&inbox->mutex);
	open = !inbox->closed;
	if (open) {
		*inbox->end = waiter;
		inbox->end = &waiter->next;
		pthread_cond_signal(&inbox->came);
	}
	pthread_mutex_unlock(&inbox->mutex);
	unref(inbox);
	return open;
}

void inbox_deliver(struct waiter *list, const struct dns_answer *answer, int64_t now_us)
{
	while (list) {
		struct waiter *next = list->next;

		list->answer = answer_ref(answer);
		list->came_us = now_us;
		if (!put(list))
			waiter_free(&list);
		list = next;
	}
}

struct waiter *inbox_take(struct inbox *inbox, int64_t deadline_us)
{
	const struct timespec deadline = {
		.tv_sec = (time_t)(deadline_us / 1000000),
		.tv_nsec = (long)(deadline_us % 1000000 * 1000),
	};
	struct waiter *list;
	int error = deadline_us > 0 ? 0 : ETIMEDOUT;

	pthread_mutex_lock(&inbox->mutex);
	while (!inbox->first && error == 0)
		error = pthread_cond_timedwait(&inbox->came, &inbox->mutex, &deadline);
	list = inbox->first;
	inbox->first = NULL;
	inbox->end = &inbox->first;
	pthread_mutex_unlock(&inbox->mutex);
	return list;
}
