/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that serves one policy on one socket, for its whole life. */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include "app/listen.h"
#include "core/policy.h"

/*
 * Serves on listen_fd until TERM or INT; then no new session is taken, and open ones have some seconds to end.
 * policy must live as long as the process.  Returns an exit status.  Called once, by the main thread, before any other thread is started.
 */
int worker_run(const struct policy *policy, const struct listen_spec *spec, int listen_fd);

#endif
