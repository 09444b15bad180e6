/* SPDX-License-Identifier: BSD-2-Clause */
/* What the session log must not tell: taken out of a record, or replaced by keyed hashes. */
#ifndef APP_REDACT_H
#define APP_REDACT_H

#include "base/arena.h"
#include "core/policy.h"
#include "logs/record.h"

#include <stdbool.h>

#define REDACT_KEY_MIN 32
#define REDACT_KEY_MAX 4096

/* What is wanted, and the key for the hashes. */
struct redaction {
	const struct session_log_settings *settings;
	unsigned char key[REDACT_KEY_MAX];
	size_t key_length;
	char key_id[5];		/* stands in each hash: tells when the key was changed */
};

/* Reads the key, where one is needed.  False with *error_r set (a constant, or as of file_read()). */
bool redaction_init(struct redaction *redaction, const struct session_log_settings *settings, const char **error_r);

/*
 * Changes the record, and lists in "redacted" what was changed.  Whatever could tell the same in another way goes too:
 * with the client's address its names; with any of address, greeting and sender what DNS was asked, and all of a
 * reply but its codes.  False when memory is out: the record must then not be written.
 */
bool redact(const struct redaction *redaction, struct arena *arena, struct record *record);

#endif
