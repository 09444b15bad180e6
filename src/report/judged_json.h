/* SPDX-License-Identifier: BSD-2-Clause */
/* Judged sessions as JSON lines: what the stage evaluate hands to the stage report. */
#ifndef REPORT_JUDGED_JSON_H
#define REPORT_JUDGED_JSON_H

#include "base/buf.h"
#include "report/judged.h"
#include "report/summary.h"

/*
 * Appends the record as record_write() does, with the key "judged" more: by what it was judged (meta) and what came
 * out, a session that no milter would have seen (txs NULL) with "tx":null.  One line, newline included.  Pure.
 */
void judged_write(const struct judged_session *session, const struct summary_meta *meta, struct buf *out);

/* Appends what was read of logs as logs_stats_write() does, with the same key "judged" more.  Pure. */
void judged_write_log_lines(const struct logs_stats *stats, const struct summary_meta *meta, struct buf *out);

/* Reads such a line (logs_stats_is_line()).  NULL, or what is wrong (in the arena, or a constant). */
const char *judged_read_log_lines(const char *line, size_t length, struct arena *arena, struct logs_stats *stats_r,
				  struct summary_meta *meta_r);

/* Reads a judged session.  Strings go to the arena.  NULL, or what is wrong (in the arena, or a constant). */
const char *judged_read(const char *line, size_t length, struct arena *arena, struct record *record_r,
			struct judged_session *session_r, struct summary_meta *meta_r);

#endif
