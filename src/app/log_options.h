/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands that read logs share: their options, the reading, and what is said of it on standard error. */
#ifndef APP_LOG_OPTIONS_H
#define APP_LOG_OPTIONS_H

#include "app/command.h"
#include "logs/logs.h"

#include <stdbool.h>

struct log_reading {
	struct logs_options options;
	const char *missed_path;
	bool quiet;		/* says nothing of what was read */
	bool deferred;		/* take() makes the records whole itself, later: record_make_whole() */
	struct logs_stats stats;	/* what was read, after log_reading_run() */
};

/* What the struct of options of such a command begins with. */
struct log_command {
	const char *policy_path;	/* -c, of those that take it */
	struct log_reading reading;
};
extern const struct command_option log_options[];	/* described with sessions */
#define LOG_OPTIONS { .rows = log_options, .described = &command_sessions }

/* Do they fit together? */
int log_options_check(const struct command *command, const struct log_reading *reading);

/*
 * Reads the logs into records that are whole, with a progress bar on a terminal, and says on standard error what was wrong with
 * them, and what was read.  EXIT_FINE also when take() ended it: its context knows why; EXIT_INPUT when nothing could be read; EXIT_SYSTEM
 * when memory is out; EXIT_OUTPUT for the file of missed lines.
 */
int log_reading_run(const struct command *command, struct log_reading *reading, char **paths, size_t count,
		    record_take *take, void *context);

#endif
