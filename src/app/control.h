/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket by which 'ehlo-milter reload' and 'status' find the supervisor and ask it. */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "app/listen.h"

#include <stdbool.h>
#include <stddef.h>

#define CONTROL_FOLDER "/run/ehlo-milter"
#define CONTROL_RELOAD "reload\n"
#define CONTROL_METRICS "metrics\n"	/* the answer is a byte with the descriptor of a file, as OpenMetrics */
#define CONTROL_STATUS "status "	/* of the last line of an answer; behind it an exit status */

/*
 * Where the control socket is of the daemon with this milter socket (as in server.socket): beside a unix socket, with
 * ".control" behind its name; for others in the folder that RUNTIME_DIRECTORY names, else CONTROL_FOLDER, named after
 * them.  False when the path is longer than a socket's can be.
 */
bool control_spec(const char *milter_socket, struct listen_spec *spec_r);

/*
 * Opens it for owner and root only: by its mode, as the daemon may live in a user namespace and then sees no root.
 * Makes CONTROL_FOLDER for owner where that is needed and missing.  -1 with a message.
 */
int control_open(const struct listen_spec *spec, uid_t owner, char *error_r, size_t error_bytes);

#endif
