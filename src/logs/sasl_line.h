/* SPDX-License-Identifier: BSD-2-Clause */
/* What the Cyrus SASL library writes to syslog in the name of the MTA that uses it. */
#ifndef LOGS_SASL_LINE_H
#define LOGS_SASL_LINE_H

#include "logs/span.h"

#include <stdbool.h>

/* A line of the library's plugins: of its configuration, not of a client. */
bool sasl_line_is_other(struct span text);

#endif
