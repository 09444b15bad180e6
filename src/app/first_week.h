/* SPDX-License-Identifier: BSD-2-Clause */
/* report --first-week: from the journal to the report. */
#ifndef APP_FIRST_WEEK_H
#define APP_FIRST_WEEK_H

#include "app/replay_setup.h"

/*
 * Judges the session records of the logs, or of the policy's session_log when there is none, and reports.  EXIT_FINE;
 * EXIT_INPUT, with what to do told on standard error, when there is no session; else as replay does.
 */
int first_week(const struct replay_options *options, char **paths, size_t count);

#endif
