/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings that hang on the client: which MTA can ask for them, and by which facts. */
#ifndef MTA_DYNAMIC_H
#define MTA_DYNAMIC_H

#include "core/policy.h"
#include "core/session.h"

/*
 * setting without its condition where what is known of the daemon decides it; else itself.  daemon: a session
 * of which only such facts are known.
 */
struct command_setting dynamic_resolve(const struct command_setting *setting, const struct listener *listener,
				       const struct session *daemon);

/*
 * Why mta cannot decide the key by this condition, as the end of a sentence; NULL: it can, by
 * server.socketmap.  The setting has a condition.
 */
const char *dynamic_objection(enum mta mta, enum command_id id, const struct command_setting *setting);

/* Can the MTA ask for this key at all? */
bool dynamic_is_asked(enum mta mta, enum command_id id);

#endif
