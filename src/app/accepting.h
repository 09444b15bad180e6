/* SPDX-License-Identifier: BSD-2-Clause */
/* Lets libmilter accept connections, and keeps it from that without closing anything. */
#ifndef APP_ACCEPTING_H
#define APP_ACCEPTING_H

#include "app/listen.h"

#include <stdatomic.h>
#include <stdbool.h>

#define ACCEPTING_SIGNAL SIGURG	/* ends a wait, and does nothing else */

/*
 * libmilter polls LINK_LISTEN_FD.  A listening socket that nobody knows, put over it by dup2(), ends the
 * accepting; the real one is kept aside.  With a libmilter that opens its socket itself nothing of this can be
 * done.  All functions are for the main thread.
 */
struct accepting {
	const struct listen_spec *spec;	/* of the real socket */
	atomic_int milter;		/* the thread that waits for connections inside libmilter, as it says of itself; 0: not yet */
	int listen_fd;			/* the real socket; -1: libmilter's own, or stopped */
	struct listen_spec idle;
	int idle_fd;
	bool paused;			/* for want of descriptors */
	bool stopped;			/* for good */
};

/* False (errno) when a socket cannot be made. */
bool accepting_prepare(struct accepting *accepting, const struct listen_spec *spec);

/* For good.  libmilter goes on with the sessions that it has. */
void accepting_stop(struct accepting *accepting);

/* Stops while descriptors are short, and goes on afterwards; the supervisor is told of both. */
void accepting_guard(struct accepting *accepting);

/* The calling thread is to wait for connections. */
void accepting_begin(struct accepting *accepting);

/* Ends libmilter's wait for a connection, so that it looks around. */
void accepting_wake(const struct accepting *accepting);

#endif
