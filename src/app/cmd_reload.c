/* SPDX-License-Identifier: BSD-2-Clause */
/* reload: has the daemon load its policy anew, and tells how that went. */
#include "app/command.h"
#include "app/control.h"
#include "app/control_client.h"
#include "base/buf.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX_BYTES 100000

struct options {
	const char *policy_path;
	const char *socket;
	bool help;
};

static int parse_options(int argc, char **argv, struct options *options_r)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 's' },
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
		case 'h': options_r->help = true; return EXIT_FINE;
		case ':': return command_usage(&command_reload, "option '%s' needs a value", argv[optind - 1]);
		default: return command_usage(&command_reload, "unknown option '%s'", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage(&command_reload, "unexpected argument '%s'", argv[optind]);
	return EXIT_FINE;
}

/* Until the other side has said everything. */
static bool read_answer(int fd, struct buf *answer)
{
	char bytes[4000];
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof bytes, 0)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || answer->length + (size_t)got > ANSWER_MAX_BYTES)
			return false;
		buf_add_bytes(answer, bytes, (size_t)got);
	}
	return !answer->failed;
}

/*
 * The last line says how it went; those before it, what is wrong with the policy.  Warnings about a policy that was
 * loaded have been told by this command already.
 */
static int tell_answer(struct buf *answer)
{
	char *last = answer->length > 0 ? strrchr(answer->text, '\n') : NULL;
	char *text;
	long status;

	if (!last)
		return -1;
	*last = '\0';
	last = strrchr(answer->text, '\n');
	if (last)
		*last++ = '\0';
	else
		last = answer->text;
	if (strncmp(last, CONTROL_STATUS, sizeof CONTROL_STATUS - 1) != 0)
		return -1;
	status = strtol(last + sizeof CONTROL_STATUS - 1, &text, 10);
	if (status < 0 || status > 255 || *text != ' ')
		return -1;
	if (status != EXIT_FINE)
		(void)fprintf(stderr, "%s%s", last == answer->text ? "" : answer->text, last == answer->text ? "" : "\n");
	(void)fprintf(stderr, "ehlo-milter reload: %s\n", text + 1);
	return (int)status;
}

static int reload(const char *socket)
{
	int fd, status = control_ask(&command_reload, socket, CONTROL_RELOAD, &fd);
	struct buf answer;

	if (status != EXIT_FINE)
		return status;
	buf_init(&answer);
	status = read_answer(fd, &answer) ? tell_answer(&answer) : -1;
	(void)close(fd);
	buf_clear(&answer);
	return status >= 0 ? status : control_complain(&command_reload, EXIT_UNAVAILABLE, socket,
						       "the daemon has ended without an answer");
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
		return command_manual(&command_reload);
	diag_init(&diag);
	policy = command_load_policy(options.policy_path, &diag);
	if (policy) {
		status = reload(options.socket ? options.socket : policy->server.socket);
	} else {
		(void)fputs("ehlo-milter reload: the policy has errors; the daemon was not asked and goes on with what it "
			    "has\n", stderr);
		status = EXIT_POLICY;
	}
	policy_free(&policy);
	diag_clear(&diag);
	return status;
}

const struct command command_reload = {
	.name = "reload",
	.synopsis = "[-c FILE] [--socket SPEC]",
	.summary = "has the daemon load its policy anew, and waits for the outcome",
	.manual =
		"The running daemon starts a worker that loads the policy file and its lists. If they are good, new\n"
		"sessions go to it, and the old one finishes those that it has: no connect is refused, no session is\n"
		"cut, none sees two policies. If they have errors, the old policy goes on. HUP and USR1 do the same\n"
		"without waiting.\n"
		"\n"
		"  -c FILE        the policy of the daemon (default /etc/ehlo-milter/policy.yaml); server.socket tells\n"
		"                 which daemon is meant\n"
		"  --socket SPEC  the daemon's socket, when it was started with --socket, or server.socket has changed\n"
		"\n"
		"Only root and the user of the daemon may ask. The socket for it lies beside a unix socket, with\n"
		"'.control' behind its name; for other sockets in " CONTROL_FOLDER ".\n"
		"\n"
		"Exit status: 0 the new policy serves, 69 no daemon answers, 71 the new worker did not start, 78 the\n"
		"policy has errors.\n"
		"\n"
		"Examples:\n"
		"  ehlo-milter reload\n"
		"  ehlo-milter reload -c policy.yaml --socket inet:8897@127.0.0.1\n",
	.run = run,
};
