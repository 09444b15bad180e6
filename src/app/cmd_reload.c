/* SPDX-License-Identifier: BSD-2-Clause */
/* reload: has the daemon load its policy anew, and tells how that went. */
#include "app/command.h"
#include "app/control.h"
#include "app/control_client.h"
#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX_BYTES 100000

struct options {
	const char *policy_path;
	const char *socket;
	bool json;
};

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
static int tell_answer(struct buf *answer, struct buf *told)
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
	buf_add(told, text + 1);
	return (int)status;
}

/* told: what the daemon says of the outcome. */
static int reload(const char *socket, struct buf *told)
{
	int fd, status = control_ask(&command_reload, socket, CONTROL_RELOAD, &fd);
	struct buf answer;

	if (status != EXIT_FINE)
		return status;
	buf_init(&answer);
	status = read_answer(fd, &answer) ? tell_answer(&answer, told) : -1;
	(void)close(fd);
	buf_clear(&answer);
	return status >= 0 ? status : command_complain(&command_reload, EXIT_UNAVAILABLE, socket,
						       "the daemon has ended without an answer");
}

/* Like the answer of the daemon, which need not have been asked. */
static int print_json(const struct policy *policy, const struct diag *diag, int status, const struct buf *told)
{
	struct json json;
	struct buf out;
	int printed;

	buf_init(&out);
	json_init(&json, &out);
	json_open_object(&json, NULL);
	json_number(&json, "status", status);
	json_string(&json, "text", told->length > 0 ? told->text : NULL);
	json_string(&json, "policy", policy ? policy->path : NULL);
	json_string(&json, "policy_sha256", policy ? policy->sha256 : NULL);
	command_add_diag(&json, diag);
	json_close_object(&json);
	buf_add_char(&out, '\n');
	printed = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return printed;
}

static int run(int argc, char **argv)
{
	struct options options = { .policy_path = NULL };
	struct policy *policy;
	struct diag diag;
	struct buf told;
	int status;

	if (!command_options(&command_reload, argc, argv, &options, &status))
		return status;
	buf_init(&told);
	diag_init(&diag);
	policy = command_load_policy(options.policy_path, &diag);
	if (policy) {
		status = reload(options.socket ? options.socket : policy->server.socket, &told);
	} else {
		(void)fputs("ehlo-milter reload: the policy has errors; the daemon was not asked and goes on with what it "
			    "has\n", stderr);
		status = command_policy_status(&diag);
	}
	if (options.json && print_json(policy, &diag, status, &told) != EXIT_FINE)
		status = EXIT_OUTPUT;
	policy_free(&policy);
	diag_clear(&diag);
	buf_clear(&told);
	return status;
}

static const struct command_option own_options[] = {
	{ .name = "socket", .value = "SPEC",
	  .help = "the daemon's socket, when it was started with --socket, or server.socket has changed",
	  .at = offsetof(struct options, socket) },
	{ .name = "json", .help = "the outcome for programs, on standard output", .at = offsetof(struct options, json) },
	{ .name = NULL },
};

const struct command command_reload = {
	.name = "reload",
	.summary = "has the daemon load its policy anew, and waits for the outcome",
	.options = { { .rows = policy_option }, { .rows = own_options } },
	.about =
		"The running daemon starts a worker that loads the policy file and its lists. If they are good, new sessions go to "
		"it, and the old one finishes those that it has: no connect is refused, no session is cut, none sees two policies. "
		"The command returns when the old one takes no further session. If they have errors, the old policy goes on. HUP "
		"and USR1 do the same without waiting.\n"
		"\n"
		"Which daemon is meant is told by server.socket of the policy. Only root and the user of the daemon may ask. The "
		"socket for it lies beside a unix socket, with '.control' behind its name; for other sockets in " CONTROL_FOLDER ".",
	.statuses = "0 the new policy serves; 69 no daemon answers; 71 the new worker did not start; 78 the policy has errors",
	.examples =
		"ehlo-milter reload\n"
		"ehlo-milter reload -c policy.yaml --socket inet:8897@127.0.0.1\n",
	.run = run,
};
