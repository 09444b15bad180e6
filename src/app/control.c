/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds, opens and guards the control socket. */
#include "app/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".control"
#define PATH_BYTES 200

/* systemd names the folder of a unit; of several, the first counts. */
static int folder(char *path_r, size_t bytes)
{
	const char *named = getenv("RUNTIME_DIRECTORY");

	if (!named || named[0] != '/')
		named = CONTROL_FOLDER;
	return snprintf(path_r, bytes, "%.*s", (int)strcspn(named, ":"), named);
}

/* "inet:8897@127.0.0.1" as a file name: only what could lead elsewhere is replaced. */
static bool name_in_folder(const char *milter_socket, char path_r[PATH_BYTES])
{
	int head = folder(path_r, PATH_BYTES), length;

	if (head < 0 || head >= PATH_BYTES)
		return false;
	length = snprintf(path_r + head, PATH_BYTES - (size_t)head, "/%s" SUFFIX, milter_socket);
	if (length < 0 || length >= PATH_BYTES - head)
		return false;
	for (char *at = path_r + head + 1; *at != '\0'; at++)
		if (*at == '/')
			*at = '_';
	return true;
}

bool control_spec(const char *milter_socket, struct listen_spec *spec_r)
{
	char path[PATH_BYTES], spec[PATH_BYTES + 10];
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
static void make_folder(const char *path, uid_t owner)
{
	if (mkdir(path, 0755) == 0 && geteuid() == 0 && lchown(path, owner, (gid_t)-1) < 0)
		(void)rmdir(path);
}

int control_open(const struct listen_spec *spec, uid_t owner, char *error_r, size_t error_bytes)
{
	const struct listen_access access = { .mode = 0600, .owner = owner };

	if (strncmp(spec->path, CONTROL_FOLDER "/", sizeof CONTROL_FOLDER) == 0)
		make_folder(CONTROL_FOLDER, owner);
	return listen_open(spec, &access, error_r, error_bytes);
}
