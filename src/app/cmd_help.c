/* SPDX-License-Identifier: BSD-2-Clause */
/* help: the overview, or the manual of a command or check, from the tables that the program works by. */
#include "app/command.h"
#include "base/buf.h"
#include "core/check.h"

#include <string.h>

#define NAMES_MAX 64

static void add_overview(struct buf *out)
{
	buf_add(out, "ehlo-milter holds each SMTP listener of Postfix or Sendmail to a policy for the EHLO stage.\n"
		"\n"
		"usage: ehlo-milter COMMAND [OPTIONS]\n"
		"\n"
		"Commands:\n");
	for (size_t i = 0; commands[i]; i++)
		buf_addf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	buf_add(out, "\nChecks, in the order in which they are judged:\n");
	for (size_t i = 0; i < CHECK_COUNT; i++)
		buf_addf(out, "  %-19s %s\n", checks[i]->name, checks[i]->question);
	buf_add(out, "\nSee 'ehlo-milter help COMMAND' and 'ehlo-milter help CHECK', ehlo-milter(8) and\n"
		"ehlo-milter-policy(5).\n");
}

static void add_outcome(struct buf *out, const struct outcome *outcome)
{
	buf_addf(out, "  %-9s", result_word(outcome->result));
	for (int profile = PROFILE_STANDARD; profile < PROFILE_NONE; profile++)
		buf_addf(out, " %s: %s%s", profile_word((enum profile)profile),
			 action_word(outcome->actions[profile]), profile + 1 < PROFILE_NONE ? "," : "");
	buf_add_char(out, '\n');
	if (outcome->reply)
		buf_addf(out, "            %s\n", outcome->reply);
}

static void add_parameter(struct buf *out, const struct parameter *parameter)
{
	if (parameter->kind == PARAMETER_WORD)
		buf_addf(out, "\nSetting %s [%s]: %s\n", parameter->key, parameter->words[0], parameter->help);
	else if (parameter->fallback)
		buf_addf(out, "\nSetting %s [$%s]: %s\n", parameter->key, parameter->fallback, parameter->help);
	else
		buf_addf(out, "\nSetting %s []: %s\n", parameter->key, parameter->help);
}

static void add_check(struct buf *out, const struct check *check)
{
	buf_addf(out, "%s: %s\n\n", check->name, check->question);
	buf_addf(out, "Judged at:  %s\n", stage_word(check->stage));
	buf_addf(out, "Source:     %s\n", check->clause);
	if (check->never_refuses)
		buf_addf(out, "Never:      reject or tempfail (%s)\n", check->never_refuses);
	buf_add(out, "\nResults beside pass, none, skipped and unknown, with the actions of the profiles and the\n"
		"reply when one of them refuses:\n");
	for (size_t i = 0; i < check->outcome_count; i++)
		add_outcome(out, &check->outcomes[i]);
	for (size_t i = 0; i < check->parameter_count; i++)
		add_parameter(out, &check->parameters[i]);
	buf_addf(out, "\n%s\n\nExample:\n  checks:\n    %s: { %s: log }\n", check->manual, check->name,
		 result_word(check->outcomes[0].result));
}

static const struct command *find_command(const char *word)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(word, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_word(const char *word)
{
	const char *names[NAMES_MAX];
	const char *near;
	size_t count = 0;

	for (size_t i = 0; commands[i] && count < NAMES_MAX; i++)
		names[count++] = commands[i]->name;
	for (size_t i = 0; i < CHECK_COUNT && count < NAMES_MAX; i++)
		names[count++] = checks[i]->name;
	near = diag_nearest(word, names, count);
	if (near)
		return command_usage(&command_help, "no command or check '%s'; did you mean '%s'?", word, near);
	return command_usage(&command_help, "no command or check '%s'", word);
}

static int run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct command *command = word ? find_command(word) : NULL;
	const struct check *check = word ? check_find(word) : NULL;
	struct buf out;
	int status;

	if (argc > 2)
		return command_usage(&command_help, "expected one COMMAND or CHECK");
	if (word && strcmp(word, "--help") == 0)
		command = &command_help;
	if (command)
		return command_manual(command);
	if (word && !check)
		return unknown_word(word);
	buf_init(&out);
	if (check)
		add_check(&out, check);
	else
		add_overview(&out);
	status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

const struct command command_help = {
	.name = "help",
	.synopsis = "[COMMAND | CHECK]",
	.summary = "this overview, or the manual of a command or check",
	.manual =
		"Without a word: all commands and checks. 'ehlo-milter COMMAND --help' prints the same as\n"
		"'ehlo-milter help COMMAND'.\n"
		"\n"
		"Examples:\n"
		"  ehlo-milter help explain\n"
		"  ehlo-milter help ehlo_fqdn\n",
	.run = run,
};
