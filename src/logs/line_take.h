/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that take a line apart share; each leaves what it has taken behind scan. */
#ifndef LOGS_LINE_TAKE_H
#define LOGS_LINE_TAKE_H

#include "logs/scan.h"
#include "logs/syslog_line.h"

/* "<22>", if it is there */
void line_skip_priority(struct scan *scan);

/* "INFO    ", if it is there */
void line_skip_severity(struct scan *scan);

/* "[HOST ]TAG[PID]: MESSAGE", with what syslog daemons put between, or "[HOST ]last message repeated N times" */
enum line_kind line_take_rest(struct scan *scan, struct log_line *line, uint32_t *repeats_r);

/* "TAG[PID]: ", "TAG: "; false leaves *scan alone. */
bool line_take_tag(struct scan *scan, struct log_line *line);

/* "TAG[PID]"; false leaves the tag alone. */
bool line_part_tag(struct span word, struct log_line *line);

/* "TAG[PID] " behind HOST: some templates of rsyslog have no colon.  The same. */
bool line_take_tag_without_colon(struct scan *scan, struct span host, struct log_line *line);

/* What stands behind the tag. */
enum line_kind line_take_message(struct scan *scan, struct log_line *line, uint32_t *repeats_r);

/* A line from its stamp on; has_priority: there was a PRI. */
enum line_kind line_take_stamped(struct scan *scan, bool has_priority, struct log_line *line_r, uint32_t *repeats_r);

/* The same, where it does not begin as RFC 3164 says. */
enum line_kind line_take_form(struct scan *scan, bool has_priority, struct log_line *line_r, uint32_t *repeats_r);

/* A line in columns, with tabs between them. */
enum line_kind line_take_columns(struct span whole, struct log_line *line, uint32_t *repeats_r);

/* A line that stands behind a few words of another program's, a stamp of its own among them or not. */
enum line_kind line_take_behind_words(struct span whole, struct log_line *line, uint32_t *repeats_r);

#endif
