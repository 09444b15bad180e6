/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs libmilter in a thread and keeps the signals away from it. */
#include "app/worker.h"

#include "app/command.h"
#include "app/engine.h"
#include "app/milter.h"
#include "app/socketmap.h"
#include "base/clock.h"
#include "base/log.h"
#include "gather/zone_test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DRAIN_MS 5000
#define DRAIN_STEP_MS 20

/* Written by the signal handlers and by the thread that serves, read by the main thread. */
static int signal_fd = -1;
static atomic_bool stop_wanted;
static atomic_bool reload_wanted;
static atomic_bool served;	/* libmilter has ended */

static void on_signal(int number)
{
	uint64_t one = 1;
	int saved = errno;

	if (number == SIGTERM || number == SIGINT)
		stop_wanted = true;
	else
		reload_wanted = true;
	if (write(signal_fd, &one, sizeof one) < 0)
		errno = saved;
	errno = saved;
}

/*
 * libmilter waits for HUP, TERM and INT itself and stops on all of them.  Blocked in every thread but the main one,
 * these signals reach our handlers only.
 */
static bool take_signals(sigset_t *ours_r)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	signal_fd = eventfd(0, EFD_CLOEXEC);
	if (signal_fd < 0)
		return false;
	sigemptyset(ours_r);
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		sigaddset(ours_r, numbers[i]);
		if (sigaction(numbers[i], &action, NULL) < 0)
			return false;
	}
	return pthread_sigmask(SIG_BLOCK, ours_r, NULL) == 0;
}

/* Each session takes one descriptor, and accept() without one left spins inside libmilter. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warning("cannot raise the limit of open files: %s", strerrordesc_np(errno));
}

static void *serve(void *failed_r)
{
	*(bool *)failed_r = !milter_main();
	atomic_store(&served, true);
	on_signal(SIGTERM);	/* wakes the main thread when libmilter ends by itself */
	return NULL;
}

static void *stop(void *unused)
{
	milter_stop();
	return unused;
}

static void wait_for_stop(void)
{
	struct pollfd wait = { .fd = signal_fd, .events = POLLIN };
	uint64_t count;

	while (!stop_wanted) {
		if (poll(&wait, 1, -1) > 0 && read(signal_fd, &count, sizeof count) < 0)
			log_warning("cannot read signals: %s", strerrordesc_np(errno));
		if (reload_wanted) {
			reload_wanted = false;
			log_warning("reload is not supported yet; restart to load the policy anew");
		}
	}
}

/* A listening socket that nobody knows: over the real one, it ends the accepting without closing anything. */
static int idle_socket(struct listen_spec *spec_r)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&spec_r->address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*spec_r = (struct listen_spec){ .address_bytes = sizeof *address };
	address->sun_family = AF_UNIX;
	/* Bound with its family alone, the kernel gives it an abstract name (unix(7), autobind). */
	if (fd >= 0 && bind(fd, (const struct sockaddr *)address, sizeof(sa_family_t)) == 0 &&
	    listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)address, &spec_r->address_bytes) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * libmilter's listener holds a lock while it waits up to five seconds for a connection, and stopping
 * wants that lock: so one thread stops while this one connects.
 */
static void stop_milter(const struct listen_spec *wake)
{
	pthread_t thread;
	bool apart = pthread_create(&thread, NULL, stop, NULL) == 0;

	if (!apart)
		milter_stop();
	while (!atomic_load(&served)) {
		listen_kick(wake);
		(void)poll(NULL, 0, DRAIN_STEP_MS);
	}
	if (apart)
		pthread_join(thread, NULL);
}

/* No new sessions; the open ones may end by themselves for a while. */
static void drain(const struct listen_spec *spec, int listen_fd)
{
	int64_t end_us = clock_monotonic_us() + DRAIN_MS * INT64_C(1000);
	static struct listen_spec idle;	/* a thread that waits for DNS may still look at it */
	const struct listen_spec *wake = spec;
	int fd = -1;

	/* Without sessions there is no reason to wait: libmilter is woken through the socket itself. */
	if (milter_session_count() > 0 && milter_takes_fd())
		fd = idle_socket(&idle);
	if (fd >= 0 && dup2(fd, listen_fd) >= 0) {
		wake = &idle;
		milter_listens_on(wake);
		/*
		 * libmilter waits at the old one for up to five seconds, and clients with it.  poll() looks again at what is
		 * now behind the descriptor, and so must find something there when it is woken.
		 */
		listen_kick(wake);
		listen_kick(spec);
	}
	while (milter_session_count() > 0 && clock_monotonic_us() < end_us)
		(void)poll(NULL, 0, DRAIN_STEP_MS);
	milter_listens_on(NULL);	/* what still waits for DNS is cut now, and spec may go */
	stop_milter(wake);
	if (fd >= 0)
		close(fd);
}

static struct dns *start_dns(const struct policy *policy)
{
	struct dns_settings settings = engine_dns_settings(policy);
	const char *error;
	struct dns *dns = dns_live_new(&settings, &error);

	if (!dns)
		log_error("cannot ask DNS: %s", error);
	return dns;
}

static void tell_zone(const char *line)
{
	log_warning("%s", line);
}

static bool stops(void)
{
	return stop_wanted;
}

/* With the signals taken and whatever is needed of DNS. */
static int serve_until_stopped(const struct policy *policy, struct dns *dns, const struct listen_spec *spec, int listen_fd,
			       const sigset_t *ours)
{
	pthread_t thread;
	bool failed = false;
	int error;

	if (!milter_open(policy, dns, spec, listen_fd)) {
		log_error("libmilter cannot use the socket %s", policy->server.socket);
		return EXIT_UNAVAILABLE;
	}
	error = pthread_create(&thread, NULL, serve, &failed);
	if (error != 0) {
		log_error("cannot start a thread: %s", strerrordesc_np(error));
		return EXIT_SYSTEM;
	}
	pthread_sigmask(SIG_UNBLOCK, ours, NULL);
	/* Sessions are served meanwhile. */
	if (dns && !zones_test(policy, dns, tell_zone, stops))
		log_warning("out of memory: the DNS lists are not tested");
	wait_for_stop();
	drain(spec, listen_fd);
	pthread_join(thread, NULL);
	if (failed)
		log_error("libmilter failed");
	return failed ? EXIT_SYSTEM : EXIT_FINE;
}

/* It answers until the last session has ended: Sendmail asks at each of them. */
static bool start_socketmap(const struct policy *policy, struct socketmap **map_r)
{
	char message[300];

	if (!policy->server.socketmap)
		return true;
	*map_r = socketmap_start(policy, message, sizeof message);
	if (!*map_r)
		log_error("socket map '%s': %s", policy->server.socketmap, message);
	return *map_r;
}

int worker_run(const struct policy *policy, const struct listen_spec *spec, int listen_fd)
{
	struct socketmap *map = NULL;
	struct dns *dns = NULL;
	sigset_t ours;
	int status;

	raise_descriptor_limit();
	if (!take_signals(&ours)) {
		log_error("cannot take the signals: %s", strerrordesc_np(errno));
		return EXIT_SYSTEM;
	}
	if (policy_needs_dns(policy)) {
		dns = start_dns(policy);
		if (!dns)
			return EXIT_DNS;
	}
	if (!start_socketmap(policy, &map)) {
		dns_free(&dns);
		return EXIT_UNAVAILABLE;
	}
	status = serve_until_stopped(policy, dns, spec, listen_fd, &ours);
	socketmap_stop(&map);
	/* Threads of libmilter outlive it while sessions are open, and hold questions: then all of it ends with the process. */
	if (milter_session_count() == 0)
		dns_free(&dns);
	return status;
}
