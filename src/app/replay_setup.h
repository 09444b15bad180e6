/* SPDX-License-Identifier: BSD-2-Clause */
/* What replay and its stages share: options, policies, the source of answers, the report at the end. */
#ifndef APP_REPLAY_SETUP_H
#define APP_REPLAY_SETUP_H

#include "app/command.h"
#include "app/log_options.h"
#include "app/replay_judge.h"
#include "report/summary.h"

#define FAIL_ON_MAX 16

struct replay_options {
	struct log_reading reading;
	const char *policy_path;
	const char *new_path;		/* NULL: none */
	const char *listener;
	const char *dns;
	const char *fail_on[FAIL_ON_MAX];
	size_t fail_on_count;
	const char *html_path;		/* NULL: no page */
	bool json;
	bool partial;			/* a part, to be merged */
	bool merge;
	bool flush;
	const char *resume;		/* the tape to go on with */
	bool help;
};

/* What a command takes. */
enum replay_takes {
	TAKES_POLICY = 1,	/* -c, --new, --listener */
	TAKES_DNS = 2,
	TAKES_LOGS = 4,		/* those of log_options.h */
	TAKES_REPORT = 8,	/* --fail-on, --partial, --html */
	TAKES_MERGE = 16,
	TAKES_FLUSH = 32,
	TAKES_RESUME = 64
};

/* EXIT_FINE, or the status of a usage error that was told.  What follows the options is at argv + optind. */
int replay_options_parse(const struct command *command, unsigned takes, int argc, char **argv,
			 struct replay_options *options_r);

/* The policies, and who judges by them. */
struct replay_setup {
	struct diag diag;
	struct policy *before, *after;	/* before: NULL without --new */
	struct dns *dns;		/* NULL: nobody is asked */
	struct replay_plan plan;
	struct summary_meta meta;
};

/* EXIT_FINE, or the status of what is wrong, which was told.  replay_setup_close() follows in either case. */
int replay_setup_open(const struct command *command, const struct replay_options *options,
		      struct replay_setup *setup_r);
void replay_setup_close(struct replay_setup *setup);

/* Ends work early at SIGINT, the first one: what there is will be shown. */
void replay_interrupt_catch(void);
bool replay_interrupted(void);

/* The status of a run that was interrupted, as a shell has it. */
#define EXIT_INTERRUPTED 130

/*
 * Prints the summary as the options want it, writes its page, and looks whether a condition holds.  EXIT_FINE, EXIT_FINDING,
 * EXIT_INTERRUPTED, EXIT_SYSTEM or EXIT_OUTPUT.
 */
int replay_report(const struct command *command, const struct replay_options *options, struct summary *summary);

/* "ehlo-milter COMMAND: out of memory" on standard error; EXIT_SYSTEM. */
int replay_no_memory(const struct command *command);

#endif
