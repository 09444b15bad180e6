/* SPDX-License-Identifier: BSD-2-Clause */
/* reload: has the daemon load its policy anew, and tells how that went. */
#include "app/command.h"
#include "app/control.h"
#include "app/listen.h"
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

static int complain(int status, const char *path, const char *what)
{
	struct buf out;

	buf_init(&out);
	buf_add(&out, "ehlo-milter reload: ");
	buf_add_escaped(&out, path, "", 0);
	buf_addf(&out, ": %s\n", what);
	(void)fputs(out.text, stderr);
	buf_clear(&out);
	return status;
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

static int ask(const struct listen_spec *spec)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status = -1;
	struct buf answer;

	buf_init(&answer);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&spec->address, spec->address_bytes) < 0) {
		const char *why = strerrordesc_np(errno);

		if (fd >= 0)
			close(fd);
		buf_clear(&answer);
		return complain(EXIT_UNAVAILABLE, spec->path, errno == ENOENT || errno == ECONNREFUSED ?
				"no daemon answers there; name its policy by -c, or its socket by --socket" : why);
	}
	if (send(fd, CONTROL_RELOAD, sizeof CONTROL_RELOAD - 1, MSG_NOSIGNAL) > 0 && read_answer(fd, &answer))
		status = tell_answer(&answer);
	close(fd);
	buf_clear(&answer);
	return status >= 0 ? status : complain(EXIT_UNAVAILABLE, spec->path, "the daemon has ended without an answer");
}

static int reload(const char *socket)
{
	struct listen_spec spec;

	if (!control_spec(socket, &spec))
		return complain(EXIT_UNAVAILABLE, socket, "a daemon with so long a socket has no control socket; "
				"send it HUP instead");
	return ask(&spec);
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
