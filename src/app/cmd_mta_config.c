/* SPDX-License-Identifier: BSD-2-Clause */
/* mta-config: the MTA's own lines for what only it can enforce. */
#include "app/command.h"
#include "base/buf.h"
#include "base/file.h"
#include "mta/postfix_config.h"
#include "mta/sendmail_config.h"

#include <stdlib.h>
#include <string.h>

#define CURRENT_BYTES_MAX ((size_t)4 << 20)

struct options {
	const char *policy_path;
	const char *current_path;
	bool log_more;
	bool postconf;
	bool json;
	enum mta mta;
};

static int check_mta(const char *word, struct options *options)
{
	if (strcmp(word, "postfix") == 0)
		options->mta = MTA_POSTFIX;
	else if (strcmp(word, "sendmail") == 0)
		options->mta = MTA_SENDMAIL;
	else
		return command_usage(&command_mta_config, "unknown MTA '%s'; expected postfix or sendmail", word);
	if (options->mta == MTA_SENDMAIL && options->postconf)
		return command_usage(&command_mta_config, "--postconf is for postfix");
	if (options->mta == MTA_SENDMAIL && options->log_more)
		return command_usage(&command_mta_config,
				     "--log-more is for postfix; Sendmail tells every command with O LogLevel=15");
	return EXIT_FINE;
}

/* What is there now.  EXIT_FINE with *text_r, which is the caller's and NULL without --current. */
static int read_current(const struct options *options, char **text_r)
{
	const char *error;
	size_t length;

	*text_r = NULL;
	if (!options->current_path ||
	    file_read(options->current_path, CURRENT_BYTES_MAX, text_r, &length, &error)) {
		if (!*text_r || strlen(*text_r) == length)
			return EXIT_FINE;
		error = "a NUL byte is in it; expected text";
		free(*text_r);
	}
	return command_bad_input(&command_mta_config, options->current_path, error);
}

static const char *current_name(const struct options *options)
{
	return strcmp(options->current_path, "-") == 0 ? "(standard input)" : options->current_path;
}

/* --- Postfix --- */

static int print_postfix(const struct postfix_plan *plan, const struct policy *policy,
			 const struct options *options)
{
	struct buf out;
	int status;

	buf_init(&out);
	if (options->json)
		postfix_config_json(plan, policy, &out);
	else if (options->postconf)
		postfix_config_script(plan, policy, &out);
	else
		postfix_config_snippet(plan, policy, &out);
	status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

static int run_postfix(const struct policy *policy, const struct options *options, const char *text,
		       struct arena *arena, struct diag *diag)
{
	struct postfix_current current;
	struct postfix_request request = { .policy = policy, .current = &current, .log_more = options->log_more };
	struct postfix_plan plan;

	if (text) {
		if (!postfix_current_parse(text, current_name(options), arena, diag, &current))
			return command_diag_status(diag, EXIT_INPUT);
	} else if (!postfix_current_assume(policy, arena, &current)) {
		return EXIT_SYSTEM;
	}
	if (!postfix_config_make(&request, arena, diag, &plan))
		return command_diag_status(diag, EXIT_FINDING);
	return print_postfix(&plan, policy, options);
}

/* --- Sendmail --- */

static int run_sendmail(const struct policy *policy, const struct options *options, const char *text,
			struct arena *arena, struct diag *diag)
{
	struct sendmail_current current = { .given = false };
	struct sendmail_plan plan;
	struct buf out;
	int status;

	if (text && !sendmail_current_parse(text, current_name(options), arena, diag, &current))
		return command_diag_status(diag, EXIT_INPUT);
	if (!sendmail_config_make(policy, &current, arena, diag, &plan))
		return command_diag_status(diag, EXIT_FINDING);
	buf_init(&out);
	if (options->json)
		sendmail_config_json(&plan, policy, &out);
	else
		sendmail_config_snippet(&plan, policy, &out);
	status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

/* --- both --- */

/* Refusals and warnings go to standard error, whatever was printed. */
static int finish(struct diag *diag, int status)
{
	diag_sort(diag);
	command_print_diag(diag);
	return status == EXIT_SYSTEM && !diag_out_of_memory(diag) ? command_no_memory(&command_mta_config) : status;
}

static int make(const struct policy *policy, void *data)
{
	const struct options *options = data;
	struct arena arena;
	struct diag diag;
	char *text;
	int status = read_current(options, &text);

	if (status != EXIT_FINE)
		return status;
	arena_init(&arena, NULL, 0, 65536);
	diag_init(&diag);
	status = options->mta == MTA_POSTFIX ? run_postfix(policy, options, text, &arena, &diag) :
					       run_sendmail(policy, options, text, &arena, &diag);
	status = finish(&diag, status);
	diag_clear(&diag);
	arena_clear(&arena);
	free(text);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { .policy_path = NULL };
	int status;
	char **words = command_options(&command_mta_config, argc, argv, &options, &status);

	if (words)
		status = check_mta(words[0], &options);
	if (!words || status != EXIT_FINE)
		return status;
	return command_with_policy(options.policy_path, make, &options);
}

static const struct command_option own_options[] = {
	{ .name = "current", .value = "FILE",
	  .help = "what is there now, '-' for standard input: other milters and filters stay, ours comes first, and what cannot "
		  "be merged is refused with the reason, and nothing is printed. Postfix: (postconf -n; postconf -M; postconf "
		  "mail_version); Sendmail: sendmail.cf. Without it a fresh master.cf is taken for granted",
	  .at = offsetof(struct options, current_path) },
	{ .name = "log-more", .help = "lines that let Postfix's log tell every EHLO name, for replay",
	  .at = offsetof(struct options, log_more) },
	{ .name = "postconf", .help = "commands for a shell (postconf -P and here-documents) instead of lines to paste",
	  .at = offsetof(struct options, postconf) },
	{ .name = "json", .instead = true, .help = "the same for programs", .at = offsetof(struct options, json) },
	{ .name = NULL },
};

const struct command command_mta_config = {
	.name = "mta-config",
	.summary = "the MTA's lines for what only it can enforce",
	.options = { { .rows = policy_option }, { .rows = own_options } },
	.arguments = "postfix|sendmail",
	.argument_min = 1,
	.argument_max = 1,
	.about =
		"Prints exactly the lines that make Postfix or Sendmail do the 'commands' of each listener and 'outbound', and those "
		"that plug the milter in. Each line bears the place of the policy that it comes from; the same policy gives the same "
		"bytes. What the MTA cannot do is said as a comment and on standard error. 'audit' proves over SMTP that the lines "
		"are in force.",
	.statuses = "0 printed; 1 refused; 65 FILE cannot be read or understood; 78 errors in the policy",
	.examples =
		"ehlo-milter mta-config postfix\n"
		"(postconf -n; postconf -M) | ehlo-milter mta-config --current - --postconf postfix > change.sh\n"
		"ehlo-milter mta-config --current /etc/mail/sendmail.cf sendmail > ehlo-milter.mc\n",
	.run = run,
};
