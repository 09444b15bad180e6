/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells log, metrics and session log how a session was judged, and what the MTA was answered. */
#ifndef APP_JUDGEMENT_TELL_H
#define APP_JUDGEMENT_TELL_H

#include "app/conn.h"
#include "app/engine.h"

/* What was found: alarms, and the record of the session. */
void judgement_tell(struct conn *conn, const struct judgement *judgement, enum stage stage);

/*
 * How it was answered: refused or put off, or accepted.  A transaction may see both, where only some of its recipients
 * are refused, and tells each of them once.
 */
void judgement_tell_refused(const struct policy *policy, struct conn *conn, const struct judgement *judgement);
void judgement_tell_accepted(const struct policy *policy, struct conn *conn, const struct judgement *judgement);

#endif
