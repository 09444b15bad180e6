/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket that the socket map listens on.  A process with a new policy opens it before the one with the old policy has
 * ended: on a port beside that one, on a path in its place.
 */
#ifndef APP_SOCKETMAP_SOCKET_H
#define APP_SOCKETMAP_SOCKET_H

#include "app/listen.h"
#include "core/policy.h"

#include <stddef.h>
#include <sys/types.h>

struct socketmap_socket {
	struct listen_spec spec;
	dev_t device;		/* of the unix socket that is ours */
	ino_t inode;
};

/* Opens server->socketmap; the descriptor is the caller's.  -1 with error_r set. */
int socketmap_socket_open(struct socketmap_socket *ours, const struct server *server, char *error_r, size_t error_bytes);

/* Removes the path of a unix socket, unless another process has put its own in the place. */
void socketmap_socket_remove(const struct socketmap_socket *ours);

#endif
