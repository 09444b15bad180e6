/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens the socket map's socket beside or in place of one that is still served. */
#include "app/socketmap_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_inet(const struct listen_spec *spec, char *error_r, size_t error_bytes)
{
	int fd = socket(spec->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
	    bind(fd, (const struct sockaddr *)&spec->address, spec->address_bytes) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	(void)snprintf(error_r, error_bytes,
		       "cannot listen: %s; choose an address of this host and a free port above 1023",
		       strerrordesc_np(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_unix(struct socketmap_socket *ours, const struct server *server, char *error_r, size_t error_bytes)
{
	const struct listen_access access = { server->socket_mode, server->socket_group, geteuid() };
	struct listen_spec aside;
	struct stat status;
	const char *error;
	char text[sizeof ours->spec.path + 10];
	int fd;

	(void)snprintf(text, sizeof text, "unix:%s.new", ours->spec.path);
	if (!listen_parse(text, &aside, &error)) {
		(void)snprintf(error_r, error_bytes,
			       "its path leaves no room for '.new' behind it; choose a shorter one");
		return -1;
	}
	fd = listen_open(&aside, &access, error_r, error_bytes);
	if (fd < 0)
		return -1;
	if (stat(aside.path, &status) == 0 && rename(aside.path, ours->spec.path) == 0) {
		ours->device = status.st_dev;
		ours->inode = status.st_ino;
		return fd;
	}
	(void)snprintf(error_r, error_bytes, "cannot put it at %s: %s", ours->spec.path, strerrordesc_np(errno));
	listen_remove(&aside);
	close(fd);
	return -1;
}

int socketmap_socket_open(struct socketmap_socket *ours, const struct server *server, char *error_r, size_t error_bytes)
{
	const char *error;

	if (listen_parse(server->socketmap, &ours->spec, &error))
		return ours->spec.is_unix ? open_unix(ours, server, error_r, error_bytes) :
					    open_inet(&ours->spec, error_r, error_bytes);
	(void)snprintf(error_r, error_bytes, "%s", error);
	return -1;
}

void socketmap_socket_remove(const struct socketmap_socket *ours)
{
	struct stat status;

	if (ours->spec.is_unix && lstat(ours->spec.path, &status) == 0 && status.st_dev == ours->device &&
	    status.st_ino == ours->inode)
		listen_remove(&ours->spec);
}
