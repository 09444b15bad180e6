/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's log: syslog (facility mail) or standard error. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

/* By who must act: error the operator now, warning the operator soon, info nobody, debug the curious. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

/*
 * Before any thread is started, and before privileges are dropped: standard error is opened anew, to be written without
 * waiting, where the system allows it.  Until then: standard error as it is, level info.
 */
void log_init(enum log_target target, enum log_level level);

/*
 * From now on a syslog or a reader of standard error that is stuck holds nobody up: lines that are not taken at once
 * go through a queue to a thread of its own.  Lines for which it has no room are dropped, counted, and the count is
 * logged.  Once, with the signals blocked that the thread must not get.  False (errno): the lines are written as
 * before.
 */
bool log_start(void);

/* What the queue holds is written, unless that takes longer; then lines are written as before log_start(). */
void log_stop(int limit_ms);

/* Lines that were dropped so far. */
unsigned long log_dropped(void);

bool log_wants(enum log_level level);

#define LOG_LINE_BYTES 4000

/* One line each, shorter than LOG_LINE_BYTES; control bytes become '?'.  errno is kept.  Any thread. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
