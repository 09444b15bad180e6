/* SPDX-License-Identifier: BSD-2-Clause */
/* A record as the engine takes it: one session for each transaction. */
#ifndef LOGS_RECORD_SESSION_H
#define LOGS_RECORD_SESSION_H

#include "core/session.h"
#include "logs/record.h"

/*
 * The session as it stood at transaction tx (0-based); with tx not below record->tx_count, at its end: its
 * transaction is then 0, and sender NONE where the record says that there was no MAIL.  What the record does not
 * tell, or has redacted, is unknown.  start_date is 0 where the start is not known.  Points into the record.
 * Pure.
 */
void record_session(const struct record *record, size_t tx, struct session *session_r);

#endif
