/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of files, or of standard input, for commands that work line by line. */
#ifndef APP_LINE_INPUT_H
#define APP_LINE_INPUT_H

#include "app/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line without its end, which is numbered from 1 in its input.  false: no more, please. */
typedef bool line_take(void *context, const char *text, size_t length, uint64_t number);

/*
 * Every line of the files (plain or compressed; "-", or no file at all: standard input).  What is wrong with one is told
 * on standard error: EXIT_INPUT then, the others being read all the same, or EXIT_SYSTEM when memory is out.  EXIT_FINE
 * also when take() has ended it.
 */
int line_input_run(const struct command *command, char **paths, size_t count, line_take *take, void *context);

#endif
