/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that owns the sockets, starts and replaces workers, and hears the signals. */
#ifndef APP_SUPERVISOR_H
#define APP_SUPERVISOR_H

#include "app/child.h"
#include "app/listen.h"
#include "app/notify.h"
#include "core/policy.h"

#define SETTINGS_BYTES 600

struct supervisor_setup {
	struct child_setup child;
	struct listen_spec spec;	/* of the milter socket */
	bool owns_socket;		/* not inherited: removed at the end */
	int control_fd;			/* -1: there is none */
	struct listen_spec control;
	int metrics_fd;			/* where the metrics are asked for; -1: nowhere */
	struct listen_spec metrics;
	struct notify notify;
	unsigned drain_ms;
	char settings[SETTINGS_BYTES];	/* settings_of_start() of the policy */
};

/*
 * Serves until TERM or INT; HUP and USR1 reload the policy, USR2 writes the state to the log.  Closes the sockets
 * of setup. Returns an exit status: that of the first worker if it cannot start.  Called by the main thread, once,
 * before any other thread is started; privileges are dropped already.
 */
int supervisor_run(struct supervisor_setup *setup);

/* As one line, the keys of server that only a start puts into effect. */
void settings_of_start(const struct server *server, char text_r[SETTINGS_BYTES]);

#endif
