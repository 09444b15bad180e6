/* SPDX-License-Identifier: BSD-2-Clause */
/* How much a worker takes at a time: sessions, sessions of one client, descriptors. */
#ifndef APP_LIMITS_H
#define APP_LIMITS_H

#include "core/policy.h"
#include "core/session.h"

#include <stdbool.h>

enum limit { LIMIT_SESSIONS, LIMIT_SESSIONS_PER_CLIENT, LIMIT_COUNT };

/*
 * Raises the limit of open files as far as it goes, and warns when server.max_sessions does not fit.  Before any
 * thread is started.
 */
void limits_start(const struct server *server);

/*
 * Is there room for one more session?  On true limits_leave() must follow.  A refusal is counted, and logged now and then.
 * Any thread.
 */
bool limits_admit(void);
void limits_leave(void);

/* Sessions that were admitted and have not left.  Any thread. */
unsigned limits_session_count(void);

/*
 * Is there room for one more session of this client (of its /64, if it is IPv6)?  On true limits_leave_client() must
 * follow, if *counted_r.  Loopback and unknown clients are not counted.  Any thread.
 */
bool limits_admit_client(const struct address *client, bool *counted_r);
void limits_leave_client(const struct address *client);

/* Are there so few descriptors left that no connection should be accepted?  paused: none is now. */
bool limits_descriptors_short(bool paused);

/*
 * Some descriptors are held open from the start, so that connections cannot take all while nobody counts.  Given back (hold:
 * false) once none is accepted any more, they are there for the rest of the process.
 */
void limits_hold_descriptors(bool hold);

/* The time in which connections cannot use up what was left when limits_descriptors_short() looked. */
int limits_descriptors_interval_ms(void);

/* Logs that accepting has been stopped, or goes on: once a minute at most. */
void limits_note_pause(bool paused);

/* One line about this process, for the administrator. */
void limits_log_state(const struct policy *policy, bool draining);

#endif
