/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the completions of bash and zsh. */
#include "app/completion.h"

#include "app/command.h"
#include "app/manual.h"
#include "core/check.h"

#include <string.h>

/* Calls visit for each option of the command. */
static void each_option(const struct command *command, void (*visit)(const struct command_option *option, struct buf *out),
			struct buf *out)
{
	for (size_t i = 0; i < OPTION_GROUPS_MAX && command->options[i].rows; i++)
		for (const struct command_option *row = command->options[i].rows; row->name; row++)
			visit(row, out);
}

static const char *dashes(const struct command_option *option)
{
	return option->name[1] != '\0' ? "--" : "-";
}

static bool takes_file(const struct command_option *option)
{
	return option->value && strcmp(option->value, "FILE") == 0;
}

/* What may stand behind a command: the words of its arguments, "postfix|sendmail", or those of help. */
static void add_arguments(const struct command *command, struct buf *out)
{
	const char *arguments = command->arguments ? command->arguments : "";
	size_t length = strcspn(arguments, " ");

	if (command == &command_help) {
		for (size_t i = 0; commands[i]; i++)
			buf_addf(out, " %s", commands[i]->name);
		for (size_t i = 0; i < CHECK_COUNT; i++)
			buf_addf(out, " %s", checks[i]->name);
		for (const struct manual_topic *topic = manual_topics; topic->name; topic++)
			buf_addf(out, " %s", topic->name);
	} else if (memchr(arguments, '|', length)) {
		for (size_t i = 0; i < length; i++)
			buf_add_char(out, arguments[i] == '|' ? ' ' : arguments[i]);
	}
}

/* --- bash --- */

static void add_bash_option(const struct command_option *option, struct buf *out)
{
	buf_addf(out, " %s%s", dashes(option), option->name);
}

static void add_bash_value(const struct command_option *option, struct buf *out)
{
	if (!option->value)
		return;
	if (option->words)
		buf_addf(out, "\t\t%s%s) words='%s' ;;\n", dashes(option), option->name, option->words);
	else
		buf_addf(out, "\t\t%s%s) words=; files=%s ;;\n", dashes(option), option->name, takes_file(option) ? "yes" : "no");
}

static void add_bash_command(const struct command *command, struct buf *out)
{
	buf_addf(out, "\t%s)\n\t\twords='", command->name);
	add_arguments(command, out);
	each_option(command, add_bash_option, out);
	buf_add(out, " --help'\n\t\tcase $before in\n");
	each_option(command, add_bash_value, out);
	buf_add(out, "\t\tesac ;;\n");
}

static void add_bash(struct buf *out)
{
	buf_add(out, "# SPDX-License-Identifier: BSD-2-Clause\n"
		"# Completions of bash for ehlo-milter, made by 'ehlo-milter help --completion bash'.\n"
		"_ehlo_milter()\n"
		"{\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words= files=yes\n"
		"\tCOMPREPLY=()\n"
		"\tcase $([ \"$COMP_CWORD\" -gt 1 ] && echo \"${COMP_WORDS[1]}\") in\n"
		"\t'')\n\t\tfiles=no words='");
	for (size_t i = 0; commands[i]; i++)
		buf_addf(out, "%s ", commands[i]->name);
	buf_add(out, "--help --version' ;;\n");
	for (size_t i = 0; commands[i]; i++)
		add_bash_command(commands[i], out);
	buf_add(out, "\tesac\n"
		"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
		"\tif [ ${#COMPREPLY[@]} = 0 ] && [ $files = yes ]; then\n"
		"\t\tcompopt -o filenames 2> /dev/null\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
		"\tfi\n"
		"}\n"
		"complete -F _ehlo_milter ehlo-milter\n");
}

/* --- zsh --- */

/* In single quotes, and what _arguments would take for its own behind backslashes. */
static void add_zsh_text(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++)
		if (*text == '\'')
			buf_add(out, "'\\''");
		else if (strchr("[]:\\", *text))
			buf_addf(out, "\\%c", *text);
		else
			buf_add_char(out, *text);
}

static void add_zsh_option(const struct command_option *option, struct buf *out)
{
	buf_addf(out, "\t\t\t'*%s%s[", dashes(option), option->name);
	add_zsh_text(option->help, out);
	buf_add_char(out, ']');
	if (option->value)
		buf_addf(out, ":%s:", option->value);
	if (option->words) {
		buf_add_char(out, '(');
		add_zsh_text(option->words, out);
		buf_add_char(out, ')');
	} else if (takes_file(option)) {
		buf_add(out, "_files");
	}
	buf_add(out, "' \\\n");
}

static void add_zsh_command(const struct command *command, struct buf *out)
{
	struct buf words;

	buf_init(&words);
	add_arguments(command, &words);
	buf_addf(out, "\t%s)\n\t\t_arguments \\\n", command->name);
	each_option(command, add_zsh_option, out);
	if (words.length > 0)
		buf_addf(out, "\t\t\t'1:word:(%s)' \\\n\t\t\t'*:file:_files' ;;\n", words.text);
	else
		buf_addf(out, "\t\t\t'*:%s:_files' ;;\n", command->arguments ? "argument" : "file");
	out->failed = out->failed || words.failed;
	buf_clear(&words);
}

static void add_zsh(struct buf *out)
{
	buf_add(out, "#compdef ehlo-milter\n"
		"# SPDX-License-Identifier: BSD-2-Clause\n"
		"# Completions of zsh for ehlo-milter, made by 'ehlo-milter help --completion zsh'.\n"
		"if (( CURRENT == 2 )); then\n"
		"\tlocal -a words_=(\n");
	for (size_t i = 0; commands[i]; i++) {
		buf_addf(out, "\t\t'%s:", commands[i]->name);
		add_zsh_text(commands[i]->summary, out);
		buf_add(out, "'\n");
	}
	buf_add(out, "\t)\n\t_describe command words_\n\treturn\nfi\n"
		"shift words\n(( CURRENT-- ))\ncase $words[1] in\n");
	for (size_t i = 0; commands[i]; i++)
		add_zsh_command(commands[i], out);
	buf_add(out, "esac\n");
}

bool completion_add(const char *shell, struct buf *out)
{
	if (strcmp(shell, "bash") == 0)
		add_bash(out);
	else if (strcmp(shell, "zsh") == 0)
		add_zsh(out);
	else
		return false;
	return true;
}
