/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds, opens and guards the control socket. */
#include "app/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".control"

/* "inet:8897@127.0.0.1" as a file name: only what could lead elsewhere is replaced. */
static bool name_in_folder(const char *milter_socket, char path_r[200])
{
	int length = snprintf(path_r, 200, CONTROL_FOLDER "/%s" SUFFIX, milter_socket);

	if (length < 0 || length >= 200)
		return false;
	for (char *at = path_r + sizeof CONTROL_FOLDER; *at != '\0'; at++)
		if (*at == '/')
			*at = '_';
	return true;
}

bool control_spec(const char *milter_socket, struct listen_spec *spec_r)
{
	char path[200], spec[220];
	const char *error;
	int length;

	if (strncmp(milter_socket, "unix:", 5) == 0) {
		length = snprintf(path, sizeof path, "%s" SUFFIX, milter_socket + 5);
		if (length < 0 || (size_t)length >= sizeof path)
			return false;
	} else if (!name_in_folder(milter_socket, path)) {
		return false;
	}
	(void)snprintf(spec, sizeof spec, "unix:%s", path);
	return listen_parse(spec, spec_r, &error);
}

/* systemd's RuntimeDirectory= has made it already, or root may. */
static void make_folder(uid_t owner)
{
	if (mkdir(CONTROL_FOLDER, 0755) == 0 && geteuid() == 0 && lchown(CONTROL_FOLDER, owner, (gid_t)-1) < 0)
		(void)rmdir(CONTROL_FOLDER);
}

int control_open(const struct listen_spec *spec, uid_t owner, char *error_r, size_t error_bytes)
{
	const struct listen_access access = { .mode = 0600, .owner = owner };

	if (strncmp(spec->path, CONTROL_FOLDER "/", sizeof CONTROL_FOLDER) == 0)
		make_folder(owner);
	return listen_open(spec, &access, error_r, error_bytes);
}

/* The mode says the same, but it can be changed. */
static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t bytes = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

int control_accept(int fd)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client >= 0 && !is_allowed(client)) {
		close(client);
		client = -1;
	}
	return client;
}
