/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket that the MTA connects to: its notation, and how it is opened safely. */
#ifndef APP_LISTEN_H
#define APP_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/* A parsed "unix:PATH", "inet:PORT@HOST" or "inet6:PORT@[ADDR]"; without host: every address. */
struct listen_spec {
	struct sockaddr_storage address;
	socklen_t address_bytes;
	bool is_unix;
	bool is_loopback;		/* unix sockets count */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];	/* "" unless is_unix */
};

/* Who may connect to a unix socket. */
struct listen_access {
	unsigned mode;
	const char *group;	/* NULL: unchanged */
	uid_t owner;		/* when called as root */
};

/* On false *error_r is what is wrong; what was expected (static text). */
bool listen_parse(const char *spec, struct listen_spec *spec_r, const char **error_r);

/*
 * A listening, non-blocking, close-on-exec socket; a unix socket has its mode, group and owner before anybody can
 * connect.  A stale unix socket (nobody answers there) is removed; a symbolic link, another kind of file and a
 * folder in which others may write are refused.  An address that is taken is tried for a second: a daemon that was
 * killed takes its workers with it, but not in the same moment.  -1 with a message that names the remedy in
 * error_r.
 */
int listen_open(const struct listen_spec *spec, const struct listen_access *access, char *error_r, size_t error_bytes);

/* The abstract unix socket (unix(7)) of that name, which has no NUL. */
void listen_abstract(const char *name, struct listen_spec *spec_r);

/* The address of a listening stream socket that somebody else opened; false when it is none. */
bool listen_inherited(int fd, struct listen_spec *spec_r);

/*
 * Connections that came in by the listening socket and are open in this process; -1 when that cannot be told.  *unread_r: one
 * has sent what nobody has read yet.
 */
int listen_connections(const struct listen_spec *spec, bool *unread_r);

/* Does something answer there? */
bool listen_answers(const struct listen_spec *spec);

/* Connects and closes at once, without waiting: wakes a listener.  Async-signal-safe. */
void listen_kick(const struct listen_spec *spec);

/* Removes the unix socket; nothing for others. */
void listen_remove(const struct listen_spec *spec);

#endif
