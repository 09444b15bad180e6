/* SPDX-License-Identifier: BSD-2-Clause */
/* What the supervisor_*.c files share: the state of the supervisor, and the parts of its loop. */
#ifndef APP_SUPERVISOR_STATE_H
#define APP_SUPERVISOR_STATE_H

#include "app/child.h"
#include "app/metrics.h"
#include "app/self_check.h"
#include "app/supervisor.h"
#include "app/waiters.h"
#include "base/buf.h"

#define WORKERS_MAX METRICS_WORKERS

struct supervisor {
	struct supervisor_setup *setup;
	int signal_fd;
	struct child *children;		/* the newest first */
	size_t child_count;
	struct child *current;		/* serves; NULL: none */
	struct child *next;		/* is to follow it; NULL: none is being started */
	struct child *leaving;		/* was told to take no more sessions, and has not said yet that it does so; or NULL */
	int64_t leaving_us;		/* since when */
	bool loaded;			/* the load under way went well, and is over when nobody is leaving */
	unsigned long loads;		/* started so far: the number of the last one */
	bool load_again;		/* a reload was asked for while one was under way */
	bool reloading;			/* the load under way was asked for */
	struct buf says;		/* what the load under way has to say of the policy */
	struct waiters waiters;
	bool started;			/* some worker has been ready */
	bool stopping;
	int64_t stopping_us;		/* since when */
	bool done;
	int status;
	int64_t restart_us;		/* when a worker that died is replaced; 0: nothing to do */
	unsigned deaths_in_a_row;
	unsigned long deaths;
	unsigned long reloads;		/* that went well */
	struct metrics_http *http;	/* NULL: nobody is served */
	struct self_check check;
	int64_t check_us;		/* when the next self-check is due; INT64_MAX: never */
};

/* supervisor.c: the self-check */

/* The worker that serves answers elsewhere from now on: a self-check that is under way would be in vain. */
void supervisor_check_anew(struct supervisor *s);

/* supervisor_load.c: from the wish for a new policy to its worker's service */

/* Starts a worker that is to follow the one that serves; in vain, it is told to everybody who waits. */
void supervisor_load(struct supervisor *s);

/* Somebody wants the policy file to be read from now on. */
void supervisor_reload(struct supervisor *s);

/* The worker that was to serve has ended before. */
void supervisor_load_failed(struct supervisor *s, int status);

/*
 * The worker that was to leave has done so (late: or was waited for long enough): if that is what a load waited for, it is
 * over.
 */
void supervisor_has_left(struct supervisor *s, bool late);

/* Lets a loaded worker serve as soon as it may. */
void supervisor_let_next_go(struct supervisor *s);

/* All that a worker has said; never waits. */
void supervisor_take_messages(struct supervisor *s, struct child *child);

/* Tells systemd: state is "READY=1\n" or the like, or empty. */
void supervisor_tell(const struct supervisor *s, const char *state, const char *status);

/* supervisor_figures.c: what is counted, and told */

/* Before any worker is started, and when the daemon is to end. */
void supervisor_figures_start(struct supervisor *s);
void supervisor_figures_stop(struct supervisor *s);

/* What a turn of the loop has changed. */
void supervisor_figures_update(const struct supervisor *s);

void supervisor_note_reload(bool good);
void supervisor_note_policy(const char *path, const char *sha256);

/* supervisor_end.c: workers that leave, and those that die */

/* The worker is to take no new sessions, and to end with its last one. */
void supervisor_retire(struct supervisor *s, struct child *child);

/* It ends within its server.drain; at once, if it has no sessions yet. */
void supervisor_stop_child(struct child *child);
void supervisor_kill_child(struct child *child);

/* Kills whoever is far beyond its time. */
void supervisor_enforce_limits(struct supervisor *s, int64_t now_us);

/* When the next worker is to be started in place of a dead one. */
void supervisor_schedule_restart(struct supervisor *s);

/*
 * The worker that serves takes no new sessions any more: told by the supervisor, as it ends, or by somebody else.
 */
void supervisor_went_away(struct supervisor *s);

/* Takes notice of all processes that have ended. */
void supervisor_reap(struct supervisor *s);

/* Nobody serves any more: the milter socket is removed, so that a successor can have it. */
void supervisor_release_socket(struct supervisor *s);

#endif
