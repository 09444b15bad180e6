/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads on in a thread while what came before is worked on: for inputs whose unpacking takes as long as that. */
#ifndef LOGS_READ_AHEAD_H
#define LOGS_READ_AHEAD_H

#include <stddef.h>

/* As input_read(); called in the thread, and by nobody else meanwhile. */
typedef size_t read_ahead_source(void *context, char *bytes, size_t size, const char **error_r);

struct read_ahead;

/* NULL: memory or threads are out, or there is only one processor; then the caller reads by itself. */
struct read_ahead *read_ahead_new(read_ahead_source *source, void *context);

/* The same bytes as from the source, in the same order; 0 at the end, with its error. */
size_t read_ahead_read(struct read_ahead *ahead, char *bytes, size_t size, const char **error_r);

/* Waits for the thread, which ends with what it is at. */
void read_ahead_free(struct read_ahead **ahead);

#endif
