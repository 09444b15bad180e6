/* SPDX-License-Identifier: BSD-2-Clause */
/* Drops privileges, and makes sure that they are gone. */
#include "app/privileges.h"

#include "base/log.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void take(const struct passwd *entry, struct user *user_r)
{
	(void)snprintf(user_r->name, sizeof user_r->name, "%s", entry->pw_name);
	user_r->uid = entry->pw_uid;
	user_r->gid = entry->pw_gid;
	user_r->change = geteuid() == 0 && entry->pw_uid != 0;
}

static void warn_of_root(void)
{
	log_warning("runs as root: there is no user %s; make it (adduser --system --group %s), or set server.user",
		    PRIVILEGES_USER, PRIVILEGES_USER);
}

bool privileges_find(const struct server *server, struct user *user_r, char *error_r, size_t error_bytes)
{
	const struct passwd *entry;

	*user_r = (struct user){ .uid = geteuid(), .gid = getegid() };
	if (!server->user && geteuid() != 0)
		return true;
	errno = 0;
	entry = getpwnam(server->user ? server->user : PRIVILEGES_USER);
	if (!entry && server->user) {
		(void)snprintf(error_r, error_bytes, "no user '%s'%s%s; make it, or change server.user", server->user,
			       errno ? ": " : "", errno ? strerrordesc_np(errno) : "");
		return false;
	}
	if (!entry) {
		warn_of_root();
		return true;
	}
	if (geteuid() == 0)
		take(entry, user_r);
	else if (entry->pw_uid != geteuid())
		log_warning("server.user '%s' has no effect: only root can change the user", server->user);
	return true;
}

bool privileges_drop(const struct user *user)
{
	if (!user->change)
		return true;
	if (initgroups(user->name, user->gid) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return false;
	/* A way back would mean that nothing was dropped. */
	if (setuid(0) == 0) {
		errno = EPERM;
		return false;
	}
	return true;
}
