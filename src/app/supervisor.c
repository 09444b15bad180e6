/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop that waits for signals, workers and those who ask for a reload; it never waits for one of them alone. */
#include "app/supervisor_state.h"

#include "app/command.h"
#include "app/link.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define US_PER_MS INT64_C(1000)
#define IMPATIENT_MS 1000

/* --- signals --- */

/* Somebody does not want to wait; timeout(1) and others send the same signal twice at once, and do not mean that. */
static void stop_now(struct supervisor *s)
{
	if (clock_monotonic_us() - s->stopping_us < IMPATIENT_MS * US_PER_MS)
		return;
	log_warning("told to end once more: open sessions are cut");
	for (struct child *child = s->children; child; child = child->next)
		supervisor_kill_child(child);
}

/* What a successor needs, which may come while open sessions end: it is let go once, lest it be the successor's that is removed. */
static void stop_listening(struct supervisor *s)
{
	listen_remove(&s->setup->control);
	s->setup->control.is_unix = false;
	waiters_end(&s->waiters);
	supervisor_figures_stop(s);
}

static void begin_stop(struct supervisor *s)
{
	s->stopping = true;
	s->stopping_us = clock_monotonic_us();
	s->restart_us = 0;
	s->loaded = false;
	s->check_us = INT64_MAX;
	self_check_stop(&s->check);
	supervisor_tell(s, "STOPPING=1\n", "Finishing the open sessions");
	stop_listening(s);
	if (!s->current)
		supervisor_release_socket(s);
	for (struct child *child = s->children; child; child = child->next)
		supervisor_stop_child(child);
}

static void log_state(const struct supervisor *s)
{
	log_info("state: supervisor %d, worker %d serves policy %s, %zu workers in all, %lu reloads, %lu workers died",
		 (int)getpid(), s->current ? (int)s->current->pid : 0, s->current ? s->current->policy : "none",
		 s->child_count, s->reloads, s->deaths);
	for (const struct child *child = s->children; child; child = child->next)
		if (child->state >= CHILD_SERVING)
			(void)link_send(child->link_fd, LINK_STATE, "");
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		switch ((int)info.ssi_signo) {
		case SIGHUP:
		case SIGUSR1:
			supervisor_reload(s);
			break;
		case SIGUSR2:
			log_state(s);
			break;
		case SIGTERM:
		case SIGINT:
			if (s->stopping)
				stop_now(s);
			else
				begin_stop(s);
			break;
		default:
			break;		/* of children: they are looked at anyway */
		}
	}
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* --- the watchdog --- */

void supervisor_check_anew(struct supervisor *s)
{
	self_check_stop(&s->check);
	if (s->check_us != INT64_MAX)
		s->check_us = clock_monotonic_us();
}

/* Where the worker that serves accepts sessions.  One that is full is not stuck. */
static const struct listen_spec *accepts_at(const struct supervisor *s)
{
	return s->current && s->current->paused ? &s->current->idle : &s->setup->spec;
}

/* Then nobody can answer, and it would be worse with another supervisor, which does not begin with a policy that is broken. */
static bool is_without_worker(const struct supervisor *s)
{
	return !s->current && (s->next || s->restart_us > 0);
}

static void run_self_check(struct supervisor *s, int64_t now_us)
{
	int64_t period_us = s->setup->notify.watchdog_us / 3;
	enum self_check_result result = SELF_CHECK_BAD;

	if (s->check.fd >= 0) {
		result = self_check_go_on(&s->check, now_us);
	} else {
		if (now_us < s->check_us)
			return;
		s->check_us = now_us + period_us;
		if (is_without_worker(s))
			result = SELF_CHECK_GOOD;
		else if (self_check_start(&s->check, accepts_at(s), now_us + period_us))
			return;
	}
	if (result == SELF_CHECK_GOOD)
		notify_send(&s->setup->notify, "WATCHDOG=1\n");
	else if (result == SELF_CHECK_BAD)
		log_error("self-check: the milter does not answer on its own socket");
}

/* --- the loop --- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Limits of children are minutes: to look once in a while is enough. */
static int wait_ms(const struct supervisor *s, int64_t now_us)
{
	int64_t next_us = INT64_MAX;

	if (s->restart_us > 0)
		next_us = s->restart_us;
	next_us = earlier(next_us, s->check.fd >= 0 ? s->check.end_us : s->check_us);
	if (s->child_count > (s->current != NULL) || s->stopping)
		next_us = earlier(next_us, now_us + 250 * US_PER_MS);
	if (next_us == INT64_MAX)
		return -1;
	return next_us <= now_us ? 0 : (int)((next_us - now_us) / US_PER_MS) + 1;
}

static void wait_for_events(const struct supervisor *s)
{
	struct pollfd waits[3 + WAITERS_MAX + WORKERS_MAX];
	nfds_t count = 0;

	waits[count++] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
	waits[count++] = (struct pollfd){ .fd = s->check.fd, .events = POLLIN };
	count += waiters_poll(&s->waiters, waits + count);
	for (const struct child *child = s->children; child; child = child->next)
		waits[count++] = (struct pollfd){ .fd = child->link_fd, .events = POLLIN };
	(void)poll(waits, count, wait_ms(s, clock_monotonic_us()));
}

/* Each of them is taken as far as it goes without waiting. */
static void take_events(struct supervisor *s)
{
	struct child *following;
	int64_t now_us = clock_monotonic_us();

	take_signals(s);
	for (struct child *child = s->children; child; child = following) {
		following = child->next;
		supervisor_take_messages(s, child);
	}
	supervisor_reap(s);
	if (waiters_take(&s->waiters, s->loads + 1))
		supervisor_reload(s);
	if (s->restart_us > 0 && now_us >= s->restart_us && !s->next)
		supervisor_load(s);
	run_self_check(s, now_us);
	supervisor_enforce_limits(s, now_us);
	supervisor_figures_update(s);
}

static void serve(struct supervisor *s)
{
	supervisor_load(s);
	while (!s->done && !(s->stopping && !s->children)) {
		wait_for_events(s);
		take_events(s);
	}
}

int supervisor_run(struct supervisor_setup *setup)
{
	struct supervisor s = {
		.setup = setup,
		.waiters = { .control_fd = setup->control_fd },
		.check = { .fd = -1 },
		.check_us = INT64_MAX,
	};

	s.signal_fd = open_signals();
	if (s.signal_fd < 0) {
		log_error("cannot take the signals: %s", strerrordesc_np(errno));
		return EXIT_SYSTEM;
	}
	(void)log_start();
	supervisor_figures_start(&s);
	serve(&s);
	stop_listening(&s);
	supervisor_release_socket(&s);
	buf_clear(&s.says);
	(void)close(s.signal_fd);
	return s.status;
}
