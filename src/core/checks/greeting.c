/* SPDX-License-Identifier: BSD-2-Clause */
/* greeting: was there any HELO or EHLO before MAIL? */
#include "core/checks/table.h"

static const struct reason no_greeting = {
	"no_greeting", "MAIL came without HELO or EHLO", "RFC 5321 4.1.4"
};

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	const struct session *session = context->session;

	(void)settings;
	if (session->sender.presence == PRESENCE_NONE)	/* connect and quit is no finding */
		return finding(RESULT_NONE, NULL);
	/* A log may tell of a greeting without its name. */
	if (session->verb == VERB_EHLO || session->verb == VERB_HELO)
		return finding(RESULT_PASS, NULL);
	switch (session->ehlo.presence) {
	case PRESENCE_UNKNOWN:	return finding(RESULT_UNKNOWN, NULL);
	case PRESENCE_NONE:	return finding(RESULT_FAIL, &no_greeting);
	case PRESENCE_KNOWN:	return finding(RESULT_PASS, NULL);
	}
	return finding(RESULT_UNKNOWN, NULL);
}

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_REJECT, [PROFILE_STRICT] = ACTION_REJECT,
		       [PROFILE_SUBMISSION] = ACTION_REJECT },
	  .reply = "503 5.5.1 Send HELO/EHLO first ({id})" },
};

static const char *const facts[] = { "ehlo", NULL };

const struct check check_greeting = {
	.name = "greeting",
	.id = CHECK_GREETING,
	.stage = STAGE_MAIL,
	.question = "was there any HELO or EHLO before MAIL?",
	.clause = "RFC 5321 4.1.1.1, 4.1.4",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	.manual =
		"A client must introduce itself before it sends mail. Every mail server does; some scripts and scanners do not. "
		"The MTA can ask for it earlier: smtpd_helo_required = yes (Postfix), PrivacyOptions needmailhelo (Sendmail). A "
		"client that greets before STARTTLS and not again after it counts as greeted.",
	.false_positives =
		"home-made scripts and devices of one's own; exempt their networks.",
	.example =
		"checks:\n"
		"  greeting: tempfail\n",
	.eval = eval,
};
