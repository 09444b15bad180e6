/* SPDX-License-Identifier: BSD-2-Clause */
/* The log line of a judged transaction: one line, keys in a fixed order. */
#ifndef APP_LOGLINE_H
#define APP_LOGLINE_H

#include "app/conn.h"
#include "app/engine.h"
#include "base/buf.h"

/* Is a line due at level info? */
bool logline_due(const struct judgement *judgement);

/* "NOQUEUE: verdict=accept would=reject listener=mx client=...", without newline; fits in LOG_LINE_BYTES. */
void logline_format(const struct policy *policy, const struct session *session,
		    const struct judgement *judgement, struct buf *out);

/* The same for a header of a message that was accepted before: "QUEUEID: verdict=reject listener=mx ..." */
void logline_header(const struct policy *policy, const struct session *session, const struct eight_bit *found,
		    const char *header, const struct reply *reply, struct buf *out);

#endif
