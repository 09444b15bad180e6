/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields in which log shippers and search engines keep a line of syslog, by many names. */
#ifndef LOGS_FIELDS_H
#define LOGS_FIELDS_H

#include "base/arena.h"
#include "logs/syslog_line.h"

enum field { FIELD_NONE, FIELD_MESSAGE, FIELD_TAG, FIELD_PID, FIELD_HOST, FIELD_TIME };
#define FIELD_KINDS (FIELD_TIME + 1)

/* What a name stands for, capitals or not.  *rank_r: of several that stand for the same, the lowest is the best. */
enum field field_of(struct span name, unsigned *rank_r);

/* Is one of the names of a message in the text, in quotes? */
bool field_names_message(struct span text);

/* The value lies where it outlives the line; of a message only its first line counts. */
void field_set(struct arena *arena, struct log_line *line, enum field field, struct span value);

#endif
