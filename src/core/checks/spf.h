/* SPDX-License-Identifier: BSD-2-Clause */
/* What spf_helo and spf_mail_from have in common: when there is nothing to test, what can come of it, their setting. */
#ifndef CORE_CHECKS_SPF_H
#define CORE_CHECKS_SPF_H

#include "core/check.h"
#include "core/checks/table.h"

/* The parameter header, and its words. */
enum { SPF_HEADER };
enum { SPF_IN_AUTH_RESULTS, SPF_IN_RECEIVED_SPF };
extern const struct parameter spf_parameters[1];

/*
 * The outcomes of both: in profile strict a fail is refused, the others are tagged.  OF is " for HELO identity" or
 * nothing, WHO what replies end with (RFC 7372 3.2).
 */
#define SPF_OUTCOMES(OF, WHO) { \
	{ .result = RESULT_FAIL, \
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_REJECT }, \
	  .reply = "550 5.7.23 SPF validation failed" OF ", fail" WHO }, \
	{ .result = RESULT_SOFTFAIL, \
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG }, \
	  .reply = "550 5.7.23 SPF validation failed" OF ", softfail" WHO }, \
	{ .result = RESULT_NEUTRAL, \
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG }, \
	  .reply = "550 5.7.23 SPF validation failed" OF ", neutral" WHO }, \
	{ .result = RESULT_PERMERROR, \
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG }, \
	  .reply = "550 5.7.24 SPF record error" OF ", permerror" WHO }, \
	{ .result = RESULT_TEMPERROR, \
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG }, \
	  .reply = "451 4.7.24 Temporary SPF error" OF ", temperror" WHO }, \
}

/* None of the two identities can be tested: true with the finding that says why. */
bool spf_has_no_client(const struct context *context, struct finding *finding_r);

/* The identity postmaster@NAME of the greeting (RFC 7208 2.3, 2.4). */
struct finding spf_eval_greeting(const struct context *context, enum identity identity);

#endif
