/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon answers when an MTA asks, by a socket map, for a setting that hangs on the client. */
#ifndef MTA_ASK_H
#define MTA_ASK_H

#include "base/buf.h"
#include "core/policy.h"

/* A request or a reply is never longer, without its netstring. */
#define ASK_BYTES_MAX 4000

/* The map of Sendmail's rulesets; its keys are "KIND^DAEMON^PORT^ADDRESS^RESOLVE^TLS^AUTH^NAME". */
#define ASK_SENDMAIL_MAP "ehlomilter"
#define ASK_SENDMAIL_FIELDS 8

/*
 * Maps of Postfix are called "discard/LISTENER+LISTENER/KEYWORD+KEYWORD/reqtls": of these listeners the first
 * that matches the client decides, these keywords are discarded whatever the policy says, and this Postfix
 * knows REQTLS (or the last part is absent).  The key is the client's address.
 */
#define ASK_POSTFIX_MAP "discard"

/*
 * request: "MAP KEY".  Adds "OK VALUE", "NOTFOUND ", "TEMP REASON" or "PERM REASON".  What cannot be decided
 * is TEMP: the MTA refuses for now.  Any thread.
 */
void ask_answer(const struct policy *policy, const char *request, struct buf *out);

#endif
