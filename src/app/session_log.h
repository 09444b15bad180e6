/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes finished records off the hands of sessions, and writes them in a thread of its own. */
#ifndef APP_SESSION_LOG_H
#define APP_SESSION_LOG_H

#include "core/policy.h"

#include <stdbool.h>
#include <stddef.h>

#define SESSION_LINE_MAX 65536	/* of a record, its newline included */

struct session_log;

/* Starts the thread, with all signals blocked.  settings must outlive it.  NULL with errno set. */
struct session_log *session_log_new(const struct session_log_settings *settings);

/*
 * Hands a line over, of at most SESSION_LINE_MAX bytes; it becomes the log's to free.  Never waits: where too much is
 * waiting already, because the disk or whoever reads does not keep up, the line is lost, which is counted and logged at
 * most once a minute.  Any thread.
 */
void session_log_add(struct session_log *log, char *line, size_t length);

/* A record was lost before it could be handed over: counted and logged in the same way.  Any thread. */
void session_log_lose(struct session_log *log);

/*
 * Writes what waits, for limit_ms at most, and ends the thread; what is handed over afterwards is lost.  False: the
 * thread hangs in the file system, and log must be left to the end of the process.
 */
bool session_log_end(struct session_log *log, unsigned limit_ms);
void session_log_free(struct session_log **log);	/* after an end that was true */

#endif
