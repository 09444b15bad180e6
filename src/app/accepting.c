/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts sockets over that which libmilter polls. */
#include "app/accepting.h"

#include "app/limits.h"
#include "app/link.h"
#include "app/milter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A listening socket that nobody knows: over the real one, it ends the accepting without closing anything. */
static int idle_socket(struct listen_spec *spec_r)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&spec_r->address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*spec_r = (struct listen_spec){ .address_bytes = sizeof *address };
	address->sun_family = AF_UNIX;
	/* Bound with its family alone, the kernel gives it an abstract name (unix(7), autobind). */
	if (fd >= 0 && bind(fd, (const struct sockaddr *)address, sizeof(sa_family_t)) == 0 &&
	    listen(fd, SOMAXCONN) == 0 &&
	    getsockname(fd, (struct sockaddr *)address, &spec_r->address_bytes) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool accepting_prepare(struct accepting *accepting, const struct listen_spec *spec)
{
	*accepting = (struct accepting){ .spec = spec, .listen_fd = -1, .idle_fd = -1 };
	if (!milter_takes_fd())
		return true;
	accepting->listen_fd = fcntl(LINK_LISTEN_FD, F_DUPFD_CLOEXEC, 0);
	accepting->idle_fd = idle_socket(&accepting->idle);
	return accepting->listen_fd >= 0 && accepting->idle_fd >= 0;
}

void accepting_begin(struct accepting *accepting)
{
	atomic_store(&accepting->milter, gettid());
}

/*
 * It waits five seconds, on the socket that stood there when it began.  pthread_kill() would block all signals meanwhile, and a
 * TERM that came then would be libmilter's (worker.c).
 */
static void end_wait(const struct accepting *accepting)
{
	pid_t milter = atomic_load(&accepting->milter);

	if (milter != 0)
		(void)tgkill(getpid(), milter, ACCEPTING_SIGNAL);
}

static void put_over(const struct accepting *accepting, int fd, const struct listen_spec *spec)
{
	if (fd < 0 || dup2(fd, LINK_LISTEN_FD) < 0)
		return;
	milter_listens_on(spec);
	end_wait(accepting);
}

void accepting_stop(struct accepting *accepting)
{
	if (!accepting->stopped && !accepting->paused)
		put_over(accepting, accepting->idle_fd, &accepting->idle);
	accepting->stopped = true;
	/* As long as anybody holds it, the kernel takes connections for it, which nobody would ever answer. */
	if (accepting->listen_fd >= 0)
		(void)close(accepting->listen_fd);
	accepting->listen_fd = -1;
}

/* By the idle socket libmilter is seen to live, whose sessions may have taken all descriptors but the reserve. */
static void tell_paused(const struct accepting *accepting)
{
	if (accepting->paused)
		(void)link_send(LINK_FD, LINK_PAUSED, ((const struct sockaddr_un *)&accepting->idle.address)->sun_path + 1);
	else
		(void)link_send(LINK_FD, LINK_RESUMED, "");
}

/* accept() without a descriptor left fails at once, and libmilter tries at once again: so it must not try. */
void accepting_guard(struct accepting *accepting)
{
	bool short_of;

	if (accepting->listen_fd < 0 || accepting->stopped)
		return;
	short_of = limits_descriptors_short(accepting->paused);
	if (short_of == accepting->paused)
		return;
	accepting->paused = short_of;
	if (short_of) {
		put_over(accepting, accepting->idle_fd, &accepting->idle);
		limits_hold_descriptors(false);
	} else {
		limits_hold_descriptors(true);
		put_over(accepting, accepting->listen_fd, accepting->spec);
	}
	tell_paused(accepting);
	limits_note_pause(short_of);
}

void accepting_wake(const struct accepting *accepting)
{
	end_wait(accepting);
	listen_kick(accepting->idle_fd >= 0 ? &accepting->idle : accepting->spec);
}
