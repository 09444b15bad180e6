/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts workers. */
#include "app/child.h"

#include "app/link.h"
#include "app/metrics.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What is executed after fork(): all of it is made before. */
struct command_line {
	char *words[12];
	char parent[24];
	char place[24];
};

static void make_command_line(const struct child_setup *setup, unsigned place, struct command_line *line_r)
{
	char **word = line_r->words;

	(void)snprintf(line_r->parent, sizeof line_r->parent, "%d", (int)getpid());
	*word++ = (char *)"ehlo-milter";
	*word++ = (char *)"worker";
	*word++ = (char *)"--parent";
	*word++ = line_r->parent;
	(void)snprintf(line_r->place, sizeof line_r->place, "%u", place);
	*word++ = (char *)"--place";
	*word++ = line_r->place;
	*word++ = (char *)"--socket";
	*word++ = (char *)setup->socket;
	if (setup->policy_path) {
		*word++ = (char *)"-c";
		*word++ = (char *)setup->policy_path;
	}
	if (setup->observe)
		*word++ = (char *)"--observe";
	*word = NULL;
}

/* What is meant for the supervisor and goes to the whole group (INT of a terminal) does nothing to a worker, ever. */
static bool ignore_signals(void)
{
	static const int numbers[] = { SIGINT, SIGHUP, SIGUSR1, SIGUSR2 };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (signal(numbers[i], SIG_IGN) == SIG_ERR)
			return false;
	return true;
}

/* Between fork() and exec: async-signal-safe functions only. */
static _Noreturn void become_worker(const struct child_setup *setup, int link_end, const struct command_line *line)
{
	/* First out of the way of one another: each may have the number that another is to get. */
	int listen_fd = setup->listen_fd < 0 ? -1 : fcntl(setup->listen_fd, F_DUPFD_CLOEXEC, LINK_METRICS_FD + 1);
	int link_fd = fcntl(link_end, F_DUPFD_CLOEXEC, LINK_METRICS_FD + 1);
	int metrics_fd = fcntl(setup->metrics_fd, F_DUPFD_CLOEXEC, LINK_METRICS_FD + 1);
	sigset_t none;

	sigemptyset(&none);
	if (link_fd >= 0 && dup2(link_fd, LINK_FD) >= 0 && metrics_fd >= 0 && dup2(metrics_fd, LINK_METRICS_FD) >= 0 &&
	    (setup->listen_fd < 0 || (listen_fd >= 0 && dup2(listen_fd, LINK_LISTEN_FD) >= 0)) &&
	    ignore_signals() && sigprocmask(SIG_SETMASK, &none, NULL) == 0) {
		/* The file that this process runs, even when an upgrade has put another one in its place. */
		(void)execv("/proc/self/exe", line->words);
	}
	_exit(127);
}

struct child *child_start(const struct child_setup *setup)
{
	struct child *child = calloc(1, sizeof *child);
	struct command_line line;
	int ends[2], saved;

	if (!child)
		return NULL;
	if (!link_new(ends)) {
		saved = errno;
		free(child);
		errno = saved;
		return NULL;
	}
	child->place = metrics_worker_take();
	make_command_line(setup, child->place, &line);
	child->pid = fork();
	saved = errno;
	if (child->pid == 0)
		become_worker(setup, ends[1], &line);
	(void)close(ends[1]);
	child->link_fd = ends[0];
	if (child->pid < 0) {
		child_free(&child, 0);
		errno = saved;
		return NULL;
	}
	metrics_worker(child->place)->pid = (int)child->pid;
	child_enter(child, CHILD_LOADING);
	return child;
}

void child_enter(struct child *child, enum child_state state)
{
	child->state = state;
	child->since_us = clock_monotonic_us();
}

void child_free(struct child **child, int64_t cpu_us)
{
	if (!*child)
		return;
	metrics_add(METRIC_SESSIONS_LOST, METRIC_LABELS(0), metrics_worker_end((*child)->place, cpu_us));
	if ((*child)->link_fd >= 0)
		(void)close((*child)->link_fd);
	free(*child);
	*child = NULL;
}
