/* SPDX-License-Identifier: BSD-2-Clause */
/* ehlo_verb: did the client say EHLO, not HELO? */
#include "core/checks/table.h"

static const struct reason helo_used = {
	"helo_used", "the client greeted with HELO", "RFC 5321 3.2"
};
static const struct reason not_told = {
	"not_told", "the MTA does not tell EHLO from HELO here", NULL
};

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	const struct session *session = context->session;

	(void)settings;
	if (session->sender.presence == PRESENCE_NONE)
		return finding(RESULT_NONE, NULL);
	if (session->ehlo.presence == PRESENCE_NONE)	/* greeting has this one */
		return finding(RESULT_NONE, NULL);
	switch (session->verb) {
	case VERB_UNKNOWN:	return finding(RESULT_UNKNOWN, &not_told);
	case VERB_NONE:		return finding(RESULT_NONE, NULL);
	case VERB_EHLO:		return finding(RESULT_PASS, NULL);
	case VERB_HELO:		return finding(RESULT_FAIL, &helo_used);
	}
	return finding(RESULT_UNKNOWN, &not_told);
}

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STRICT] = ACTION_LOG },
	  .reply = "503 5.5.1 Use EHLO ({id})" },
};

static const char *const facts[] = { "verb", NULL };

const struct check check_ehlo_verb = {
	.name = "ehlo_verb",
	.id = CHECK_EHLO_VERB,
	.stage = STAGE_MAIL,
	.question = "was the greeting EHLO, not HELO (where the MTA tells)?",
	.clause = "RFC 5321 3.2, 4.1.1.1",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	.manual =
		"Servers must support HELO (RFC 5321 3.2), so this is for information; refusing HELO is the administrator's own "
		"risk. Postfix does not tell a milter which verb was used, unless a static smtpd_command_filter marks HELO with a "
		"trailing dot (helo_marker: trailing_dot). Sendmail tells by macro r at MAIL; a good HELO that is followed by an "
		"EHLO with an invalid name, or by AUTH, looks like EHLO there.",
	.false_positives =
		"old devices, monitoring scripts, some printers.",
	.example =
		"checks:\n"
		"  ehlo_verb: log\n",
	.eval = eval,
};
