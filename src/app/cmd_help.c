/* SPDX-License-Identifier: BSD-2-Clause */
/* help: the overview, or the manual of a command, check or topic, from the tables that the program works by. */
#include "app/command.h"
#include "app/completion.h"
#include "app/manual.h"

#include <string.h>

#define NAMES_MAX 64
#define NAME_WIDTH 20

struct options {
	const char *shell;
	bool json;
	bool mdoc;
};

static void add_overview(struct page *page)
{
	buf_add(page->out, "ehlo-milter holds each SMTP listener of Postfix or Sendmail to a policy for the\nEHLO stage.\n\n"
		"usage: ehlo-milter COMMAND [OPTIONS]\n");
	page_heading(page, "Commands");
	page_open_list(page, NAME_WIDTH);
	for (size_t i = 0; commands[i]; i++)
		page_item(page, commands[i]->name, commands[i]->summary);
	page_close_list(page);
	page_heading(page, "Checks, in the order in which they are judged");
	page_open_list(page, NAME_WIDTH);
	for (size_t i = 0; i < CHECK_COUNT; i++)
		page_item(page, checks[i]->name, checks[i]->question);
	page_close_list(page);
	page_heading(page, "Topics");
	page_open_list(page, NAME_WIDTH);
	for (const struct manual_topic *topic = manual_topics; topic->name; topic++)
		page_item(page, topic->name, topic->summary);
	page_close_list(page);
	page_paragraphs(page, "See 'ehlo-milter help WORD' for any of them, ehlo-milter(8) and ehlo-milter-policy(5).");
}

static const struct command *find_command(const char *word)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(word, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

static const struct manual_topic *find_topic(const char *word)
{
	for (const struct manual_topic *topic = manual_topics; topic->name; topic++)
		if (strcmp(word, topic->name) == 0)
			return topic;
	return NULL;
}

static int unknown_word(const char *word)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (size_t i = 0; commands[i] && count < NAMES_MAX; i++)
		names[count++] = commands[i]->name;
	for (size_t i = 0; i < CHECK_COUNT && count < NAMES_MAX; i++)
		names[count++] = checks[i]->name;
	for (const struct manual_topic *topic = manual_topics; topic->name && count < NAMES_MAX; topic++)
		names[count++] = topic->name;
	return command_unknown(&command_help, "word", word, names, count);
}

static int show(struct page *page, const char *word)
{
	const struct command *command = find_command(word);
	const struct manual_topic *topic = find_topic(word);
	const struct check *check = check_find(word);

	if (command)
		manual_command(page, command);
	else if (check)
		manual_check(page, check);
	else if (topic)
		topic->show(page);
	else
		return unknown_word(word);
	return EXIT_FINE;
}

/* With the word "synopsis" before them only the usage of commands. */
static int show_mdoc(struct buf *out, char **words)
{
	struct page page = page_mdoc(out);
	bool synopsis = words[0] && strcmp(words[0], "synopsis") == 0;
	int status = EXIT_FINE;

	for (char **word = words + synopsis; *word && status == EXIT_FINE; word++) {
		if (synopsis && find_command(*word))
			manual_synopsis(&page, find_command(*word));
		else
			status = show(&page, *word);
	}
	return status;
}

/* Of one command or check; without a word, of all. */
static int show_json(struct buf *out, const char *word)
{
	struct json json;

	if (word && !find_command(word) && !check_find(word))
		return find_topic(word) ? command_usage(&command_help, "--json is for commands and checks") : unknown_word(word);
	json_init(&json, out);
	if (!word)
		json_open_array(&json, NULL);
	for (size_t i = 0; commands[i]; i++)
		if (!word || strcmp(word, commands[i]->name) == 0)
			manual_command_json(commands[i], &json);
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (!word || strcmp(word, checks[i]->name) == 0)
			manual_check_json(checks[i], &json);
	if (!word)
		json_close_array(&json);
	buf_add_char(out, '\n');
	return EXIT_FINE;
}

static int add_all(const struct options *options, char **words, struct buf *out)
{
	struct page page = page_text(out);

	if (options->shell)
		return completion_add(options->shell, out) ? EXIT_FINE :
		       command_usage(&command_help, "no completions for '%s'; expected bash or zsh", options->shell);
	if (options->mdoc)
		return words[0] ? show_mdoc(out, words) : command_usage(&command_help, "expected WORD");
	if (words[0] && words[1])
		return command_usage(&command_help, "expected one WORD");
	if (options->json)
		return show_json(out, words[0]);
	if (words[0])
		return show(&page, words[0]);
	add_overview(&page);
	return EXIT_FINE;
}

static int run(int argc, char **argv)
{
	struct options options = { .shell = NULL };
	struct buf out;
	int status;
	char **words = command_options(&command_help, argc, argv, &options, &status);

	if (!words)
		return status;
	buf_init(&out);
	status = add_all(&options, words, &out);
	if (status == EXIT_FINE)
		status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

static const struct command_option own_options[] = {
	{ .name = "json", .help = "all that is said of a command or check, or of each of them, for programs",
	  .at = offsetof(struct options, json) },
	{ .name = "mdoc", .instead = true, .help = "the same as source of a manual page", .at = offsetof(struct options, mdoc) },
	{ .name = "completion", .value = "SHELL", .help = "the completions of bash or zsh", .words = "bash zsh",
	  .at = offsetof(struct options, shell) },
	{ .name = NULL },
};

const struct command command_help = {
	.name = "help",
	.summary = "this overview, or the manual of a command, check or topic",
	.options = { { .rows = own_options } },
	.arguments = "[WORD]",
	.argument_max = -1,
	.about =
		"WORD is a command, a check or a topic; without it all of them are listed. 'ehlo-milter COMMAND --help' prints the "
		"same as 'ehlo-milter help COMMAND'. Lines are as wide as the terminal, and 80 columns elsewhere.",
	.statuses = "0 shown; 64 there is no such WORD",
	.examples =
		"ehlo-milter help explain\n"
		"ehlo-milter help ehlo_fqdn\n"
		"ehlo-milter help --completion bash > /etc/bash_completion.d/ehlo-milter\n",
	.run = run,
};
