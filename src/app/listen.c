/* SPDX-License-Identifier: BSD-2-Clause */
/* Parses socket specifications, opens and removes sockets. */
#include "app/listen.h"

#include "base/ascii.h"
#include "base/ip.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_MAX 60
#define TAKEN_STEP_MS 50
#define TAKEN_STEPS 20

static bool parse_unix(const char *path, struct listen_spec *spec_r, const char **error_r)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&spec_r->address;
	size_t length = strlen(path);

	*error_r = "the path of a unix socket is not absolute; expected unix:/PATH";
	if (path[0] != '/')
		return false;
	*error_r = "the path of a unix socket is longer than 107 bytes; choose a shorter one";
	if (length >= sizeof address->sun_path)
		return false;
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length + 1);
	memcpy(spec_r->path, path, length + 1);
	spec_r->address_bytes = sizeof *address;
	spec_r->is_unix = spec_r->is_loopback = true;
	return true;
}

/* PORT, 1 to 65535, up to '@' or the end. */
static bool parse_port(const char *text, in_port_t *port_r, const char **rest_r)
{
	unsigned port = 0;
	const char *at = text;

	for (; ascii_is_digit(*at) && port <= 65535; at++)
		port = port * 10 + (unsigned)(*at - '0');
	*rest_r = at;
	*port_r = htons((in_port_t)port);
	return at != text && port >= 1 && port <= 65535 && (*at == '\0' || *at == '@');
}

/* The address behind '@', with or without brackets; none: every address of the family. */
static bool parse_host(const char *text, enum ip_family family, struct ip *ip_r)
{
	char host[HOST_MAX + 1];
	size_t length;

	*ip_r = (struct ip){ .family = family };
	if (text[0] == '\0')
		return true;
	length = strlen(++text);
	if (length > HOST_MAX)
		return false;
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	memcpy(host, text, length);
	host[length] = '\0';
	if (family == IP_V4 && strcmp(host, "localhost") == 0)
		return ip_parse("127.0.0.1", ip_r);
	return ip_parse(host, ip_r) && ip_r->family == family;
}

static bool parse_inet(const char *text, enum ip_family family, struct listen_spec *spec_r, const char **error_r)
{
	in_port_t port;
	struct ip ip;

	*error_r = "no port; expected inet:PORT@ADDRESS with a port of 1 to 65535";
	if (!parse_port(text, &port, &text))
		return false;
	*error_r = family == IP_V4 ? "no IPv4 address behind '@'; expected inet:PORT@127.0.0.1" :
				     "no IPv6 address behind '@'; expected inet6:PORT@[::1]";
	if (!parse_host(text, family, &ip))
		return false;
	if (family == IP_V4) {
		struct sockaddr_in *address = (struct sockaddr_in *)&spec_r->address;

		address->sin_family = AF_INET;
		address->sin_port = port;
		memcpy(&address->sin_addr, ip.bytes, 4);
		spec_r->address_bytes = sizeof *address;
	} else {
		struct sockaddr_in6 *address = (struct sockaddr_in6 *)&spec_r->address;

		address->sin6_family = AF_INET6;
		address->sin6_port = port;
		memcpy(&address->sin6_addr, ip.bytes, 16);
		spec_r->address_bytes = sizeof *address;
	}
	spec_r->is_loopback = ip_is_loopback(&ip);
	return true;
}

bool listen_parse(const char *spec, struct listen_spec *spec_r, const char **error_r)
{
	*spec_r = (struct listen_spec){ .is_unix = false };
	if (strncmp(spec, "unix:", 5) == 0)
		return parse_unix(spec + 5, spec_r, error_r);
	if (strncmp(spec, "inet:", 5) == 0)
		return parse_inet(spec + 5, IP_V4, spec_r, error_r);
	if (strncmp(spec, "inet6:", 6) == 0)
		return parse_inet(spec + 6, IP_V6, spec_r, error_r);
	*error_r = "expected unix:/PATH, inet:PORT@ADDRESS or inet6:PORT@[ADDRESS]";
	return false;
}

void listen_abstract(const char *name, struct listen_spec *spec_r)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&spec_r->address;
	size_t length = strnlen(name, sizeof address->sun_path - 1);

	*spec_r = (struct listen_spec){ .is_unix = true, .is_loopback = true };
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path + 1, name, length);
	spec_r->address_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

/* --- opening --- */

struct failure {
	char *text;
	size_t bytes;
};

static bool fail(const struct failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(const struct failure *failure, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(failure->text, failure->bytes, format, args);
	va_end(args);
	return false;
}

static int connect_to(const struct listen_spec *spec, int flags)
{
	int fd = socket(spec->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&spec->address, spec->address_bytes) < 0 &&
	    errno != EINPROGRESS && errno != EAGAIN) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool listen_answers(const struct listen_spec *spec)
{
	int fd = connect_to(spec, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void listen_kick(const struct listen_spec *spec)
{
	int saved = errno;
	int fd = connect_to(spec, SOCK_NONBLOCK);

	if (fd >= 0)
		close(fd);
	errno = saved;
}

/* Whoever may write in the folder could put another socket in the place of ours. */
static bool check_folder(const struct listen_spec *spec, const struct failure *failure)
{
	char folder[sizeof spec->path];
	char *slash;
	struct stat status;

	memcpy(folder, spec->path, sizeof folder);
	slash = strrchr(folder, '/');
	slash[slash == folder] = '\0';
	if (stat(folder, &status) < 0)
		return fail(failure, "cannot use folder %s: %s; make it, owned by the user of the daemon",
			    folder, strerrordesc_np(errno));
	if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
		return fail(failure, "everybody may write in folder %s; take that right away (chmod o-w)", folder);
	return true;
}

/* Still, after all that a killed daemon can need to go? */
static bool keeps_answering(const struct listen_spec *spec)
{
	for (int i = 0; i < TAKEN_STEPS && listen_answers(spec); i++)
		(void)poll(NULL, 0, TAKEN_STEP_MS);
	return listen_answers(spec);
}

/* Takes a stale socket away; false when something else is there. */
static bool clear_path(const struct listen_spec *spec, const struct failure *failure)
{
	struct stat status;

	if (lstat(spec->path, &status) < 0)
		return errno == ENOENT || fail(failure, "cannot look at %s: %s", spec->path,
					       strerrordesc_np(errno));
	if (!S_ISSOCK(status.st_mode))
		return fail(failure, "%s is there already and is no socket; remove it, or choose another path",
			    spec->path);
	if (keeps_answering(spec))
		return fail(failure, "another program answers at %s; stop it, or choose another path", spec->path);
	if (unlink(spec->path) < 0 && errno != ENOENT)
		return fail(failure, "cannot remove the stale socket %s: %s", spec->path, strerrordesc_np(errno));
	return true;
}

static bool set_group(const struct listen_spec *spec, const char *name, const struct failure *failure)
{
	const struct group *group = getgrnam(name);

	if (!group)
		return fail(failure, "no group '%s' for the socket; make it, or change server.socket_group", name);
	if (lchown(spec->path, (uid_t)-1, group->gr_gid) < 0)
		return fail(failure, "cannot give the socket to group '%s': %s; start the daemon as root, or have a socket unit "
			    "open it (socket: systemd)", name, strerrordesc_np(errno));
	return true;
}

static bool set_owner(const struct listen_spec *spec, uid_t owner, const struct failure *failure)
{
	if (geteuid() != 0 || lchown(spec->path, owner, (gid_t)-1) == 0)
		return true;
	return fail(failure, "cannot give socket %s to the user of the daemon: %s", spec->path, strerrordesc_np(errno));
}

/* Nobody can connect before listen(): the time until then is enough for mode, group and owner. */
static bool bind_unix(int fd, const struct listen_spec *spec, const struct listen_access *access,
		      const struct failure *failure)
{
	mode_t before;
	int bound;

	if (!check_folder(spec, failure) || !clear_path(spec, failure))
		return false;
	before = umask(0177);
	bound = bind(fd, (const struct sockaddr *)&spec->address, spec->address_bytes);
	umask(before);
	if (bound < 0)
		return fail(failure, "cannot make socket %s: %s; the folder must be writable for the daemon's user",
			    spec->path, strerrordesc_np(errno));
	if (access->group && !set_group(spec, access->group, failure))
		return false;
	if (chmod(spec->path, (mode_t)access->mode) < 0)
		return fail(failure, "cannot set the mode of socket %s: %s", spec->path, strerrordesc_np(errno));
	return set_owner(spec, access->owner, failure);
}

static bool bind_inet(int fd, const struct listen_spec *spec, const struct failure *failure)
{
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	for (int i = 0; i <= TAKEN_STEPS; i++) {
		if (bind(fd, (const struct sockaddr *)&spec->address, spec->address_bytes) == 0)
			return true;
		if (errno != EADDRINUSE)
			break;
		(void)poll(NULL, 0, TAKEN_STEP_MS);
		errno = EADDRINUSE;
	}
	if (errno == EADDRINUSE)
		return fail(failure, "the port is in use: another program listens there; stop it, or choose "
			    "another port");
	return fail(failure, "cannot bind: %s; choose an address of this host and a port above 1023",
		    strerrordesc_np(errno));
}

int listen_open(const struct listen_spec *spec, const struct listen_access *access, char *error_r, size_t error_bytes)
{
	struct failure failure = { error_r, error_bytes };
	int fd = socket(spec->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool bound;

	if (fd < 0) {
		fail(&failure, "cannot make a socket: %s", strerrordesc_np(errno));
		return -1;
	}
	bound = spec->is_unix ? bind_unix(fd, spec, access, &failure) : bind_inet(fd, spec, &failure);
	if (bound && listen(fd, SOMAXCONN) == 0)
		return fd;
	if (bound)
		fail(&failure, "cannot listen: %s", strerrordesc_np(errno));
	close(fd);
	return -1;
}

void listen_remove(const struct listen_spec *spec)
{
	if (spec->is_unix)
		(void)unlink(spec->path);
}
