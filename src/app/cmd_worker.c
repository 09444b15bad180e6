/* SPDX-License-Identifier: BSD-2-Clause */
/* worker: what the supervisor executes; loads the policy and serves it. */
#include "app/command.h"
#include "app/limits.h"
#include "app/link.h"
#include "app/listen.h"
#include "app/metrics.h"
#include "app/milter.h"
#include "app/supervisor.h"
#include "app/worker.h"
#include "base/buf.h"
#include "base/log.h"
#include "conf/load.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct options {
	const char *policy_path;
	const char *socket;
	pid_t parent;
	unsigned place;
	bool observe;
};

static bool parse_options(int argc, char **argv, struct options *options_r)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "parent", required_argument, NULL, 'p' },
		{ "place", required_argument, NULL, 'n' },
		{ "observe", no_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*options_r = (struct options){ .observe = false };
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:", names, NULL)) != -1) {
		switch (option) {
		case 'c': options_r->policy_path = optarg; break;
		case 's': options_r->socket = optarg; break;
		case 'p': options_r->parent = (pid_t)strtol(optarg, NULL, 10); break;
		case 'n': options_r->place = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'o': options_r->observe = true; break;
		default: return false;
		}
	}
	return optind == argc && options_r->socket && options_r->parent > 0 && options_r->place < METRICS_WORKERS;
}

/* However the supervisor ends, this process ends too, and another one can have the socket. */
static bool follow_parent(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

static bool own_link(void)
{
	return fcntl(LINK_FD, F_SETFD, FD_CLOEXEC) == 0 && fcntl(LINK_METRICS_FD, F_SETFD, FD_CLOEXEC) == 0 &&
	       (!milter_takes_fd() || fcntl(LINK_LISTEN_FD, F_SETFD, FD_CLOEXEC) == 0);
}

/* Each as a line of its own, "FILE:LINE:COLUMN: error: ...". */
static void send_diag(struct diag *diag)
{
	diag_sort(diag);
	for (size_t i = 0; i < diag->count; i++) {
		struct diag one = { .entries = &diag->entries[i], .count = 1 };
		struct buf line;

		buf_init(&line);
		diag_print(&one, &line);
		if (line.length > 0)
			line.text[line.length - 1] = '\0';
		if (!line.failed)
			(void)link_send_waiting(LINK_FD, diag->entries[i].severity == SEVERITY_ERROR ? LINK_ERROR :
						LINK_WARNING, line.text);
		buf_clear(&line);
	}
}

/* NULL with the exit status that tells why. */
static struct policy *load(const struct options *options, int *status_r)
{
	struct policy *policy;
	struct diag diag;

	diag_init(&diag);
	policy = policy_load(options->policy_path, &diag);
	if (!policy && diag.error_count == 0)
		(void)link_send_waiting(LINK_FD, LINK_ERROR, "out of memory: the policy is not loaded");
	send_diag(&diag);
	*status_r = command_policy_status(&diag);
	diag_clear(&diag);
	if (policy)
		policy->observe = options->observe;
	return policy;
}

static bool find_socket(const char *socket, struct listen_spec *spec_r)
{
	const char *error;

	if (milter_takes_fd())
		return listen_inherited(LINK_LISTEN_FD, spec_r);
	return listen_parse(socket, spec_r, &error);
}

/* Tells what was loaded, and waits until the supervisor wants it to serve. */
static bool may_go(const struct policy *policy)
{
	char settings[SETTINGS_BYTES];
	struct link_message message;

	settings_of_start(&policy->server, settings);
	return link_send_waiting(LINK_FD, LINK_LOADED, settings) &&
	       link_receive(LINK_FD, true, &message) == LINK_GO;
}

static int serve(struct policy *policy, const char *socket, unsigned place)
{
	static struct listen_spec spec;		/* threads that outlive libmilter look at it */

	if (!find_socket(socket, &spec)) {
		log_error("socket '%s' was not handed over", socket);
		return EXIT_SYSTEM;
	}
	if (!may_go(policy))
		return EXIT_SYSTEM;
	policy->server.socket = socket;
	command_start_log(&policy->server);
	return worker_run(policy, &spec, place);
}

static int run(int argc, char **argv)
{
	struct options options;
	struct policy *policy;
	int status;

	if (!parse_options(argc, argv, &options) || !own_link()) {
		(void)fputs("ehlo-milter: 'worker' is started by 'ehlo-milter run' only\n", stderr);
		return EXIT_USAGE;
	}
	if (!follow_parent(options.parent) || !metrics_attach(LINK_METRICS_FD))
		return EXIT_SYSTEM;
	policy = load(&options, &status);
	if (!policy)
		return status;
	status = serve(policy, options.socket, options.place);
	log_stop(COMMAND_LOG_MS);
	/* While sessions are open, threads of libmilter look at it: then it ends with the process. */
	if (limits_session_count() == 0)
		policy_free(&policy);
	return status;
}

const struct command command_worker = {
	.name = "worker",
	.summary = "a process of the daemon, started by it",
	.run = run,
};
