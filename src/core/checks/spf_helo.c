/* SPDX-License-Identifier: BSD-2-Clause */
/* spf_helo: does the greeting's domain let the client use it (RFC 7208 2.3)? */
#include "core/checks/spf.h"

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	struct finding finding;

	(void)settings;
	if (spf_has_no_client(context, &finding))
		return finding;
	return spf_eval_greeting(context, IDENTITY_HELO);
}

#define WHO ": {client} for {ehlo} ({id})"
#define FAIL_REPLY "550 5.7.23 SPF validation failed for HELO identity, "

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_REJECT },
	  .reply = FAIL_REPLY "fail" WHO },
	{ .result = RESULT_SOFTFAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG },
	  .reply = FAIL_REPLY "softfail" WHO },
	{ .result = RESULT_NEUTRAL,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG },
	  .reply = FAIL_REPLY "neutral" WHO },
	{ .result = RESULT_PERMERROR,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG },
	  .reply = "550 5.7.24 SPF record error for HELO identity, permerror" WHO },
	{ .result = RESULT_TEMPERROR,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG },
	  .reply = "451 4.7.24 Temporary SPF error for HELO identity, temperror" WHO },
};

static const char *const facts[] = { "ehlo", "client", NULL };

const struct check check_spf_helo = {
	.name = "spf_helo",
	.id = CHECK_SPF_HELO,
	.stage = STAGE_EHLO,
	.dns = true,
	.question = "does the name's SPF record let the client use it?",
	.clause = "RFC 7208 2.3",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	CHECK_PARAMETERS(spf_parameters),
	.manual =
		"SPF for the name of the greeting, as postmaster@NAME. Forwarding does not break it, so a fail\n"
		"means a client that borrows a name, or a wrong record. none: no record, or no name to ask for.\n"
		"permerror: a record that cannot be read; temperror: DNS did not say.\n"
		"False positives: hosts that a record forgot; look at a dry run before rejecting.",
	.eval = eval,
};
