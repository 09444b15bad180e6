/* SPDX-License-Identifier: BSD-2-Clause */
/* Which listeners of the policy may judge what comes in by one daemon of the MTA. */
#ifndef MTA_DAEMONS_H
#define MTA_DAEMONS_H

#include "core/policy.h"
#include "core/session.h"

/* In the order of the policy; the last is reached by every client that none before it took. */
struct daemon_listeners {
	const struct listener **listeners;
	size_t count;
};

/*
 * daemon: a session of which only the facts of the daemon are known (name, port, address, service): what
 * depends on the client, or is not known, leaves a listener possible.  False when memory is out.
 */
bool daemon_listeners_find(const struct policy *policy, const struct session *daemon, struct arena *arena,
			   struct daemon_listeners *found_r);

/*
 * The first command in which the listeners differ, so that a line that holds for all of the daemon's clients
 * would be wrong for some; COMMAND_COUNT where they agree.  *other_r: the listener that differs from the
 * first.
 */
enum command_id daemon_listeners_differ(const struct policy *policy, const struct daemon_listeners *found,
					const struct listener **other_r);

/* The setting of the first listener, which holds for all of them where they agree. */
struct command_setting daemon_setting(const struct policy *policy, const struct daemon_listeners *found,
				      enum command_id id);

/*
 * Does it refuse every client that has not greeted, on every day and by no share?  Then the MTA may ask for it
 * itself.
 */
bool refuses_without_greeting(const struct policy *policy, const struct listener *listener);

#endif
