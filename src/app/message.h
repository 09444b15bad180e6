/* SPDX-License-Identifier: BSD-2-Clause */
/* What the end of the message has to do: decided at MAIL or RCPT, when the message is still to come. */
#ifndef APP_MESSAGE_H
#define APP_MESSAGE_H

#include "app/conn.h"
#include "app/engine.h"

/* Where the verdict is quarantine: why, for the MTA's queue. */
void message_plan_quarantine(struct conn *conn, const struct verdict *verdict);

/* The headers that are to be added; only where headers_wanted(). */
void message_plan_headers(const struct policy *policy, struct conn *conn, const struct judgement *judgement);

/* Counts the headers that bear names of ours, and notes those that claim to come from here. */
void message_note_header(const struct policy *policy, struct conn *conn, const char *name, const char *value);

#endif
