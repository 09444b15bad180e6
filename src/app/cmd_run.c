/* SPDX-License-Identifier: BSD-2-Clause */
/* run: the daemon, in the foreground. */
#include "app/command.h"
#include "app/control.h"
#include "app/listen.h"
#include "app/metrics.h"
#include "app/milter.h"
#include "app/privileges.h"
#include "app/supervisor.h"
#include "base/log.h"
#include "conf/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options {
	const char *policy_path;
	const char *socket;
	bool observe;
};

/* --- the sockets --- */

static int open_socket(const struct server *server, const struct user *user, struct supervisor_setup *setup)
{
	const struct listen_access access = { server->socket_mode, server->socket_group, user->uid };
	const char *error;
	char message[300];

	if (!listen_parse(server->socket, &setup->spec, &error)) {
		log_error("socket '%s': %s", server->socket, error);
		return EXIT_POLICY;
	}
	setup->child.listen_fd = listen_open(&setup->spec, &access, message, sizeof message);
	if (setup->child.listen_fd < 0) {
		log_error("socket '%s': %s", server->socket, message);
		return EXIT_UNAVAILABLE;
	}
	setup->owns_socket = true;
	return EXIT_FINE;
}

static int inherit_socket(struct supervisor_setup *setup)
{
	const char *error;

	setup->child.listen_fd = notify_listen_fd(&error);
	if (setup->child.listen_fd >= 0 && listen_inherited(setup->child.listen_fd, &setup->spec)) {
		if (milter_takes_fd())
			return EXIT_FINE;
		error = "this libmilter takes no socket from others; change server.socket";
	} else if (setup->child.listen_fd >= 0) {
		error = "what was handed over is no listening stream socket; use ListenStream= and Accept=no";
	}
	log_error("socket 'systemd': %s", error);
	return EXIT_UNAVAILABLE;
}

/* A libmilter that opens the socket itself: ours has shown that it can be opened. */
static void leave_socket_to_worker(struct supervisor_setup *setup)
{
	listen_remove(&setup->spec);
	close(setup->child.listen_fd);
	setup->child.listen_fd = -1;
}

static void open_control(const struct server *server, const struct user *user, struct supervisor_setup *setup)
{
	char message[300] = "the name of the milter socket is too long for one beside it";

	setup->control_fd = -1;
	if (control_spec(server->socket, &setup->control))
		setup->control_fd = control_open(&setup->control, user->uid, message, sizeof message);
	if (setup->control_fd >= 0)
		return;
	setup->control.is_unix = false;		/* nothing to remove */
	log_warning("no control socket, so 'ehlo-milter reload' cannot be used, and HUP must be: %s", message);
}

/* As far as the milter socket, but that a daemon is not to start that nobody can watch. */
static int open_metrics(const struct server *server, const struct user *user, struct supervisor_setup *setup)
{
	const struct listen_access access = { server->socket_mode, server->socket_group, user->uid };
	const char *error;
	char message[300];

	setup->child.metrics_fd = metrics_create();
	if (setup->child.metrics_fd < 0) {
		log_error("no memory to share for the metrics: %s", strerrordesc_np(errno));
		return EXIT_SYSTEM;
	}
	if (!server->metrics)
		return EXIT_FINE;
	if (!listen_parse(server->metrics, &setup->metrics, &error)) {
		log_error("metrics '%s': %s", server->metrics, error);
		return EXIT_POLICY;
	}
	setup->metrics_fd = listen_open(&setup->metrics, &access, message, sizeof message);
	if (setup->metrics_fd < 0)
		log_error("metrics '%s': %s", server->metrics, message);
	return setup->metrics_fd < 0 ? EXIT_UNAVAILABLE : EXIT_FINE;
}

/* --- starting --- */

static int supervise(const struct policy *policy, struct supervisor_setup *setup)
{
	if (!setup->spec.is_loopback)
		log_warning("socket %s is open to other hosts: whoever reaches it can ask for verdicts; use a unix "
			    "socket or 127.0.0.1", policy->server.socket);
	if (!milter_takes_fd())
		leave_socket_to_worker(setup);
	return supervisor_run(setup);
}

/* Errors up to here go to standard error, where whoever started the daemon looks. */
static int start(const struct policy *policy, struct supervisor_setup *setup)
{
	const struct server *server = &policy->server;
	struct user user;
	char message[300];
	int status;

	notify_init(&setup->notify);
	if (!privileges_find(server, &user, message, sizeof message)) {
		log_error("%s", message);
		return EXIT_POLICY;
	}
	status = strcmp(server->socket, SOCKET_SYSTEMD) == 0 ? inherit_socket(setup) : open_socket(server, &user, setup);
	if (status == EXIT_FINE)
		status = open_metrics(server, &user, setup);
	if (status != EXIT_FINE)
		return status;
	open_control(server, &user, setup);
	command_start_log(server);
	if (!privileges_drop(&user)) {
		log_error("cannot become user '%s': %s", user.name, strerrordesc_np(errno));
		return EXIT_SYSTEM;
	}
	status = supervise(policy, setup);
	log_info("stopped");
	log_stop(COMMAND_LOG_MS);
	return status;
}

static int run(int argc, char **argv)
{
	struct supervisor_setup setup = { .control_fd = -1, .metrics_fd = -1 };
	struct options options = { .policy_path = NULL };
	struct policy *policy;
	struct diag diag;
	int status;

	if (!command_options(&command_run, argc, argv, &options, &status))
		return status;
	diag_init(&diag);
	policy = command_load_policy(options.policy_path, &diag);
	status = command_policy_status(&diag);
	if (policy) {
		settings_of_start(&policy->server, setup.settings);
		if (options.socket)
			policy->server.socket = options.socket;
		setup.child = (struct child_setup){
			options.policy_path, policy->server.socket, options.observe, .listen_fd = -1, .metrics_fd = -1
		};
		status = start(policy, &setup);
	}
	policy_free(&policy);
	diag_clear(&diag);
	return status;
}

static const struct command_option own_options[] = {
	{ .name = "socket", .value = "SPEC",
	  .help = "instead of server.socket: unix:/PATH, inet:PORT@ADDRESS, inet6:PORT@[ADDRESS], systemd (a socket unit opens it)",
	  .words = "unix:/ inet: inet6: systemd", .at = offsetof(struct options, socket) },
	{ .name = "observe", .help = "nothing is refused, whatever the policy says; the log tells what would be",
	  .at = offsetof(struct options, observe) },
	{ .name = NULL },
};

const struct command command_run = {
	.name = "run",
	.summary = "the daemon, in the foreground",
	.options = { { .rows = policy_option }, { .rows = own_options } },
	.about =
		"Loads the policy, opens the socket and serves the MTA until TERM or INT. Never starts on a policy with errors or "
		"without its socket. Started as root, it becomes server.user after it has opened the socket. A supervisor keeps the "
		"socket, and a worker serves one policy for its whole life.\n"
		"\n"
		"Signals: HUP and USR1 load the policy anew, like 'ehlo-milter reload'; USR2 writes the state to the log; TERM and "
		"INT end the daemon, and open sessions have server.drain to end by themselves.",
	.statuses = "0 ended by TERM or INT; 69 the socket cannot be opened; 71 a system error; 78 the policy has errors",
	.examples =
		"ehlo-milter run --observe\n"
		"ehlo-milter run -c policy.yaml --socket unix:/var/spool/postfix/ehlo-milter/ehlo-milter.sock\n",
	.run = run,
};
