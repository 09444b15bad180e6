/* SPDX-License-Identifier: BSD-2-Clause */
/* The answers of DNS that a record holds, as a tape. */
#ifndef LOGS_RECORD_TAPE_H
#define LOGS_RECORD_TAPE_H

#include "base/buf.h"
#include "logs/record.h"

/* Appends a line for each (DESIGN 6); entries that can be no line of a tape are left out.  Pure. */
void record_tape(const struct record *record, struct buf *out);

#endif
