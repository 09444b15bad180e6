/* SPDX-License-Identifier: BSD-2-Clause */
/* The side of the control socket that asks. */
#include "app/control_client.h"

#include "app/control.h"
#include "base/buf.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool connect_and_send(int fd, const struct listen_spec *spec, const char *request)
{
	return fd >= 0 && connect(fd, (const struct sockaddr *)&spec->address, spec->address_bytes) == 0 &&
	       send(fd, request, strlen(request), MSG_NOSIGNAL) > 0;
}

int control_ask(const struct command *command, const char *milter_socket, const char *request, int *fd_r)
{
	struct listen_spec spec;
	const char *why;

	if (!control_spec(milter_socket, &spec))
		return command_complain(command, EXIT_UNAVAILABLE, milter_socket,
					"a daemon with so long a socket has no control socket; choose a shorter one");
	*fd_r = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect_and_send(*fd_r, &spec, request))
		return EXIT_FINE;
	why = strerrordesc_np(errno);
	if (errno == ENOENT || errno == ECONNREFUSED)
		why = "no daemon answers there; start it, name its policy by -c, or its socket by --socket";
	else if (errno == EACCES)
		why = "only root and the user of the daemon may ask it";
	if (*fd_r >= 0)
		(void)close(*fd_r);
	return command_complain(command, EXIT_UNAVAILABLE, spec.path, why);
}
