/* SPDX-License-Identifier: BSD-2-Clause */
/* Session records as JSON lines: the contract between the daemon, the log readers and every tool behind them. */
#ifndef LOGS_RECORD_JSON_H
#define LOGS_RECORD_JSON_H

#include "base/buf.h"
#include "logs/record.h"

/*
 * Appends the record as one line, newline included, keys in a fixed order.  Where a string holds bytes that are
 * not UTF-8, all strings are written byte for character (U+0000 to U+00FF) and the record says "enc":"latin1", so
 * that reading it gives the same bytes again.  Pure.
 */
void record_write(const struct record *record, struct buf *out);

/* Does the line say "enc":"latin1"? */
bool record_is_latin1(const char *line, size_t length);

/*
 * Reads a line of length bytes.  Keys may stand in any order, unknown ones are ignored, absent ones are unknown.
 * Strings go to the arena.  NULL, or what is wrong: "client_port: expected a number" (kept in the arena, or a
 * constant).
 */
const char *record_read(const char *line, size_t length, struct arena *arena, struct record *record_r);

#endif
