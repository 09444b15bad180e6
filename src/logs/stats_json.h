/* SPDX-License-Identifier: BSD-2-Clause */
/* What was read of logs, as a line of JSON behind the session records, so that no stage loses it. */
#ifndef LOGS_STATS_JSON_H
#define LOGS_STATS_JSON_H

#include "base/buf.h"
#include "logs/logs.h"

/*
 * Appends {"schema":"ehlo-milter.log_lines/1","log_lines":{COUNTS,"samples":[...]}}, newline included: the counts of
 * lines and bytes, and samples of the lines that were not understood.  Bytes that are not UTF-8: as record_write().
 */
void logs_stats_write(const struct logs_stats *stats, struct buf *out);

/* Is it such a line, and no session record? */
bool logs_stats_is_line(const char *line, size_t length);

/* Reads such a line; what it does not hold is 0.  NULL, or what is wrong (a constant). */
const char *logs_stats_read(const char *line, size_t length, struct logs_stats *stats_r);

#endif
