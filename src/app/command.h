/* SPDX-License-Identifier: BSD-2-Clause */
/* The sub-commands: one file (cmd_NAME.c) and one row in the table of main.c each. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "base/diag.h"
#include "core/policy.h"

/* sysexits.h; DESIGN's other codes come with the commands that need them. */
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

struct command {
	const char *name;
	const char *synopsis;	/* the arguments: "[-c FILE] LIST VALUE" */
	const char *summary;	/* one line */
	const char *manual;	/* what --help adds: what it teaches, with examples */
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
 * stderr.  NULL on errors: the command then returns EXIT_POLICY.
 */
struct policy *command_load_policy(const char *path, struct diag *diag);

/* As most commands do: loads the policy, has work done with it, frees it.  EXIT_POLICY on errors, else what work returns. */
int command_with_policy(const char *path, int (*work)(const struct policy *policy, void *options), void *options);

/* The log as the policy wants it: standard error where that is a terminal, or whatever the key log says. */
void command_start_log(const struct server *server);

/* Prints errors and warnings on stderr. */
void command_print_diag(const struct diag *diag);

/* Writes text to stdout whole; EXIT_FINE or EXIT_OUTPUT with a message. */
int command_print(const char *text, size_t length);

/* "ehlo-milter COMMAND: TEXT; see 'ehlo-milter help COMMAND'" on stderr; returns EXIT_USAGE. */
int command_usage(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints synopsis, summary and manual on stdout. */
int command_manual(const struct command *command);

#endif
