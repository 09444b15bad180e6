/* SPDX-License-Identifier: BSD-2-Clause */
/* Describes commands and checks. */
#include "app/manual.h"

#include <stdio.h>
#include <string.h>

#define TAG_BYTES 80
#define USAGE_INDENT 11		/* of the second line of a usage */

/* --- commands --- */

/* "-c FILE", "--json" */
static void format_option(const struct command_option *option, char tag_r[TAG_BYTES])
{
	(void)snprintf(tag_r, TAG_BYTES, "-%s%s%s%s", option->name[1] != '\0' ? "-" : "", option->name,
		       option->value ? " " : "", option->value ? option->value : "");
}

/* In mdoc a dash is that of the macro Fl. */
static void add_mdoc_option(struct buf *out, const struct command_option *option)
{
	buf_addf(out, " Fl %s%s", option->name[1] != '\0' ? "-" : "", option->name);
	if (option->value)
		buf_addf(out, " Ar %s", option->value);
}

/* An option, with those that may stand instead of it. */
static void add_option(struct page *page, const struct command_option *option, size_t *column)
{
	char tag[TAG_BYTES], piece[3 * TAG_BYTES];
	struct buf text;

	if (page->mdoc && option->required)
		buf_addf(page->out, ".Fl -%s Ar %s", option->name, option->value);
	else if (page->mdoc)
		buf_add(page->out, ".Op");
	buf_init_fixed(&text, piece, sizeof piece);
	buf_add(&text, option->required ? "" : "[");
	for (const struct command_option *row = option; row->name && (row == option || row->instead); row++) {
		format_option(row, tag);
		buf_addf(&text, "%s%s", row == option ? "" : " | ", tag);
		if (page->mdoc && row != option)
			buf_add(page->out, " |");
		if (page->mdoc && !row->required)
			add_mdoc_option(page->out, row);
	}
	buf_add(&text, option->required ? "" : "]");
	if (page->mdoc)
		buf_add_char(page->out, '\n');
	else
		page_add_piece(page, piece, USAGE_INDENT, column);
}

static void add_arguments(struct page *page, const char *arguments, size_t *column)
{
	while (arguments && *arguments != '\0') {
		size_t length = strcspn(arguments, " ");
		char piece[TAG_BYTES];

		(void)snprintf(piece, sizeof piece, "%.*s", (int)length, arguments);
		if (page->mdoc)
			buf_addf(page->out, ".Ar %s\n", piece);
		else
			page_add_piece(page, piece, USAGE_INDENT, column);
		arguments += length + (arguments[length] == ' ');
	}
}

void manual_synopsis(struct page *page, const struct command *command)
{
	size_t column = strlen("usage: ehlo-milter ") + strlen(command->name);

	buf_addf(page->out, page->mdoc ? ".Nm ehlo-milter\n.Cm %s\n" : "usage: ehlo-milter %s", command->name);
	for (size_t i = 0; i < OPTION_GROUPS_MAX && command->options[i].rows; i++)
		for (const struct command_option *row = command->options[i].rows; row->name; row++)
			if (!row->instead)
				add_option(page, row, &column);
	add_arguments(page, command->arguments, &column);
	if (!page->mdoc)
		buf_add_char(page->out, '\n');
}

static void add_reference(struct page *page, const struct option_group *group)
{
	char tag[TAG_BYTES], label[TAG_BYTES];
	struct buf list;

	buf_init(&list);
	for (const struct command_option *row = group->rows; row->name; row++) {
		format_option(row, tag);
		buf_addf(&list, "%s%s", row == group->rows ? "" : ", ", tag);
	}
	(void)snprintf(label, sizeof label, "As for %s", group->described->name);
	page_labelled(page, label, list.failed ? "" : list.text);
	page->out->failed = page->out->failed || list.failed;
	buf_clear(&list);
}

static bool is_described(const struct command *command, const struct option_group *group)
{
	return group->rows && (!group->described || group->described == command);
}

static size_t tag_width(const struct command *command)
{
	char tag[TAG_BYTES];
	size_t width = 0;

	for (size_t i = 0; i < OPTION_GROUPS_MAX && command->options[i].rows; i++)
		for (const struct command_option *row = command->options[i].rows;
		     row->name && is_described(command, &command->options[i]); row++) {
			format_option(row, tag);
			if (strlen(tag) > width)
				width = strlen(tag);
		}
	return width;
}

static void add_options(struct page *page, const struct command *command)
{
	char tag[TAG_BYTES];
	size_t width = tag_width(command);

	if (width > 0) {
		page_title(page, "Options");
		page_open_list(page, width);
	}
	for (size_t i = 0; i < OPTION_GROUPS_MAX && command->options[i].rows; i++)
		for (const struct command_option *row = command->options[i].rows;
		     row->name && is_described(command, &command->options[i]); row++) {
			format_option(row, tag);
			page_item(page, tag, row->help);
		}
	if (width > 0)
		page_close_list(page);
	for (size_t i = 0; i < OPTION_GROUPS_MAX && command->options[i].rows; i++)
		if (!is_described(command, &command->options[i]))
			add_reference(page, &command->options[i]);
}

void manual_command(struct page *page, const struct command *command)
{
	if (page->mdoc)
		page_heading(page, command->name);
	manual_synopsis(page, command);
	page_labelled(page, command->name, command->summary);
	if (page->mdoc)
		buf_add(page->out, ".Pp\n");
	page_paragraphs(page, command->about);
	add_options(page, command);
	page_labelled(page, "Exit status", command->statuses);
	page_title(page, "Examples");
	page_literal(page, command->examples);
}

int manual_print_command(const struct command *command)
{
	struct buf out;
	struct page page = page_text(&out);
	int status;

	buf_init(&out);
	manual_command(&page, command);
	status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

static void add_option_json(const struct command_option *option, struct json *json)
{
	json_open_object(json, NULL);
	json_string(json, "name", option->name);
	json_string(json, "value", option->value);
	json_string(json, "words", option->words);
	json_bool(json, "required", option->required);
	json_string(json, "help", option->help);
	json_close_object(json);
}

void manual_command_json(const struct command *command, struct json *json)
{
	json_open_object(json, NULL);
	json_string(json, "command", command->name);
	json_string(json, "summary", command->summary);
	json_open_array(json, "options");
	for (size_t i = 0; i < OPTION_GROUPS_MAX && command->options[i].rows; i++)
		for (const struct command_option *row = command->options[i].rows; row->name; row++)
			add_option_json(row, json);
	json_close_array(json);
	json_string(json, "arguments", command->arguments);
	json_string(json, "about", command->about);
	json_string(json, "exit_status", command->statuses);
	json_string(json, "examples", command->examples);
	json_close_object(json);
}

/* --- checks --- */

/* "standard: tag, strict: reject, submission: off." and the reply */
static void add_outcome(struct page *page, const struct outcome *outcome)
{
	struct buf text;

	buf_init(&text);
	for (int profile = PROFILE_STANDARD; profile < PROFILE_NONE; profile++)
		buf_addf(&text, "%s%s: %s", profile > PROFILE_STANDARD ? ", " : "", profile_word((enum profile)profile),
			 action_word(outcome->actions[profile]));
	if (outcome->reply)
		buf_addf(&text, "; %s", outcome->reply);
	page_item(page, result_word(outcome->result), text.failed ? "" : text.text);
	page->out->failed = page->out->failed || text.failed;
	buf_clear(&text);
}

static void add_parameter(struct page *page, const struct parameter *parameter)
{
	struct buf text;

	buf_init(&text);
	buf_addf(&text, "%s [", parameter->help);
	if (parameter->kind == PARAMETER_WORD)
		buf_add(&text, parameter->words[0]);
	else if (parameter->fallback)
		buf_addf(&text, "$%s", parameter->fallback);
	buf_add(&text, "]");
	page_item(page, parameter->key, text.failed ? "" : text.text);
	page->out->failed = page->out->failed || text.failed;
	buf_clear(&text);
}

void manual_check(struct page *page, const struct check *check)
{
	if (page->mdoc)
		page_heading(page, check->name);
	page_line(page, check->name, check->question);
	if (page->mdoc)
		buf_add(page->out, ".Pp\n");
	page_paragraphs(page, check->manual);
	page_labelled(page, "Judged at", stage_word(check->stage));
	page_labelled(page, "Source", check->clause);
	if (check->never_refuses)
		page_labelled(page, "Never rejects or puts off", check->never_refuses);
	page_labelled(page, "Results beside pass, none, skipped and unknown", "the actions of the profiles, and the reply when one "
		      "of them refuses");
	page_open_list(page, strlen("permerror"));
	for (size_t i = 0; i < check->outcome_count; i++)
		add_outcome(page, &check->outcomes[i]);
	page_close_list(page);
	if (check->parameter_count > 0) {
		page_title(page, "Settings beside mode, enforce_percent, since, until and reply");
		page_open_list(page, strlen("local_domains"));
		for (size_t i = 0; i < check->parameter_count; i++)
			add_parameter(page, &check->parameters[i]);
		page_close_list(page);
	}
	page_labelled(page, "False positives", check->false_positives);
	page_title(page, "Example, in a listener");
	page_literal(page, check->example);
}

void manual_check_json(const struct check *check, struct json *json)
{
	json_open_object(json, NULL);
	json_string(json, "check", check->name);
	json_string(json, "question", check->question);
	json_string(json, "stage", stage_word(check->stage));
	json_string(json, "clause", check->clause);
	json_string(json, "never_refuses", check->never_refuses);
	json_open_array(json, "results");
	for (size_t i = 0; i < check->outcome_count; i++) {
		const struct outcome *outcome = &check->outcomes[i];

		json_open_object(json, NULL);
		json_string(json, "result", result_word(outcome->result));
		for (int profile = PROFILE_STANDARD; profile < PROFILE_NONE; profile++)
			json_string(json, profile_word((enum profile)profile), action_word(outcome->actions[profile]));
		json_string(json, "reply", outcome->reply);
		json_close_object(json);
	}
	json_close_array(json);
	json_open_array(json, "settings");
	for (size_t i = 0; i < check->parameter_count; i++) {
		json_open_object(json, NULL);
		json_string(json, "key", check->parameters[i].key);
		json_string(json, "help", check->parameters[i].help);
		json_close_object(json);
	}
	json_close_array(json);
	json_string(json, "manual", check->manual);
	json_string(json, "false_positives", check->false_positives);
	json_string(json, "example", check->example);
	json_close_object(json);
}
