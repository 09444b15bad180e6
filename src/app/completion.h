/* SPDX-License-Identifier: BSD-2-Clause */
/* Completions of shells, from the table of commands. */
#ifndef APP_COMPLETION_H
#define APP_COMPLETION_H

#include "base/buf.h"

/* The script of a shell; false: the shell is not known. */
bool completion_add(const char *shell, struct buf *out);

#endif
