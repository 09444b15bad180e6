/* SPDX-License-Identifier: BSD-2-Clause */
/* The two protocols of systemd that the daemon speaks, without its library. */
#include "app/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

/* A positive decimal number; 0 for anything else. */
static int64_t number_of(const char *text)
{
	char *end;
	long long number;

	if (!text || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	number = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' ? number : 0;
}

/* A variable that names a process is meant for that one only. */
static bool meant_for_us(const char *pid_variable, bool required)
{
	const char *pid = getenv(pid_variable);

	return pid ? number_of(pid) == getpid() : !required;
}

void notify_init(struct notify *notify_r)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	*notify_r = (struct notify){ .watchdog_us = 0 };
	if (length > 1 && length < sizeof notify_r->path && (path[0] == '/' || path[0] == '@'))
		memcpy(notify_r->path, path, length + 1);
	if (meant_for_us("WATCHDOG_PID", false))
		notify_r->watchdog_us = number_of(getenv("WATCHDOG_USEC"));
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_PID");
	(void)unsetenv("WATCHDOG_USEC");
}

void notify_send(const struct notify *notify, const char *lines)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(notify->path);
	socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	int fd;

	if (length == 0)
		return;
	memcpy(address.sun_path, notify->path, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address, bytes);
	close(fd);
}

static bool prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

int notify_listen_fd(const char **error_r)
{
	bool ours = meant_for_us("LISTEN_PID", true);
	int64_t count = ours ? number_of(getenv("LISTEN_FDS")) : 0;

	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	*error_r = "no socket was handed over; start the daemon by its socket unit (systemctl start ehlo-milter.socket), "
		   "or change server.socket";
	if (count == 0)
		return -1;
	*error_r = "more than one socket was handed over; leave one ListenStream in the socket unit";
	if (count > 1)
		return -1;
	*error_r = "the socket that was handed over cannot be used";
	return prepare(FIRST_FD) ? FIRST_FD : -1;
}
