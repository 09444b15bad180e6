/* SPDX-License-Identifier: BSD-2-Clause */
/* How a command reaches the running daemon by its control socket. */
#ifndef APP_CONTROL_CLIENT_H
#define APP_CONTROL_CLIENT_H

#include "app/command.h"

/*
 * Sends the request to the daemon that has this milter socket (as in server.socket).  EXIT_FINE with the connection in
 * *fd_r, else a message on stderr.
 */
int control_ask(const struct command *command, const char *milter_socket, const char *request, int *fd_r);

#endif
