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
	struct logs_stats stats;	/* what was read, after log_reading_run() */
};

/* Their rows of getopt_long()'s table; the values are those of enum log_option. */
enum log_option {
	LOG_OPTION_FORMAT = 512,
	LOG_OPTION_BARE,
	LOG_OPTION_YEAR,
	LOG_OPTION_TZ,
	LOG_OPTION_MISSED,
	LOG_OPTION_QUIET
};
#define LOG_OPTION_ROWS                                                                                               \
	{ "format", required_argument, NULL, LOG_OPTION_FORMAT }, { "bare", no_argument, NULL, LOG_OPTION_BARE },     \
	{ "year", required_argument, NULL, LOG_OPTION_YEAR }, { "tz", required_argument, NULL, LOG_OPTION_TZ },       \
	{ "missed", required_argument, NULL, LOG_OPTION_MISSED }, { "quiet", no_argument, NULL, LOG_OPTION_QUIET }

/* EXIT_FINE, or the status of a usage error that was told. */
int log_option_take(const struct command *command, int option, const char *value, struct log_reading *reading);

/* After the last option: do they fit together, and is there a LOG? */
int log_options_check(const struct command *command, const struct log_reading *reading, int path_count);

/*
 * Reads the logs, with a progress bar on a terminal, and says on standard error what was wrong with them, and what was
 * read.  EXIT_FINE also when take() ended it: its context knows why; EXIT_INPUT when nothing could be read; EXIT_SYSTEM
 * when memory is out; EXIT_OUTPUT for the file of missed lines.
 */
int log_reading_run(const struct command *command, struct log_reading *reading, char **paths, size_t count,
		    record_take *take, void *context);

#endif
