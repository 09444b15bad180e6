/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sub-commands share: loading the policy, printing, usage messages. */
#include "app/command.h"

#include "base/buf.h"
#include "base/log.h"
#include "conf/load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_BYTES 1000

struct policy *command_load_policy(const char *path, struct diag *diag)
{
	struct policy *policy = policy_load(path, diag);
	struct buf out;

	buf_init(&out);
	if (policy) {
		buf_add(&out, "policy: ");
		buf_add_escaped(&out, policy->path, "", 0);
		buf_addf(&out, " sha256 %s\n", policy->sha256);
	}
	diag_sort(diag);
	diag_print(diag, &out);
	if (!policy && diag->error_count == 0)
		buf_add(&out, "ehlo-milter: out of memory: the policy is not loaded\n");
	(void)fputs(out.text, stderr);
	buf_clear(&out);
	return policy;
}

int command_with_policy(const char *path, int (*work)(const struct policy *policy, void *options), void *options)
{
	struct policy *policy;
	struct diag diag;
	int status;

	diag_init(&diag);
	policy = command_load_policy(path, &diag);
	status = policy ? work(policy, options) : EXIT_POLICY;
	policy_free(&policy);
	diag_clear(&diag);
	return status;
}

void command_start_log(const struct server *server)
{
	enum log_target target = server->log;

	if (server->log_by_terminal)
		target = isatty(STDERR_FILENO) ? LOG_TARGET_STDERR : LOG_TARGET_SYSLOG;
	log_init(target, server->log_level);
}

void command_print_diag(const struct diag *diag)
{
	struct buf out;

	buf_init(&out);
	diag_print(diag, &out);
	(void)fputs(out.text, stderr);
	buf_clear(&out);
}

int command_print(const char *text, size_t length)
{
	if (fwrite(text, 1, length, stdout) == length && fflush(stdout) == 0)
		return EXIT_FINE;
	(void)fprintf(stderr, "ehlo-milter: cannot write: %s\n", strerrordesc_np(errno));
	return EXIT_OUTPUT;
}

int command_usage(const struct command *command, const char *format, ...)
{
	char message[MESSAGE_BYTES];
	struct buf out;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof message, format, args);
	va_end(args);
	buf_init(&out);
	buf_addf(&out, "ehlo-milter %s: ", command->name);
	buf_add_escaped(&out, message, "", 0);
	buf_addf(&out, "; see 'ehlo-milter help %s'\n", command->name);
	(void)fputs(out.text, stderr);
	buf_clear(&out);
	return EXIT_USAGE;
}

int command_manual(const struct command *command)
{
	struct buf out;
	int status;

	buf_init(&out);
	buf_addf(&out, "usage: ehlo-milter %s %s\n\n%s: %s\n\n%s", command->name, command->synopsis,
		 command->name, command->summary, command->manual);
	status = command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}
