/* SPDX-License-Identifier: BSD-2-Clause */
/* The sub-commands: one file (cmd_NAME.c), one description and one row in the table of main.c each. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "base/diag.h"
#include "base/json.h"
#include "core/policy.h"

#include <stdbool.h>
#include <stddef.h>

struct command;

/* Beside EXIT_FINDING those of sysexits.h. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_FINDING = 1,
	EXIT_USAGE = 64,
	EXIT_INPUT = 65,
	EXIT_UNAVAILABLE = 69,
	EXIT_SYSTEM = 71,
	EXIT_OUTPUT = 74,
	EXIT_DNS = 75,
	EXIT_POLICY = 78
};

#define COMMAND_LOG_MS 1000	/* how long the last lines of a daemon's log may take, for log_stop() */

/*
 * An option of a command: one row, from which come its parsing, --help, the manual and the completions.  The options of a
 * command end up in a struct of its own.
 */
struct command_option {
	const char *name;	/* "print" is --print, "c" is -c; NULL ends the rows */
	const char *value;	/* what its value is called, "FILE"; NULL: it takes none */
	const char *help;	/* lower case, without full stop */
	const char *words;	/* what may be completed, "live none tape:"; NULL: files where value is FILE, else nothing */
	bool required;
	bool instead;		/* of the one in the row before: not both */
	size_t at;		/* where in the struct: a bool, or a const char * where it takes a value; or what take() fills */
	/* Takes the value in place of keeping it: EXIT_FINE, or a usage error that was told. */
	int (*take)(const struct command *command, const char *value, void *at);
};

/* Rows that several commands share are described with one of them only. */
struct option_group {
	const struct command_option *rows;
	const struct command *described;	/* by this command; NULL: by each */
	const char *not_with;			/* an option that none of them goes with; NULL: none is */
};

#define OPTION_GROUPS_MAX 5

struct command {
	const char *name;
	const char *summary;	/* one line */
	struct option_group options[OPTION_GROUPS_MAX];	/* those without rows are none */
	const char *arguments;	/* what follows them, "LIST VALUE"; NULL: nothing does */
	int argument_min;
	int argument_max;	/* -1: any number */
	/*
	 * What --help and the manual say of it.  Paragraphs stand between blank lines, and are filled; lines that begin with
	 * two blanks stay as they are.
	 */
	const char *about;
	const char *statuses;	/* of the exit, "0 shown; 78 the policy has errors" */
	const char *examples;	/* a command line each; with '#' before it a remark */
	int (*run)(int argc, char **argv);	/* argv[0] is the command's name; returns an exit status */
};

extern const struct command command_run;
extern const struct command command_check;
extern const struct command command_explain;
extern const struct command command_test;
extern const struct command command_lookup;
extern const struct command command_mta_config;
extern const struct command command_audit;
extern const struct command command_replay;
extern const struct command command_sessions;
extern const struct command command_evaluate;
extern const struct command command_report;
extern const struct command command_tape;
extern const struct command command_import;
extern const struct command command_reload;
extern const struct command command_status;
extern const struct command command_help;

/* How the daemon starts its own processes: no command for people, so it is in no list. */
extern const struct command command_worker;

/* All of them, in the order of the manual; NULL after the last. */
extern const struct command *const commands[];

/*
 * Loads the policy (path NULL: the default), says "policy: PATH sha256 ..." and every diagnostic on
 * stderr.  NULL on errors: the command then returns command_policy_status().
 */
struct policy *command_load_policy(const char *path, struct diag *diag);

/* Of what failed with these diagnostics: status for their errors, EXIT_SYSTEM when memory was out. */
int command_diag_status(const struct diag *diag, int status);

/* The same of a policy that is not loaded, whose errors are EXIT_POLICY. */
int command_policy_status(const struct diag *diag);

/*
 * As most commands do: loads the policy, has work done with it, frees it.  command_policy_status() on errors, else what
 * work returns.
 */
int command_with_policy(const char *path, int (*work)(const struct policy *policy, void *options), void *options);

/* The log as the policy wants it: standard error where that is a terminal, or whatever the key log says. */
void command_start_log(const struct server *server);

/* Prints errors and warnings on stderr. */
void command_print_diag(const struct diag *diag);

/* The same for programs: the arrays "errors" and "warnings". */
void command_add_diag(struct json *json, const struct diag *diag);

/* "ehlo-milter COMMAND: ABOUT: WHAT" on stderr, without ABOUT where that is NULL; returns status. */
int command_complain(const struct command *command, int status, const char *about, const char *what);

/* The same of an input that cannot be read or understood: EXIT_INPUT, or EXIT_SYSTEM where error is file_no_memory. */
int command_bad_input(const struct command *command, const char *about, const char *error);

/* The same of a file that cannot be written: EXIT_OUTPUT. */
int command_cannot_write(const struct command *command, const char *path, const char *error);

/* The same without memory: EXIT_SYSTEM. */
int command_no_memory(const struct command *command);

/* Writes text to stdout whole; EXIT_FINE or EXIT_OUTPUT with a message. */
int command_print(const char *text, size_t length);

/* "ehlo-milter COMMAND: TEXT; see 'ehlo-milter help COMMAND'" on stderr; returns EXIT_USAGE. */
int command_usage(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "unknown WHAT 'WORD'; did you mean 'NAME'?", or what is expected; returns EXIT_USAGE. */
int command_unknown(const struct command *command, const char *what, const char *word, const char *const *names, size_t count);
int command_unknown_listener(const struct command *command, const struct policy *policy, const char *word);

/*
 * Reads the options of the command into its struct, which holds what is without them.  Returns the arguments behind
 * them, of the right number and with NULL after the last; NULL: the command is to return *status_r, for a usage error was
 * told, or --help was asked for and shown.
 */
char **command_options(const struct command *command, int argc, char **argv, void *options, int *status_r);
size_t command_argument_count(char **arguments);

/* -c FILE, of a struct whose first member is the path. */
extern const struct command_option policy_option[];

#endif
