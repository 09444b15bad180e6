/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells the operator what judgements noted. */
#ifndef APP_ALARM_TELL_H
#define APP_ALARM_TELL_H

#include "base/buf.h"
#include "core/alarm.h"

/* "DNS list bl.example.org answered ...": one line without its end. */
void alarm_add_text(const struct alarm *alarm, struct buf *out);

/* A warning in the log for each, but in one process each DNS list once, and patterns once.  Any thread. */
void alarms_log(const struct alarms *alarms);

#endif
