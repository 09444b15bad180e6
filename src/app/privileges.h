/* SPDX-License-Identifier: BSD-2-Clause */
/* The user that the daemon becomes after it has opened its sockets. */
#ifndef APP_PRIVILEGES_H
#define APP_PRIVILEGES_H

#include "core/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PRIVILEGES_USER "ehlo-milter"	/* without server.user */

struct user {
	char name[64];
	uid_t uid;
	gid_t gid;
	bool change;	/* privileges are to be dropped */
};

/*
 * Whom server.user means: without the key ehlo-milter, when started as root and there is such a user.  Logs a
 * warning where the daemon stays root, and where it is not root and cannot change.  False with a message when the
 * user is unknown.
 */
bool privileges_find(const struct server *server, struct user *user_r, char *error_r, size_t error_bytes);

/*
 * Becomes that user, for good, with its groups only.  False (errno) when some of it failed: the process must then
 * end.
 */
bool privileges_drop(const struct user *user);

#endif
