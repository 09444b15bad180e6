/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs libmilter in a thread, keeps the signals away from it, and does what the supervisor says. */
#include "app/worker.h"

#include "app/accepting.h"
#include "app/command.h"
#include "app/engine.h"
#include "app/limits.h"
#include "app/link.h"
#include "app/meter.h"
#include "app/milter.h"
#include "app/recorder.h"
#include "app/sandbox.h"
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
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DRAIN_STEP_MS 20
#define SILENT_LOOKS 250	/* a step apart, at connections that never became sessions, once no session is left */
#define THREAD_STACK_BYTES (1024 * 1024)

/* Written by the signal handler, read by the main thread. */
static int signal_fd = -1;
static atomic_bool stop_wanted;
static atomic_bool served;	/* libmilter has ended */
static atomic_bool leaving;	/* no new sessions come */

struct worker {
	pthread_t zones;		/* tests the DNS lists after the start */
	const struct policy *policy;
	struct dns *dns;		/* NULL: nothing is asked */
	struct recorder *recorder;	/* NULL: no session is recorded */
	struct socketmap *map;		/* NULL: there is none */
	const struct listen_spec *spec;
	struct accepting accepting;
	pthread_t milter;		/* runs libmilter */
	bool draining;
	int64_t end_us;			/* of draining; INT64_MAX: with the last session */
	unsigned silent_looks;		/* since a session was open, or something unread */
};

static void on_signal(int number)
{
	uint64_t one = 1;
	int saved = errno;

	if (number == SIGTERM)
		stop_wanted = true;
	if (write(signal_fd, &one, sizeof one) < 0)
		errno = saved;
	errno = saved;
}

static void on_wake(int number)
{
	(void)number;
}

/*
 * A thread of libmilter waits for HUP, TERM and INT, and stops everything on them.  The kernel gives it those that the main
 * thread blocks, be it only for the time of a handler, or of a function of the C library that blocks all signals.  So the main
 * thread does not block TERM once libmilter has begun, which others do; the rest is ignored from the start (child.c).
 */
static bool take_signals(sigset_t *ours_r)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER };
	struct sigaction wake = { .sa_handler = on_wake };

	signal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (signal_fd < 0)
		return false;
	sigemptyset(ours_r);
	sigaddset(ours_r, SIGTERM);
	return sigaction(SIGTERM, &action, NULL) == 0 && sigaction(ACCEPTING_SIGNAL, &wake, NULL) == 0 &&
	       pthread_sigmask(SIG_BLOCK, ours_r, NULL) == 0;
}

/* libmilter asks for no size: a thread for each busy session with what the shell allows would be much. */
static void set_stack_size(void)
{
	pthread_attr_t attributes;

	if (pthread_attr_init(&attributes) != 0)
		return;
	if (pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES) != 0 ||
	    pthread_setattr_default_np(&attributes) != 0)
		log_debug("the size of the threads' stacks is left alone");
	(void)pthread_attr_destroy(&attributes);
}

/* How it ends tells nothing: libmilter fails too when it is stopped before it has begun. */
static void *serve(void *argument)
{
	struct worker *worker = argument;

	accepting_begin(&worker->accepting);
	(void)milter_main();
	atomic_store(&served, true);
	on_signal(0);	/* wakes the main thread when libmilter ends by itself */
	return NULL;
}

static void *stop(void *unused)
{
	milter_stop();
	return unused;
}

/* --- the end --- */

static void drain(struct worker *worker, int64_t end_us)
{
	if (!worker->draining) {
		worker->draining = true;
		atomic_store(&leaving, true);
		worker->end_us = INT64_MAX;
		accepting_stop(&worker->accepting);
		(void)link_send(LINK_FD, LINK_AWAY, "");
	}
	if (end_us < worker->end_us)
		worker->end_us = end_us;
}

static void drain_within_limit(struct worker *worker)
{
	drain(worker, clock_monotonic_us() + worker->policy->server.drain_ms * INT64_C(1000));
}

/*
 * A connection that libmilter has accepted is a session only from its first callback on, and must not be cut
 * before.  One that stays silent is no session of an MTA.  Looks are counted and not time, in which a busy machine may
 * have let nobody speak or read.
 */
static bool all_done(struct worker *worker)
{
	bool has_sessions = limits_session_count() > 0, unread = false;

	if (clock_monotonic_us() >= worker->end_us)
		return true;
	if (!has_sessions && listen_connections(worker->spec, &unread) == 0)
		return true;
	if (has_sessions || unread)
		worker->silent_looks = 0;
	return ++worker->silent_looks > SILENT_LOOKS;
}

/*
 * libmilter's listener holds a lock while it waits up to five seconds for a connection, and stopping
 * wants that lock: so one thread stops while this one connects.
 */
static void stop_milter(const struct worker *worker)
{
	pthread_t thread;
	bool apart;

	milter_listens_on(NULL);	/* what still waits for DNS is cut now, and nobody needs to be woken */
	apart = pthread_create(&thread, NULL, stop, NULL) == 0;
	if (!apart)
		milter_stop();
	while (!atomic_load(&served)) {
		accepting_wake(&worker->accepting);
		(void)poll(NULL, 0, DRAIN_STEP_MS);
	}
	if (apart)
		pthread_join(thread, NULL);
}

/* --- what the supervisor says --- */

static void take_messages(struct worker *worker)
{
	struct link_message message;

	for (;;) {
		switch (link_receive(LINK_FD, false, &message)) {
		case LINK_NOTHING:
			return;
		case LINK_RETIRE:
			/* Its successor has the socket map.  Without one it answers on: Sendmail asks at each session. */
			if (worker->map)
				socketmap_retire(worker->map);
			drain(worker, INT64_MAX);
			break;
		case LINK_STOP:
			drain_within_limit(worker);
			break;
		case LINK_STATE:
			limits_log_state(worker->policy, worker->draining);
			break;
		case LINK_GONE:		/* never to outlive the supervisor */
			drain(worker, 0);
			return;
		default:
			break;
		}
	}
}

static void wait_for_events(const struct worker *worker)
{
	struct pollfd waits[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = LINK_FD, .events = POLLIN },
	};
	uint64_t count;

	(void)poll(waits, 2, worker->draining ? DRAIN_STEP_MS : limits_descriptors_interval_ms());
	if (waits[0].revents && read(signal_fd, &count, sizeof count) < 0 && errno != EAGAIN)
		log_warning("cannot read signals: %s", strerrordesc_np(errno));
}

static void serve_until_told(struct worker *worker)
{
	while (!atomic_load(&served) && !(worker->draining && all_done(worker))) {
		wait_for_events(worker);
		meter_report(worker->dns);
		take_messages(worker);
		if (stop_wanted) {
			stop_wanted = 0;
			drain_within_limit(worker);
		}
		accepting_guard(&worker->accepting);
	}
}

/* --- the whole --- */

static struct dns *start_dns(const struct policy *policy)
{
	struct dns_settings settings = engine_dns_settings(policy);
	const char *error;
	struct dns *dns;

	settings.watch = &meter_dns;
	dns = dns_live_new(&settings, &error);
	if (!dns)
		log_error("cannot ask DNS: %s", error);
	return dns;
}

static void tell_zone(const char *line)
{
	log_warning("%s", line);
}

static bool zones_are_moot(void)
{
	return atomic_load(&leaving);
}

/* In a thread of its own: name servers may take their time, and the supervisor is to be heard meanwhile. */
static void *test_zones(void *argument)
{
	const struct worker *worker = argument;

	if (!zones_test(worker->policy, worker->dns, tell_zone, zones_are_moot))
		log_warning("out of memory: the DNS lists are not tested");
	return NULL;
}

static bool begin_zones(struct worker *worker)
{
	if (!worker->dns)
		return false;
	errno = pthread_create(&worker->zones, NULL, test_zones, worker);
	if (errno != 0)
		log_warning("the DNS lists are not tested: %s", strerrordesc_np(errno));
	return errno == 0;
}

static void tell_ready(const struct policy *policy)
{
	bool capped = policy->observe || !policy->server.enforce;
	size_t enforcing = 0;
	char text[LINK_TEXT_MAX];

	for (size_t i = 0; i < policy->listener_count; i++)
		enforcing += policy->listeners[i].mode == MODE_ENFORCE && !capped;
	(void)snprintf(text, sizeof text, "%u %s %s", policy->server.drain_ms, policy->sha256,
		       policy->path);
	(void)link_send_waiting(LINK_FD, LINK_READY, text);
	log_info("ready: listening on %s, policy %s sha256 %.8s, %zu listeners, %zu in mode enforce%s",
		 policy->server.socket, policy->path, policy->sha256, policy->listener_count, enforcing,
		 policy->observe ? " (--observe)" : capped ? " (enforce: false)" : "");
}

/* Last of all that can fail: it takes the place of that of the worker before. */
static bool start_socketmap(struct worker *worker)
{
	const char *socket = worker->policy->server.socketmap;
	char message[300];

	if (!socket)
		return true;
	worker->map = socketmap_start(worker->policy, message, sizeof message);
	if (!worker->map)
		log_error("socket map '%s': %s", socket, message);
	return worker->map;
}

/* All sockets of its own are there by now. */
static void enter_sandbox(void)
{
	if (sandbox_enter())
		log_debug("system calls that no worker needs are denied from now on");
	else if (errno != ENOSYS)
		log_warning("system calls cannot be restricted: %s", strerrordesc_np(errno));
}

/* With the signals taken and whatever is needed of DNS. */
static int serve_milter(struct worker *worker, const sigset_t *ours)
{
	bool ended, testing;
	int error;

	if (!accepting_prepare(&worker->accepting, worker->spec)) {
		log_error("cannot prepare the sockets: %s", strerrordesc_np(errno));
		return EXIT_SYSTEM;
	}
	if (!milter_open(worker->policy, worker->dns, worker->recorder, worker->spec, LINK_LISTEN_FD)) {
		log_error("libmilter cannot use the socket %s", worker->policy->server.socket);
		return EXIT_UNAVAILABLE;
	}
	if (!start_socketmap(worker))
		return EXIT_UNAVAILABLE;
	enter_sandbox();
	pthread_sigmask(SIG_UNBLOCK, ours, NULL);	/* before libmilter waits for it */
	error = pthread_create(&worker->milter, NULL, serve, worker);
	if (error != 0) {
		log_error("cannot start a thread: %s", strerrordesc_np(error));
		return EXIT_SYSTEM;
	}
	tell_ready(worker->policy);
	testing = begin_zones(worker);
	serve_until_told(worker);
	ended = atomic_load(&served);	/* by itself */
	atomic_store(&leaving, true);
	stop_milter(worker);
	if (testing)
		pthread_join(worker->zones, NULL);
	pthread_join(worker->milter, NULL);
	if (ended)
		log_error("libmilter ended by itself");
	return ended ? EXIT_SYSTEM : EXIT_FINE;
}

int worker_run(const struct policy *policy, const struct listen_spec *spec, unsigned place)
{
	static struct worker worker;	/* a thread that waits for DNS may still look at its sockets after the end */
	sigset_t ours;
	int status;

	worker = (struct worker){ .policy = policy, .spec = spec };
	meter_start(policy, place);
	limits_start(&policy->server);
	set_stack_size();
	if (!take_signals(&ours)) {
		log_error("cannot take the signals: %s", strerrordesc_np(errno));
		return EXIT_SYSTEM;
	}
	if (!log_start())
		log_warning("the log has no thread of its own: a log that is stuck would hold sessions up");
	if (policy_needs_dns(policy)) {
		worker.dns = start_dns(policy);
		if (!worker.dns)
			return EXIT_DNS;
	}
	worker.recorder = recorder_new(policy);
	status = serve_milter(&worker, &ours);
	socketmap_stop(&worker.map);
	recorder_stop(&worker.recorder, limits_session_count() > 0);
	/*
	 * Threads of libmilter outlive it while sessions are open, and hold questions: then all of it ends with
	 * the process.
	 */
	if (limits_session_count() == 0)
		dns_free(&worker.dns);
	return status;
}
