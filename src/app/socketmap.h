/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket map service: answers Postfix and Sendmail where a setting of the policy hangs on the client. */
#ifndef APP_SOCKETMAP_H
#define APP_SOCKETMAP_H

#include "core/policy.h"

#include <stddef.h>

struct socketmap;

/*
 * Listens on server.socketmap, which must be set, and answers in one thread of its own by policy, which must
 * live longer.  Two processes of one user may listen at once: one that serves an older policy retires.  NULL
 * with a message that names the remedy in error_r.  Signals that the caller has blocked stay blocked in the
 * thread.
 */
struct socketmap *socketmap_start(const struct policy *policy, char *error_r, size_t error_bytes);

/* No new connections; those that are open are answered as before. */
void socketmap_retire(struct socketmap *map);

/* Closes everything and ends the thread; *map may be NULL. */
void socketmap_stop(struct socketmap **map);

#endif
