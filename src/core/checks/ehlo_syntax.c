/* SPDX-License-Identifier: BSD-2-Clause */
/* ehlo_syntax: is the greeting's argument a domain or an address literal? */
#include "core/checks/table.h"

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	const struct ehlo_name *name = &context->facts->ehlo;

	(void)settings;
	if (context->session->ehlo.presence == PRESENCE_UNKNOWN)
		return finding(RESULT_UNKNOWN, NULL);
	if (context->session->ehlo.presence == PRESENCE_NONE)
		return finding(RESULT_NONE, NULL);
	switch (name->syntax) {
	case NAME_PASS:		return finding(RESULT_PASS, name->reason);
	case NAME_SOFTFAIL:	return finding(RESULT_SOFTFAIL, name->reason);
	case NAME_FAIL:		return finding(RESULT_FAIL, name->reason);
	}
	return finding(RESULT_UNKNOWN, NULL);
}

#define SYNTAX_REPLY "550 5.5.4 Invalid HELO/EHLO name, RFC 5321 4.1.1.1 ({id})"

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_REJECT, [PROFILE_STRICT] = ACTION_REJECT,
		       [PROFILE_SUBMISSION] = ACTION_LOG },
	  .reply = SYNTAX_REPLY },
	{ .result = RESULT_SOFTFAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_REJECT },
	  .reply = SYNTAX_REPLY },
};

static const char *const facts[] = { "ehlo", NULL };

const struct check check_ehlo_syntax = {
	.name = "ehlo_syntax",
	.id = CHECK_EHLO_SYNTAX,
	.stage = STAGE_EHLO,
	.question = "is the name a domain or an address literal?",
	.clause = "RFC 5321 4.1.1.1, 4.1.2, 4.1.3",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	.manual =
		"fail: empty, control or 8-bit bytes, empty labels, labels over 63 or names over 253 octets, characters other "
		"than letters, digits and hyphens, broken or unknown literals, an all-digit last label. softfail: the intent is "
		"plain but the form is wrong: a bare address, an IPv6 literal without its tag, a hyphen at a label's edge, text "
		"after a literal. Tolerated: underscores, one trailing dot, leading zeros in a literal, [IPv6: in any case.",
	.false_positives =
		"phones and small devices send bare or untagged addresses; Windows hosts with umlauts in their names. Hence "
		"softfail is only tagged in profile standard.",
	.example =
		"checks:\n"
		"  ehlo_syntax: { fail: reject, softfail: log }\n",
	.eval = eval,
};
