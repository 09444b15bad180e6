/* SPDX-License-Identifier: BSD-2-Clause */
/* A recorded session, taken back out of the session log by its id. */
#ifndef APP_SESSION_FIND_H
#define APP_SESSION_FIND_H

#include "base/arena.h"
#include "logs/record.h"

#include <stdbool.h>

/*
 * Searches the log and its predecessors, compressed ones too, the newest file first.  The record is in the arena.  false
 * with *error_r set: "no such session in it", or why a file cannot be read.
 */
bool session_find(const char *path, const char *id, struct arena *arena, struct record *record_r,
		  const char **error_r);

#endif
