/* SPDX-License-Identifier: BSD-2-Clause */
/* Docker's JSON log: lines that a program wrote to its output, each in {"log":"...\n","stream":"stdout","time":"..."}. */
#ifndef LOGS_DOCKER_H
#define LOGS_DOCKER_H

#include "base/arena.h"
#include "logs/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool docker_is_json(struct span head);

/*
 * The line inside, in the arena, and when it was written.  false: it is no such line, or memory is out.
 */
bool docker_line(struct arena *arena, const char *text, size_t length, struct span *inner_r, int64_t *us_r);

#endif
