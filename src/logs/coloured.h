/* SPDX-License-Identifier: BSD-2-Clause */
/* A log that a program has coloured for a terminal, as grep --color=always does. */
#ifndef LOGS_COLOURED_H
#define LOGS_COLOURED_H

#include "logs/span.h"

#include <stdbool.h>

/* The first line has sequences of a terminal: an MTA writes no escape character itself. */
bool coloured_is(struct span head);

/* Takes the sequences out of a line, in place; the length that is left. */
size_t coloured_strip(char *text, size_t length);

#endif
