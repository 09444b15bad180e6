/* SPDX-License-Identifier: BSD-2-Clause */
/* Those who ask by the control socket: for a reload, until it is known how it went, or for the metrics. */
#ifndef APP_WAITERS_H
#define APP_WAITERS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define WAITERS_MAX 16

struct waiters {
	int control_fd;			/* -1: none */
	struct {
		int fd;
		unsigned long load;	/* which load it waits for; 0: it has not asked yet */
	} list[WAITERS_MAX];
	size_t count;
};

/* Adds what is to be waited for to waits, which has room; returns how many. */
size_t waiters_poll(const struct waiters *waiters, struct pollfd *waits);

/*
 * Takes new connections and requests; never waits.  True when somebody asked for a reload: those then wait for
 * load, or for the next one should that be under way already.  Who asks for the metrics has them at once.
 */
bool waiters_take(struct waiters *waiters, unsigned long load);

/* Tells everybody who waits for this load or one before it, and parts.  says: lines, may be empty. */
void waiters_answer(struct waiters *waiters, unsigned long load, const char *says, int status, const char *text);

/* Everybody is sent away, and the control socket closed. */
void waiters_end(struct waiters *waiters);

#endif
