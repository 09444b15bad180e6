/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends workers, notices their end, and replaces those that died. */
#include "app/supervisor_state.h"

#include "app/command.h"
#include "app/link.h"
#include "app/metrics.h"
#include "base/clock.h"
#include "base/log.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define US_PER_MS INT64_C(1000)
#define DRAINING_MAX 8
#define LOAD_LIMIT_MS 120000	/* from the start of a worker to its readiness */
#define LEAVE_LIMIT_MS 5000	/* for a worker to stop accepting, which takes a moment */
#define END_GRACE_MS 5000	/* beyond server.drain, for a worker to end by itself */
#define BACK_OFF_FIRST_MS 100
#define BACK_OFF_MAX_MS 5000
#define STEADY_MS 1000		/* who has served so long did not die of its start */

void supervisor_kill_child(struct child *child)
{
	if (!child->killed && kill(child->pid, SIGKILL) == 0)
		child->killed = true;
}

/* To end within its server.drain. */
void supervisor_stop_child(struct child *child)
{
	if (child->stopping)
		return;
	child->stopping = true;
	/* One that was let go may have taken a session before we have read that it is ready. */
	if (child->state < CHILD_STARTING || !link_send(child->link_fd, LINK_STOP, "")) {
		supervisor_kill_child(child);	/* has no sessions, or does not listen */
		return;
	}
	child_enter(child, CHILD_DRAINING);
}

/* Those beyond the number that may take their time: the oldest have had the most of it. */
static void limit_draining(struct supervisor *s)
{
	size_t draining = 0;

	for (struct child *child = s->children; child; child = child->next) {
		if (child->state != CHILD_DRAINING || child->stopping || ++draining <= DRAINING_MAX)
			continue;
		log_warning("more than %d workers are finishing their sessions: worker %d has %u ms left", DRAINING_MAX,
			    (int)child->pid, child->drain_ms);
		supervisor_stop_child(child);
	}
}

void supervisor_retire(struct supervisor *s, struct child *child)
{
	if (s->setup->child.listen_fd < 0 || !link_send(child->link_fd, LINK_RETIRE, ""))
		supervisor_stop_child(child);
	else
		child_enter(child, CHILD_DRAINING);
	limit_draining(s);
}

/*
 * What the child is to do within limit_ms_r of its state; NULL: it may take its time.  One that does not even stop taking
 * sessions would go on by its old policy; server.drain is time enough for those sessions that it may still answer.
 */
static const char *owed(const struct child *child, int64_t *limit_ms_r)
{
	*limit_ms_r = (int64_t)child->drain_ms + END_GRACE_MS;
	if (child->stopping)
		return "end";
	if (child->state == CHILD_DRAINING)
		return child->away ? NULL : "stop taking sessions";
	*limit_ms_r = LOAD_LIMIT_MS;
	return child->state == CHILD_LOADING || child->state == CHILD_STARTING ? "become ready" : NULL;
}

/* What should have happened long ago. */
void supervisor_enforce_limits(struct supervisor *s, int64_t now_us)
{
	if (s->leaving && (now_us - s->leaving_us) / US_PER_MS >= LEAVE_LIMIT_MS)
		supervisor_has_left(s, true);
	for (struct child *child = s->children; child; child = child->next) {
		int64_t limit_ms;
		const char *what = owed(child, &limit_ms);

		if (!what || child->killed || (now_us - child->since_us) / US_PER_MS < limit_ms)
			continue;
		log_error("worker %d does not %s: killed", (int)child->pid, what);
		supervisor_kill_child(child);
	}
}

void supervisor_release_socket(struct supervisor *s)
{
	struct supervisor_setup *setup = s->setup;

	if (setup->owns_socket)
		listen_remove(&setup->spec);
	setup->owns_socket = false;
	if (setup->child.listen_fd >= 0)
		(void)close(setup->child.listen_fd);
	setup->child.listen_fd = -1;
}

/* --- workers that end --- */

static void log_end(const struct child *child, int status)
{
	if (WIFSIGNALED(status))
		log_error("worker %d was killed by signal %d (%s)", (int)child->pid, WTERMSIG(status),
			  strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		log_error("worker %d ended with status %d", (int)child->pid, WEXITSTATUS(status));
	else if (child->state == CHILD_DRAINING)
		log_info("worker %d has finished its sessions", (int)child->pid);
	else
		log_warning("worker %d ended without being told to", (int)child->pid);
}

void supervisor_schedule_restart(struct supervisor *s)
{
	int64_t delay_ms = 0;

	if (s->deaths_in_a_row > 1) {
		delay_ms = BACK_OFF_FIRST_MS;
		for (unsigned i = 2; i < s->deaths_in_a_row && delay_ms < BACK_OFF_MAX_MS; i++)
			delay_ms *= 2;
	}
	if (delay_ms > BACK_OFF_MAX_MS)
		delay_ms = BACK_OFF_MAX_MS;
	s->restart_us = clock_monotonic_us() + delay_ms * US_PER_MS;
}

static void replace(struct supervisor *s, const struct child *dead)
{
	s->loaded = false;	/* a reload that waits for another worker to leave goes on with the next load */
	s->deaths++;
	METRICS_COUNT(METRIC_WORKER_DEATHS, 0);
	if (clock_monotonic_us() - dead->since_us > STEADY_MS * US_PER_MS)
		s->deaths_in_a_row = 0;
	s->deaths_in_a_row++;
	log_error("the sessions of worker %d are lost, and it is replaced; %lu have died so far", (int)dead->pid,
		  s->deaths);
	if (!s->next)
		supervisor_schedule_restart(s);
}

void supervisor_went_away(struct supervisor *s)
{
	struct child *child = s->current;

	if (s->stopping) {
		supervisor_release_socket(s);
		return;
	}
	log_warning("worker %d was told to end, and is replaced; signals are for the supervisor", (int)child->pid);
	s->current = NULL;
	s->loaded = false;
	child->stopping = true;
	child_enter(child, CHILD_DRAINING);
	if (!s->next)
		supervisor_schedule_restart(s);
}

static void unlink_child(struct supervisor *s, struct child *child)
{
	struct child **at = &s->children;

	while (*at != child)
		at = &(*at)->next;
	*at = child->next;
	s->child_count--;
}

static void child_ended(struct supervisor *s, struct child *child, int status, int64_t cpu_us)
{
	supervisor_take_messages(s, child);	/* what it said before its end */
	unlink_child(s, child);
	if (s->started || WIFSIGNALED(status))
		log_end(child, status);
	if (child == s->next) {
		s->next = NULL;
		supervisor_load_failed(s, WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EXIT_SYSTEM);
	} else if (child == s->current) {
		s->current = NULL;
		if (!s->stopping)
			replace(s, child);
	} else if (child == s->leaving) {
		supervisor_has_left(s, false);
	}
	child_free(&child, cpu_us);
	supervisor_let_next_go(s);
}

static int64_t cpu_us(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * US_PER_SECOND + usage->ru_utime.tv_usec +
	       usage->ru_stime.tv_usec;
}

void supervisor_reap(struct supervisor *s)
{
	struct rusage usage;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		struct child *child = s->children;

		while (child && child->pid != pid)
			child = child->next;
		if (child)
			child_ended(s, child, status, cpu_us(&usage));
	}
}
