/* SPDX-License-Identifier: BSD-2-Clause */
/* The headers that the action tag adds, and those that came in under their names. */
#ifndef APP_HEADERS_H
#define APP_HEADERS_H

#include "app/engine.h"
#include "base/buf.h"

#define AUTH_RESULTS_HEADER "Authentication-Results"
#define RECEIVED_SPF_HEADER "Received-SPF"

/* Does the policy write headers at all?  Then what came in under their names is removed from every message. */
bool headers_wanted(const struct policy *policy);

/* "listener=mx; iprev=no_ptr; id=01JD8XA7Q2M4T9VB.1": what was found with the action tag. */
void headers_tag(const struct session *session, const struct judgement *judgement, struct buf *out);

/*
 * The value of Authentication-Results (RFC 8601 2.2), with a result for each check that has one there; false where none
 * has, or authserv_id is not set: nothing is written then.
 */
bool headers_auth_results(const struct policy *policy, const struct session *session,
			  const struct judgement *judgement, struct buf *out);

/* The value of Received-SPF for a check of SPF whose setting header says so; false: none is written. */
bool headers_received_spf(const struct session *session, const struct judgement *judgement,
			  const struct check *check, struct buf *out);

/* RFC 8601 5: does this header of a message claim to be one of ours? */
bool headers_are_forged(const struct policy *policy, const char *name, const char *value);

#endif
