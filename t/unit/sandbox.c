/* SPDX-License-Identifier: BSD-2-Clause */
/* T26: what the sandbox denies and what it leaves, by trying. */
#include "app/sandbox.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Was it denied, and not refused for another reason? */
static bool denied(long result)
{
	return result < 0 && errno == EPERM;
}

static bool opens(long fd)
{
	if (fd >= 0)
		(void)close((int)fd);
	return fd >= 0;
}

static void *in_thread(void *allowed_r)
{
	char *const words[] = { (char *)"true", NULL };

	*(bool *)allowed_r = !denied(execv("/bin/true", words));
	return NULL;
}

static void test_denied(void)
{
	char *const words[] = { (char *)"true", NULL };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ok(denied(execv("/bin/true", words)), "no program is executed");
	ok(denied(syscall(SYS_execveat, AT_FDCWD, "/bin/true", words, NULL, 0)), "not by execveat() either");
	ok(fd >= 0 && denied(bind(fd, (const struct sockaddr *)&address, sizeof(sa_family_t))), "no socket is bound");
	ok(denied(listen(fd, 1)), "or listened on");
	ok(denied(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0)), "no netlink socket is made");
	ok(denied(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)), "no packet socket");
	ok(denied(socket(AF_APPLETALK, SOCK_DGRAM | SOCK_CLOEXEC, 0)), "and none of a family between IPv4 and IPv6");
	ok(denied(unshare(CLONE_NEWNS)), "no namespace is left");
	ok(denied(mount("none", "/", "tmpfs", 0, NULL)), "nothing is mounted");
	ok(denied(chroot("/")), "the root folder stays");
	ok(denied(setuid(getuid())), "the user stays");
	(void)close(fd);
}

static void test_left(void)
{
	pthread_t thread;
	bool allowed = true;

	ok(opens(open("/dev/null", O_WRONLY | O_CLOEXEC)), "files are opened");
	ok(opens(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)), "unix sockets are made: for syslog");
	ok(opens(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), "and IPv4 ones: for DNS");
	ok(opens(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) || errno == EAFNOSUPPORT, "and IPv6 ones");
	ok(pthread_create(&thread, NULL, in_thread, &allowed) == 0 && pthread_join(thread, NULL) == 0, "threads start");
	ok(!allowed, "and are held to the same");
}

/* A thread that was there before the sandbox. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *wait_for_gate(void *allowed_r)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	return in_thread(allowed_r);
}

int main(void)
{
	pthread_t before;
	bool allowed = true, entered;

	pthread_mutex_lock(&gate);
	if (pthread_create(&before, NULL, wait_for_gate, &allowed) != 0)
		return 1;
	entered = sandbox_enter();
	pthread_mutex_unlock(&gate);
	if (!entered && errno == ENOSYS) {
		printf("1..0 # SKIP built without libseccomp\n");
		return 0;
	}
	ok(entered, "the sandbox is entered");
	if (entered) {
		test_denied();
		test_left();
	}
	(void)pthread_join(before, NULL);
	ok(!allowed, "a thread that was there before is held to it too");
	return tap_done();
}
