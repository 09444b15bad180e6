/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the answers that a batch waits for arrive, from whatever thread has them. */
#ifndef DNS_INBOX_H
#define DNS_INBOX_H

#include "core/dns_answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lives as long as its batch or one of its waiters. */
struct inbox;

/* One question that a batch waits for.  Made when it is asked, so that delivering needs no memory. */
struct waiter {
	struct waiter *next;
	struct inbox *inbox;
	uint64_t number;			/* the batch's own, of the question */
	const struct dns_answer *answer;	/* with a reference, once delivered */
	int64_t came_us;
};

/* NULL when memory is out. */
struct inbox *inbox_new(void);
/* By the batch: what is there, and what still comes, is dropped. */
void inbox_close(struct inbox **inbox);

/* NULL when memory is out. */
struct waiter *waiter_new(struct inbox *inbox, uint64_t number);
void waiter_free(struct waiter **waiter);

/*
 * Takes over the list, gives answer to each of its inboxes and wakes who waits there.  Any thread, no lock
 * held.
 */
void inbox_deliver(struct waiter *list, const struct dns_answer *answer, int64_t now_us);

/*
 * What has come since the last call, in that order; waits for it until deadline_us (clock_monotonic_us();
 * one in the past does not wait).  The caller frees each one.  NULL: nothing has come.
 */
struct waiter *inbox_take(struct inbox *inbox, int64_t deadline_us);

#endif
