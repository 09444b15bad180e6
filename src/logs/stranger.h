/* SPDX-License-Identifier: BSD-2-Clause */
/* Inputs in which no session is found: what are they? */
#ifndef LOGS_STRANGER_H
#define LOGS_STRANGER_H

#include "logs/syslog_line.h"

/* What to say of an input that begins with head: "it is of Exim, which is not read"; NULL: nothing comes to mind. */
const char *log_stranger(struct span head);

#endif
