/* SPDX-License-Identifier: BSD-2-Clause */
/* run: the daemon, in the foreground. */
#include "app/command.h"
#include "app/listen.h"
#include "app/milter.h"
#include "app/worker.h"
#include "base/log.h"
#include "conf/load.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options {
	const char *policy_path;
	const char *socket;
	bool observe;
	bool help;
};

static int parse_options(int argc, char **argv, struct options *options_r)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "observe", no_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*options_r = (struct options){ .help = false };
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:", names, NULL)) != -1) {
		switch (option) {
		case 'c': options_r->policy_path = optarg; break;
		case 's': options_r->socket = optarg; break;
		case 'o': options_r->observe = true; break;
		case 'h': options_r->help = true; break;
		case ':': return command_usage(&command_run, "option '%s' needs a value", argv[optind - 1]);
		default: return command_usage(&command_run, "unknown option '%s'", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage(&command_run, "unexpected argument '%s'", argv[optind]);
	return EXIT_FINE;
}

static void start_log(const struct server *server)
{
	enum log_target target = server->log;

	if (server->log_by_terminal)
		target = isatty(STDERR_FILENO) ? LOG_TARGET_STDERR : LOG_TARGET_SYSLOG;
	log_init(target, server->log_level);
}

static void tell_ready(const struct policy *policy)
{
	bool capped = policy->observe || !policy->server.enforce;
	size_t enforcing = 0;

	for (size_t i = 0; i < policy->listener_count; i++)
		enforcing += policy->listeners[i].mode == MODE_ENFORCE && !capped;
	log_info("ready: listening on %s, policy %s sha256 %.8s, %zu listeners, %zu in mode enforce%s",
		 policy->server.socket, policy->path, policy->sha256, policy->listener_count, enforcing,
		 policy->observe ? " (--observe)" : capped ? " (enforce: false)" : "");
}

/* Errors up to here go to standard error, where whoever started the daemon looks. */
static int serve(struct policy *policy)
{
	struct listen_spec spec;
	const char *error;
	char message[300];
	int fd, status;

	if (!listen_parse(policy->server.socket, &spec, &error)) {
		log_error("socket '%s': %s", policy->server.socket, error);
		return EXIT_POLICY;
	}
	fd = listen_open(&spec, &policy->server, message, sizeof message);
	if (fd < 0) {
		log_error("socket '%s': %s", policy->server.socket, message);
		return EXIT_UNAVAILABLE;
	}
	start_log(&policy->server);
	if (!spec.is_loopback)
		log_warning("socket %s is open to other hosts: whoever reaches it can ask for verdicts; use a unix "
			    "socket or 127.0.0.1", policy->server.socket);
	tell_ready(policy);
	status = worker_run(policy, &spec, fd);
	listen_remove(&spec);
	log_info("stopped");
	return status;
}

static int run(int argc, char **argv)
{
	struct options options;
	struct policy *policy;
	struct diag diag;
	int status = parse_options(argc, argv, &options);

	if (status != EXIT_FINE)
		return status;
	if (options.help)
		return command_manual(&command_run);
	diag_init(&diag);
	policy = command_load_policy(options.policy_path, &diag);
	status = EXIT_POLICY;
	if (policy) {
		if (options.socket)
			policy->server.socket = options.socket;
		policy->observe = options.observe;
		status = serve(policy);
	}
	/* While sessions are open, threads of libmilter look at it: then it ends with the process. */
	if (milter_session_count() == 0)
		policy_free(&policy);
	diag_clear(&diag);
	return status;
}

const struct command command_run = {
	.name = "run",
	.synopsis = "[-c FILE] [--socket SPEC] [--observe]",
	.summary = "the daemon, in the foreground",
	.manual =
		"Loads the policy, opens the socket and serves the MTA until TERM or INT. Never starts on a\n"
		"policy with errors (exit 78) or without its socket (exit 69).\n"
		"\n"
		"  -c FILE        the policy (default /etc/ehlo-milter/policy.yaml, else the built-in one)\n"
		"  --socket SPEC  instead of server.socket: unix:/PATH, inet:PORT@ADDRESS, inet6:PORT@[ADDRESS]\n"
		"  --observe      nothing is refused, whatever the policy says; the log tells what would be\n"
		"\n"
		"Examples:\n"
		"  ehlo-milter run --observe\n"
		"  ehlo-milter run -c policy.yaml --socket unix:/var/spool/postfix/ehlo-milter/ehlo-milter.sock\n",
	.run = run,
};
