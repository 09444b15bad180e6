/* SPDX-License-Identifier: BSD-2-Clause */
/* What replay and its stages share: options, policies, the source of answers, the report at the end. */
#ifndef APP_REPLAY_SETUP_H
#define APP_REPLAY_SETUP_H

#include "app/command.h"
#include "app/log_options.h"
#include "app/replay_judge.h"
#include "report/summary.h"

#define FAIL_ON_MAX 16

struct fail_on {
	const char *items[FAIL_ON_MAX];
	size_t count;
};

struct replay_options {
	struct log_command log;
	const char *new_path;		/* NULL: none */
	const char *listener;
	const char *dns;
	struct fail_on fail_on;
	const char *html_path;		/* NULL: no page */
	bool json;
	bool partial;			/* a part, to be merged */
	bool merge;
	bool first_week;
	bool flush;
	const char *resume;		/* the tape to go on with */
};

/* Rows of this struct; each group of replay's own is described with that command. */
extern const struct command_option judge_options[];
extern const struct command_option judge_dns_option[];
extern const struct command_option report_options[];
#define JUDGE_OPTIONS { .rows = judge_options, .described = &command_replay }
#define JUDGE_DNS_OPTION { .rows = judge_dns_option, .described = &command_replay }
#define REPORT_OPTIONS { .rows = report_options, .described = &command_replay }

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

/* Writes a page; EXIT_FINE, or what is wrong, which was told. */
int replay_write_page(const struct command *command, const char *path, const struct buf *page);

#endif
