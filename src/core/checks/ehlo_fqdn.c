/* SPDX-License-Identifier: BSD-2-Clause */
/* ehlo_fqdn: is the greeting's name fully qualified? */
#include "core/checks/table.h"

static const struct reason single_label = {
	"single_label", "the name has only one label", "RFC 5321 2.3.5"
};

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	const struct ehlo_name *name = &context->facts->ehlo;

	(void)settings;
	if (context->session->ehlo.presence == PRESENCE_UNKNOWN)
		return finding(RESULT_UNKNOWN, NULL);
	if (context->session->ehlo.presence == PRESENCE_NONE || name->syntax != NAME_PASS)
		return finding(RESULT_NONE, NULL);
	if (name->kind == EHLO_UNQUALIFIED)
		return finding(RESULT_FAIL, &single_label);
	return finding(RESULT_PASS, NULL);
}

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_REJECT, [PROFILE_STRICT] = ACTION_REJECT },
	  .reply = "550 5.5.4 HELO/EHLO name is not fully qualified, RFC 5321 2.3.5 ({id})" },
};

static const char *const facts[] = { "ehlo", "ehlo_kind", NULL };

const struct check check_ehlo_fqdn = {
	.name = "ehlo_fqdn",
	.id = CHECK_EHLO_FQDN,
	.stage = STAGE_EHLO,
	.question = "is the name fully qualified?",
	.clause = "RFC 5321 2.3.5, 4.1.1.1",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	.manual =
		"At least two labels, one trailing dot not counted; address literals pass. Where ehlo_syntax does not pass there "
		"is nothing to judge (none). localhost fails; localhost.localdomain passes here, ehlo_own_name has it.",
	.false_positives =
		"mail programs on desktops, containers. Never use it on submission: Outlook and Windows send host names there.",
	.example =
		"checks:\n"
		"  ehlo_fqdn: { fail: reject, enforce_percent: 10 }\n",
	.eval = eval,
};
