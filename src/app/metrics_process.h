/* SPDX-License-Identifier: BSD-2-Clause */
/* What only the supervisor can tell of itself and its workers when it is asked. */
#ifndef APP_METRICS_PROCESS_H
#define APP_METRICS_PROCESS_H

/* Brings the gauges up to date: open sessions, caches, and what /proc knows.  Any thread of the supervisor. */
void metrics_process_look(void);

/* What this process has dropped of its log since the last call.  One thread. */
void metrics_count_dropped(void);

#endif
