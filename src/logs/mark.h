/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that programs write between those of a log. */
#ifndef LOGS_MARK_H
#define LOGS_MARK_H

#include "logs/span.h"

/* Is it as good as an empty one? */
bool log_is_mark(struct span line);

#endif
