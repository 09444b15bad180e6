/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts workers. */
#include "app/child.h"

#include "app/link.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What is executed after fork(): all of it is made before. */
struct command_line {
	char *words[10];
	char parent[24];
};

static void make_command_line(const struct child_setup *setup, struct command_line *line_r)
{
	char **word = line_r->words;

	(void)snprintf(line_r->parent, sizeof line_r->parent, "%d", (int)getpid());
	*word++ = (char *)"ehlo-milter";
	*word++ = (char *)"worker";
	*word++ = (char *)"--parent";
	*word++ = line_r->parent;
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

/* Between fork() and exec: async-signal-safe functions only. */
static _Noreturn void become_worker(const struct child_setup *setup, int link_end, const struct command_line *line)
{
	int listen_fd = setup->listen_fd < 0 ? -1 : fcntl(setup->listen_fd, F_DUPFD, LINK_FD + 1);
	int link_fd = fcntl(link_end, F_DUPFD, LINK_FD + 1);
	sigset_t none;

	sigemptyset(&none);
	if (link_fd >= 0 && dup2(link_fd, LINK_FD) >= 0 &&
	    (setup->listen_fd < 0 || (listen_fd >= 0 && dup2(listen_fd, LINK_LISTEN_FD) >= 0)) &&
	    sigprocmask(SIG_SETMASK, &none, NULL) == 0) {
		(void)close(link_fd);
		if (listen_fd >= 0)
			(void)close(listen_fd);
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
	make_command_line(setup, &line);
	child->pid = fork();
	saved = errno;
	if (child->pid == 0)
		become_worker(setup, ends[1], &line);
	(void)close(ends[1]);
	child->link_fd = ends[0];
	if (child->pid < 0) {
		child_free(&child);
		errno = saved;
		return NULL;
	}
	child_enter(child, CHILD_LOADING);
	return child;
}

void child_enter(struct child *child, enum child_state state)
{
	child->state = state;
	child->since_us = clock_monotonic_us();
}

void child_free(struct child **child)
{
	if (!*child)
		return;
	if ((*child)->link_fd >= 0)
		(void)close((*child)->link_fd);
	free(*child);
	*child = NULL;
}
