/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at sockets that are open already: the one that listens, and those that came in by it. */
#include "app/listen.h"

#include "base/ip.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

static bool local_address(int fd, struct listen_spec *spec_r)
{
	spec_r->address_bytes = sizeof spec_r->address;
	memset(&spec_r->address, 0, sizeof spec_r->address);
	return getsockname(fd, (struct sockaddr *)&spec_r->address, &spec_r->address_bytes) == 0;
}

static bool option_is(int fd, int option, int wanted)
{
	int value = 0;
	socklen_t bytes = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &bytes) == 0 && value == wanted;
}

static void describe_inet(const struct sockaddr_storage *address, struct listen_spec *spec)
{
	struct ip ip = { .family = address->ss_family == AF_INET ? IP_V4 : IP_V6 };

	if (address->ss_family == AF_INET)
		memcpy(ip.bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
	else
		memcpy(ip.bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	spec->is_loopback = ip_is_loopback(&ip);
}

bool listen_inherited(int fd, struct listen_spec *spec_r)
{
	*spec_r = (struct listen_spec){ .is_unix = false };
	if (!option_is(fd, SO_TYPE, SOCK_STREAM) || !option_is(fd, SO_ACCEPTCONN, 1) || !local_address(fd, spec_r))
		return false;
	switch (spec_r->address.ss_family) {
	case AF_UNIX:
		spec_r->is_unix = spec_r->is_loopback = true;
		return true;
	case AF_INET:
	case AF_INET6:
		describe_inet(&spec_r->address, spec_r);
		return true;
	default:
		return false;
	}
}

/* An accepted socket bears the address of the listening one; one that listens on every address tells its port. */
static bool came_in_by(int fd, const struct listen_spec *spec)
{
	struct listen_spec local;

	if (!local_address(fd, &local) || local.address.ss_family != spec->address.ss_family ||
	    !option_is(fd, SO_ACCEPTCONN, 0) || !option_is(fd, SO_TYPE, SOCK_STREAM))
		return false;
	switch (spec->address.ss_family) {
	case AF_INET:
		return ((const struct sockaddr_in *)&local.address)->sin_port ==
		       ((const struct sockaddr_in *)&spec->address)->sin_port;
	case AF_INET6:
		return ((const struct sockaddr_in6 *)&local.address)->sin6_port ==
		       ((const struct sockaddr_in6 *)&spec->address)->sin6_port;
	default:
		return memcmp(&local.address, &spec->address, sizeof local.address) == 0;
	}
}

static bool has_unread(int fd)
{
	int bytes = 0;

	return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

int listen_connections(const struct listen_spec *spec, bool *unread_r)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	int count = 0;

	*unread_r = false;
	if (!folder)
		return -1;
	while ((entry = readdir(folder))) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] == '.' || !came_in_by(fd, spec))
			continue;
		*unread_r = *unread_r || has_unread(fd);
		count++;
	}
	closedir(folder);
	return count;
}
