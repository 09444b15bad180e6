/* SPDX-License-Identifier: BSD-2-Clause */
/* status: the running daemon's figures on a terminal. */
#include "app/command.h"
#include "app/control.h"
#include "app/control_client.h"
#include "app/status.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)16 << 20)
#define INTERVAL_MS 1000

struct options {
	const char *policy_path;
	const char *socket;
	const char *file;	/* NULL: the daemon is asked */
	bool watch;
	bool json;
};

/* --- where the figures come from --- */

/* The descriptor that comes with a byte; -1 when none does. */
static int receive_descriptor(int from)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	const struct cmsghdr *head;
	int fd = -1;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) < 1)
		return -1;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(head), sizeof fd);
	return fd;
}

/* The file as text, to be freed; NULL. */
static char *read_whole(int fd)
{
	struct stat status;
	char *text;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size > (off_t)FILE_MAX_BYTES)
		return NULL;
	text = calloc(1, (size_t)status.st_size + 1);
	if (text && pread(fd, text, (size_t)status.st_size, 0) != (ssize_t)status.st_size) {
		free(text);
		text = NULL;
	}
	return text;
}

static int ask(const char *socket, char **text_r)
{
	int from, fd, status = control_ask(&command_status, socket, CONTROL_METRICS, &from);

	if (status != EXIT_FINE)
		return status;
	fd = receive_descriptor(from);
	(void)close(from);
	*text_r = read_whole(fd);
	if (fd >= 0)
		(void)close(fd);
	return *text_r ? EXIT_FINE : command_complain(&command_status, EXIT_UNAVAILABLE, socket,
						      "the daemon has not answered; is it of another version, or ending?");
}

static int get_text(const struct options *options, char **text_r)
{
	const char *error;
	size_t length;

	if (!options->file)
		return ask(options->socket, text_r);
	if (file_read(options->file, FILE_MAX_BYTES, text_r, &length, &error))
		return EXIT_FINE;
	return command_bad_input(&command_status, options->file, error);
}

static int get_figures(const struct options *options, struct figures *figures_r)
{
	const char *about = options->file ? options->file : options->socket, *error;
	char *text, place[300];
	size_t line;
	int status = get_text(options, &text);

	if (status != EXIT_FINE || figures_read(text, figures_r, &line, &error))
		return status;
	if (line > 0)
		(void)snprintf(place, sizeof place, "%s:%zu", about, line);
	return command_bad_input(&command_status, line > 0 ? place : about, error);
}

/* --- showing them --- */

/* The last look, for what happens in a second. */
struct look {
	double started;
	int64_t at_us;		/* 0: there was none */
};

static double rate(const struct figures *figures, struct look *last)
{
	struct look now = { figures_sum(figures, "sessions_started_total", NULL, NULL), clock_monotonic_us() };
	double per_s = last->at_us > 0 && now.started >= last->started ?
		       (now.started - last->started) * 1e6 / (double)(now.at_us - last->at_us) : -1;

	*last = now;
	return per_s;
}

/* One page; on a terminal that is watched it takes the place of the one before. */
static int show(const struct options *options, struct look *last)
{
	struct figures figures;
	struct buf out;
	int status = get_figures(options, &figures);
	bool good;

	if (status != EXIT_FINE)
		return status;
	buf_init(&out);
	if (options->watch && !options->json && isatty(STDOUT_FILENO))
		buf_add(&out, "\033[H\033[2J");
	good = options->json ? status_json(&figures, &out) : status_text(&figures, terminal_has_colours(), rate(&figures, last), &out);
	status = good ? command_print(out.text, out.length) : command_no_memory(&command_status);
	buf_clear(&out);
	figures_clear(&figures);
	return status;
}

static int show_all(const struct options *options)
{
	struct look last = { .at_us = 0 };
	int status = show(options, &last);

	while (status == EXIT_FINE && options->watch) {
		(void)poll(NULL, 0, INTERVAL_MS);
		status = show(options, &last);
	}
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { .policy_path = NULL };
	struct policy *policy;
	struct diag diag;
	int status;
	char **words = command_options(&command_status, argc, argv, &options, &status);

	if (!words)
		return status;
	options.file = words[0];
	if (options.file && options.watch)
		return command_usage(&command_status, "a file does not change: --watch asks a daemon");
	if (options.file || options.socket)
		return show_all(&options);
	diag_init(&diag);
	policy = command_load_policy(options.policy_path, &diag);
	status = command_policy_status(&diag);
	if (policy) {
		options.socket = policy->server.socket;
		status = show_all(&options);
	}
	policy_free(&policy);
	diag_clear(&diag);
	return status;
}

static const struct command_option own_options[] = {
	{ .name = "socket", .value = "SPEC", .help = "the daemon's socket, when it was started with --socket",
	  .at = offsetof(struct options, socket) },
	{ .name = "watch", .help = "shows it anew each second, until interrupted (Ctrl-C)", .at = offsetof(struct options, watch) },
	{ .name = "json", .help = "the same for programs, one object on a line", .at = offsetof(struct options, json) },
	{ .name = NULL },
};

const struct command command_status = {
	.name = "status",
	.summary = "figures of the running daemon",
	.options = { { .rows = policy_option }, { .rows = own_options } },
	.arguments = "[METRICS]",
	.argument_max = 1,
	.about =
		"Shows what the daemon that runs has counted since its start: policy, workers and reloads, sessions by listener, "
		"what decided most often, DNS, limits. In mode observe the action is what enforce would have answered. METRICS is a "
		"file with the metrics of a daemon, or '-', in place of asking one: those of another host, say.\n"
		"\n"
		"Which daemon is meant is told by server.socket of the policy; it needs no server.metrics. Only root and the user "
		"of the daemon may ask. Colours only on a terminal, and never with NO_COLOR.",
	.statuses = "0 shown; 65 METRICS holds none; 69 no daemon answers; 78 the policy has errors; 130 interrupted",
	.examples =
		"ehlo-milter status\n"
		"ehlo-milter status --watch\n"
		"curl -s http://127.0.0.1:9878/metrics | ehlo-milter status -\n",
	.run = run,
};
