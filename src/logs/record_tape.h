/* SPDX-License-Identifier: BSD-2-Clause */
/* The answers of DNS that a record holds, as a tape. */
#ifndef LOGS_RECORD_TAPE_H
#define LOGS_RECORD_TAPE_H

#include "base/buf.h"
#include "logs/record.h"

#define RECORD_END SIZE_MAX

/*
 * Appends a line for each as it was known at transaction tx (0-based; RECORD_END: at the end): of several
 * answers to one question the last one up to then.  Entries that can be no line of a tape are left out.  Pure.
 */
void record_tape(const struct record *record, size_t tx, struct buf *out);

#endif
