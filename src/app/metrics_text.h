/* SPDX-License-Identifier: BSD-2-Clause */
/* The metrics as text, for Prometheus and for whoever reads like it. */
#ifndef APP_METRICS_TEXT_H
#define APP_METRICS_TEXT_H

#include "base/buf.h"

/* OpenMetrics 1.0.0, and the text format 0.0.4 of Prometheus, which older programs read. */
enum metrics_format { FORMAT_OPENMETRICS, FORMAT_PROMETHEUS };

extern const char *const metrics_content_types[];

/* By an Accept header, which may be NULL. */
enum metrics_format metrics_format_accepted(const char *accept);

/* The policy that serves from now on.  By the supervisor. */
void metrics_policy_is(const char *path, const char *sha256);

/* Everything, as of now.  Any thread of the supervisor; it reads /proc, and waits for nobody.  out->failed: memory is out. */
void metrics_text(enum metrics_format format, struct buf *out);

#endif
