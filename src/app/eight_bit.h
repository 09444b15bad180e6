/* SPDX-License-Identifier: BSD-2-Clause */
/* commands.eight_bit_headers: reject, the one command that the milter itself carries out. */
#ifndef APP_EIGHT_BIT_H
#define APP_EIGHT_BIT_H

#include "app/conn.h"
#include "app/engine.h"
#include "core/reply.h"

#include <stdbool.h>

/* Does some listener refuse them?  Then the MTA must show us every header, and wait. */
bool eight_bit_wanted(const struct policy *policy);

/* MAIL, with its arguments. */
void eight_bit_begin(struct conn *conn, char *const *argv);

/*
 * The message is accepted so far: are its headers minded?  As for a check, not where the session is exempt from
 * everything; and in observe what is found is only logged.
 */
void eight_bit_judge(const struct policy *policy, struct conn *conn, const struct judgement *judgement,
		     enum stage stage);

/* True: the message is refused with reply_r for this header, and that is logged. */
bool eight_bit_header(const struct policy *policy, struct conn *conn, const char *name, const char *value,
		      struct reply *reply_r);

#endif
