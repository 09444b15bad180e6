/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that serves one policy on one socket, for its whole life. */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include "app/listen.h"
#include "core/policy.h"

/*
 * Serves on LINK_LISTEN_FD (or opens the socket itself, where libmilter takes none) and tells the supervisor by
 * LINK_FD; until it is told to retire or stop, TERM comes, or the supervisor is gone.  policy and spec must live
 * as long as the process.  place: metrics_worker(), in memory that is attached.  Returns an exit status.  Called once,
 * by the main thread, before any other thread is started.
 */
int worker_run(const struct policy *policy, const struct listen_spec *spec, unsigned place);

#endif
