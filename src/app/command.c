/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sub-commands share: options, loading the policy, printing, usage messages. */
#include "app/command.h"

#include "app/manual.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "conf/load.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_BYTES 1000
#define OPTIONS_MAX 40
#define NAMES_MAX 40		/* of listeners that a message tells */

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

int command_diag_status(const struct diag *diag, int status)
{
	return diag_out_of_memory(diag) || diag->error_count == 0 ? EXIT_SYSTEM : status;
}

int command_policy_status(const struct diag *diag)
{
	return command_diag_status(diag, EXIT_POLICY);
}

int command_with_policy(const char *path, int (*work)(const struct policy *policy, void *options), void *options)
{
	struct policy *policy;
	struct diag diag;
	int status;

	diag_init(&diag);
	policy = command_load_policy(path, &diag);
	status = policy ? work(policy, options) : command_policy_status(&diag);
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

static void add_entries(struct json *json, const char *key, const struct diag *diag, enum severity severity)
{
	json_open_array(json, key);
	for (size_t i = 0; i < diag->count; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		if (entry->severity != severity)
			continue;
		json_open_object(json, NULL);
		json_string(json, "file", entry->place.file);
		json_number(json, "line", entry->place.line);
		json_number(json, "column", entry->place.column);
		json_string(json, "text", entry->text);
		json_close_object(json);
	}
	json_close_array(json);
}

void command_add_diag(struct json *json, const struct diag *diag)
{
	add_entries(json, "errors", diag, SEVERITY_ERROR);
	add_entries(json, "warnings", diag, SEVERITY_WARNING);
}

int command_print(const char *text, size_t length)
{
	/* A signal that is caught must not cut a line in two, which fwrite() would. */
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, text, length);

		if (written < 0 && errno != EINTR) {
			(void)fprintf(stderr, "ehlo-milter: cannot write: %s\n", strerrordesc_np(errno));
			return EXIT_OUTPUT;
		}
		text += written > 0 ? written : 0;
		length -= written > 0 ? (size_t)written : 0;
	}
	return EXIT_FINE;
}

int command_complain(const struct command *command, int status, const char *about, const char *what)
{
	struct buf out;

	buf_init(&out);
	buf_addf(&out, "ehlo-milter %s: ", command->name);
	if (about) {
		buf_add_escaped(&out, about, "", 0);
		buf_add(&out, ": ");
	}
	buf_add_escaped(&out, what, "", 0);
	buf_add_char(&out, '\n');
	(void)fputs(out.text, stderr);
	buf_clear(&out);
	return status;
}

int command_bad_input(const struct command *command, const char *about, const char *error)
{
	return command_complain(command, error == file_no_memory ? EXIT_SYSTEM : EXIT_INPUT, about, error);
}

int command_cannot_write(const struct command *command, const char *path, const char *error)
{
	struct buf what;
	int status;

	buf_init(&what);
	buf_addf(&what, "cannot write '%s': %s", path, error);
	status = what.failed ? command_no_memory(command) : command_complain(command, EXIT_OUTPUT, NULL, what.text);
	buf_clear(&what);
	return status;
}

int command_no_memory(const struct command *command)
{
	return command_complain(command, EXIT_SYSTEM, NULL, file_no_memory);
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

int command_unknown(const struct command *command, const char *what, const char *word, const char *const *names, size_t count)
{
	const char *near = diag_nearest(word, names, count);
	struct buf known;
	int status;

	if (near)
		return command_usage(command, "unknown %s '%s'; did you mean '%s'?", what, word, near);
	buf_init(&known);
	for (size_t i = 0; i < count; i++)
		buf_addf(&known, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", names[i]);
	status = command_usage(command, "unknown %s '%s'; expected %s", what, word, known.failed ? "another" : known.text);
	buf_clear(&known);
	return status;
}

int command_unknown_listener(const struct command *command, const struct policy *policy, const char *word)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (; count < policy->listener_count && count < NAMES_MAX; count++)
		names[count] = policy->listeners[count].name;
	return command_unknown(command, "listener", word, names, count);
}

/* --- options --- */

const struct command_option policy_option[] = {
	{ .name = "c", .value = "FILE",
	  .help = "the policy; without it /etc/ehlo-milter/policy.yaml, and without that the built-in one" },
	{ .name = NULL },
};

/* The rows of all groups, and getopt's idea of them: a long option is found by its number among them. */
struct option_table {
	const struct command_option *rows[OPTIONS_MAX];
	const char *not_with[OPTIONS_MAX];
	struct option names[OPTIONS_MAX + 2];
	bool given[OPTIONS_MAX];
	int count;
};

#define HELP_VALUE 1000
#define LONG_VALUE 1001

static void make_table(const struct command *command, struct option_table *table)
{
	int long_count = 0;

	*table = (struct option_table){ .count = 0 };
	for (size_t i = 0; i < OPTION_GROUPS_MAX && command->options[i].rows; i++)
		for (const struct command_option *row = command->options[i].rows; row->name && table->count < OPTIONS_MAX; row++) {
			if (row->name[1] != '\0')
				table->names[long_count++] = (struct option){ row->name, row->value ? required_argument : no_argument,
									      NULL, LONG_VALUE + table->count };
			table->not_with[table->count] = command->options[i].not_with;
			table->rows[table->count++] = row;
		}
	table->names[long_count] = (struct option){ "help", no_argument, NULL, HELP_VALUE };
}

/* A letter is always that of -c. */
static int find_row(const struct option_table *table, int found)
{
	for (int i = 0; i < table->count; i++)
		if (found >= LONG_VALUE ? found - LONG_VALUE == i :
					  table->rows[i]->name[0] == found && table->rows[i]->name[1] == '\0')
			return i;
	return -1;
}

static int take(const struct command *command, const struct command_option *row, void *options)
{
	void *at = (char *)options + row->at;

	if (row->take)
		return row->take(command, optarg, at);
	if (row->value)
		*(const char **)at = optarg;
	else
		*(bool *)at = true;
	return EXIT_FINE;
}

static int unknown_option(const struct command *command, const struct option_table *table, const char *word)
{
	const char *names[OPTIONS_MAX], *near;
	size_t count = 0;

	for (int i = 0; i < table->count; i++)
		if (table->rows[i]->name[1] != '\0')
			names[count++] = table->rows[i]->name;
	near = diag_nearest(word + strspn(word, "-"), names, count);
	if (near)
		return command_usage(command, "unknown option '%s'; did you mean '--%s'?", word, near);
	return command_usage(command, "unknown option '%s'", word);
}

static bool is_given(const struct option_table *table, const char *name)
{
	for (int i = 0; i < table->count; i++)
		if (table->given[i] && strcmp(table->rows[i]->name, name) == 0)
			return true;
	return false;
}

/* What stands together, and what is missing, when all are read. */
static int check_given(const struct command *command, const struct option_table *table)
{
	for (int i = 0; i < table->count; i++) {
		const struct command_option *row = table->rows[i];

		if (row->required && !table->given[i])
			return command_usage(command, "expected --%s %s", row->name, row->value);
		if (row->instead && table->given[i] && table->given[i - 1])
			return command_usage(command, "one of --%s and --%s, not both", table->rows[i - 1]->name, row->name);
		if (table->given[i] && table->not_with[i] && is_given(table, table->not_with[i]))
			return command_usage(command, "'--%s' does not go with '--%s'", row->name, table->not_with[i]);
	}
	return EXIT_FINE;
}

static int check_arguments(const struct command *command, char **arguments)
{
	int count = (int)command_argument_count(arguments);

	if (count < command->argument_min)
		return command_usage(command, "expected %s", command->arguments);
	if (command->argument_max >= 0 && count > command->argument_max)
		return command_usage(command, "unexpected argument '%s'%s%s", arguments[command->argument_max],
				     command->arguments ? "; expected " : "", command->arguments ? command->arguments : "");
	return EXIT_FINE;
}

char **command_options(const struct command *command, int argc, char **argv, void *options, int *status_r)
{
	struct option_table table;
	int found, row;

	make_table(command, &table);
	opterr = 0;
	*status_r = EXIT_FINE;
	while (*status_r == EXIT_FINE && (found = getopt_long(argc, argv, ":c:", table.names, NULL)) != -1) {
		row = find_row(&table, found);
		if (found == HELP_VALUE) {
			*status_r = manual_print_command(command);
			return NULL;
		}
		if (found == ':') {
			*status_r = command_usage(command, "option '%s' needs a value", argv[optind - 1]);
		} else if (row < 0) {
			*status_r = unknown_option(command, &table, argv[optind - 1]);
		} else {
			table.given[row] = true;
			*status_r = take(command, table.rows[row], options);
		}
	}
	if (*status_r == EXIT_FINE)
		*status_r = check_given(command, &table);
	if (*status_r == EXIT_FINE)
		*status_r = check_arguments(command, argv + optind);
	return *status_r == EXIT_FINE ? argv + optind : NULL;
}

size_t command_argument_count(char **arguments)
{
	size_t count = 0;

	while (arguments[count])
		count++;
	return count;
}
