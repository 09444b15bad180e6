/* SPDX-License-Identifier: BSD-2-Clause */
/* Times as shippers and exports write them. */
#ifndef LOGS_FIELD_TIME_H
#define LOGS_FIELD_TIME_H

#include "base/arena.h"
#include "logs/syslog_line.h"

/*
 * RFC 3339; seconds since 1970 with a fraction, milliseconds, microseconds, nanoseconds; RFC 3164, where the line has no time
 * yet; what Kibana ("Nov 22, 2026 @ 05:10:37.123") and Azure ("11/22/2026, 5:10:37.123 AM") show.  What is none of these
 * leaves the line alone.
 */
void field_time(struct arena *arena, struct log_line *line, struct span value);

#endif
