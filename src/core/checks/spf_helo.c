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

static const struct outcome outcomes[] = SPF_OUTCOMES(" for HELO identity", ": {client} for {ehlo} ({id})");

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
		"SPF for the name of the greeting, as postmaster@NAME. Forwarding does not break it, so a fail means a client "
		"that borrows a name, or a wrong record. none: no record, or no name to ask for. permerror: a record that cannot "
		"be read; temperror: DNS did not say.",
	.false_positives =
		"hosts that a record forgot; look at a dry run before rejecting.",
	.example =
		"checks:\n"
		"  spf_helo: { fail: reject, softfail: tag }\n",
	.eval = eval,
};
