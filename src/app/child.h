/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker as its supervisor sees it. */
#ifndef APP_CHILD_H
#define APP_CHILD_H

#include "app/listen.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* In this order; only the first three can be left out, by ending. */
enum child_state {
	CHILD_LOADING,		/* reads the policy */
	CHILD_LOADED,		/* waits for LINK_GO */
	CHILD_STARTING,		/* opens libmilter */
	CHILD_SERVING,
	CHILD_DRAINING		/* takes no new sessions, or has been told so */
};

struct child {
	struct child *next;	/* the one that was started before it */
	pid_t pid;
	int link_fd;		/* -1: it has hung up, and its end will follow */
	enum child_state state;
	bool away;		/* says that it takes no new sessions */
	bool paused;		/* takes no new sessions for now: it answers at idle alone */
	struct listen_spec idle;
	bool stopping;		/* has been told to end within its drain_ms */
	bool killed;
	int64_t since_us;	/* of the state, and of stopping; monotonic */
	unsigned drain_ms;	/* server.drain of its policy */
	unsigned place;		/* of metrics_worker() */
	char policy[9];		/* the first digits of its policy's digest */
};

/* How workers are started. */
struct child_setup {
	const char *policy_path;	/* -c; NULL: the default */
	const char *socket;		/* the one in use: --socket */
	bool observe;
	int listen_fd;			/* -1: the worker opens the socket itself */
	int metrics_fd;			/* metrics_create() */
};

/*
 * Forks, and executes this program anew as "ehlo-milter worker".  NULL (errno) when that failed.  The child's link
 * is to be read until it hangs up.  At most METRICS_WORKERS live at a time.
 */
struct child *child_start(const struct child_setup *setup);

/* Enters the state, and notes since when. */
void child_enter(struct child *child, enum child_state state);

/* After the process has ended, if there was one; what it leaves is counted.  cpu_us: what it has used. */
void child_free(struct child **child, int64_t cpu_us);

#endif
