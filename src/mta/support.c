/* SPDX-License-Identifier: BSD-2-Clause */
/* What each MTA can be made to do.  Each row was run: t/mta; the manual holds them all: t/unit/support.c. */
#include "mta/support.h"

#define LINE(text) { SUPPORT_LINE, text }
#define ITSELF(text) { SUPPORT_ITSELF, text }
#define MILTER(text) { SUPPORT_MILTER, text }
#define NEVER(text) { SUPPORT_NEVER, text }

#define BY_MILTER { \
	[VALUE_ACCEPT] = MILTER("the milter lets them pass"), \
	[VALUE_REJECT] = MILTER("the milter refuses them"), \
}

/* --- Postfix --- */

#define DISCARD(keyword) { \
	[VALUE_TRUE] = LINE("smtpd_discard_ehlo_keywords without " keyword), \
	[VALUE_FALSE] = LINE("smtpd_discard_ehlo_keywords = silent-discard, " keyword), \
}
#define POSTFIX_HAS_NONE { \
	[VALUE_TRUE] = NEVER("Postfix does not have this extension"), \
	[VALUE_FALSE] = ITSELF("Postfix does not have this extension"), \
}

static const struct support postfix[COMMAND_COUNT][VALUE_COUNT] = {
	[COMMAND_VRFY] = {
		[VALUE_ALLOW] = LINE("disable_vrfy_command = no"),
		[VALUE_HIDE] = LINE("smtpd_command_filter: /^VRFY[[:space:]]+[^[:space:]].*$/ VRFY postmaster; "
				    "smtpd_discard_ehlo_keywords = silent-discard, vrfy"),
	},
	[COMMAND_EXPN] = {
		[VALUE_ALLOW] = NEVER("Postfix does not have EXPN: it is an unknown command"),
		[VALUE_DISABLE] = LINE("smtpd_command_filter: /^EXPN[[:space:]]+[^[:space:]].*$/ VRFY postmaster"),
	},
	[COMMAND_ETRN] = {
		[VALUE_ALLOW] = LINE("smtpd_etrn_restrictions ="),
		[VALUE_DOMAIN] = LINE("smtpd_etrn_restrictions = check_etrn_access regexp:FILE, reject"),
		[VALUE_SILENT] = LINE("smtpd_discard_ehlo_keywords = silent-discard, etrn; smtpd_etrn_restrictions ="),
		[VALUE_BLOCK] = LINE("smtpd_etrn_restrictions = reject"),
		[VALUE_DISABLE] = LINE("smtpd_discard_ehlo_keywords = silent-discard, etrn; "
				       "smtpd_etrn_restrictions = reject"),
	},
	[COMMAND_HELO] = {
		[VALUE_ALLOW] = ITSELF("no rule of smtpd_command_filter refuses HELO"),
		[VALUE_REFUSE] = LINE("smtpd_command_filter: /^HELO([[:space:]].*)?$/ X-EHLO-REQUIRED"),
	},
	[COMMAND_EHLO] = {
		[VALUE_ALLOW] = ITSELF("no rule of smtpd_command_filter refuses EHLO"),
		[VALUE_REFUSE] = LINE("smtpd_command_filter: /^EHLO([[:space:]].*)?$/ X-HELO-ONLY"),
	},
	[COMMAND_LINE_ENDINGS] = {
		[VALUE_CRLF] = LINE("smtpd_forbid_bare_newline = reject; smtpd_forbid_bare_newline_exclusions ="),
		[VALUE_LENIENT] = LINE("smtpd_forbid_bare_newline = no"),
	},
	[COMMAND_EIGHT_BIT_HEADERS] = BY_MILTER,
	[COMMAND_PIPELINING] = DISCARD("pipelining"),
	[COMMAND_CHUNKING] = DISCARD("chunking"),
	[COMMAND_DSN] = DISCARD("dsn"),
	[COMMAND_VRFY_KEYWORD] = DISCARD("vrfy"),
	[COMMAND_ETRN_KEYWORD] = DISCARD("etrn"),
	[COMMAND_SMTPUTF8] = DISCARD("smtputf8"),
	[COMMAND_8BITMIME] = DISCARD("8bitmime"),
	[COMMAND_SIZE] = DISCARD("size"),
	[COMMAND_STARTTLS] = DISCARD("starttls"),
	[COMMAND_AUTH] = DISCARD("auth"),
	[COMMAND_REQUIRETLS] = DISCARD("reqtls"),
	[COMMAND_NO_SOLICITING] = POSTFIX_HAS_NONE,
	[COMMAND_FUTURE_RELEASE] = POSTFIX_HAS_NONE,
	[COMMAND_DELIVER_BY] = POSTFIX_HAS_NONE,
	[COMMAND_MT_PRIORITY] = POSTFIX_HAS_NONE,
};

/* --- Sendmail --- */

#define FEATURE(on, off) { [VALUE_TRUE] = LINE("Local_srv_features: " on), \
			   [VALUE_FALSE] = LINE("Local_srv_features: " off) }
#define SENDMAIL_HAS_NONE { \
	[VALUE_TRUE] = NEVER("Sendmail does not have this extension"), \
	[VALUE_FALSE] = ITSELF("Sendmail does not have this extension"), \
}
#define ALWAYS_LISTED { \
	[VALUE_TRUE] = ITSELF("Sendmail always lists it"), \
	[VALUE_FALSE] = NEVER("Sendmail always lists it: compiled in"), \
}

static const struct support sendmail[COMMAND_COUNT][VALUE_COUNT] = {
	[COMMAND_VRFY] = {
		[VALUE_ALLOW] = LINE("check_vrfy: OK; PrivacyOptions without novrfy and goaway"),
		[VALUE_HIDE] = LINE("check_vrfy: 252 2.5.2; PrivacyOptions without novrfy and goaway"),
	},
	[COMMAND_EXPN] = {
		[VALUE_ALLOW] = LINE("check_expn: OK; Local_srv_features: x"),
		[VALUE_DISABLE] = LINE("check_expn: 252 2.5.2; Local_srv_features: x, else Sendmail answers 502 itself"),
	},
	[COMMAND_ETRN] = {
		[VALUE_ALLOW] = LINE("check_etrn: OK; Local_srv_features: e"),
		[VALUE_DOMAIN] = LINE("check_etrn: OK for the domains, else 554 5.7.1; Local_srv_features: e"),
		[VALUE_SILENT] = NEVER("Sendmail lists ETRN wherever it does it"),
		[VALUE_BLOCK] = LINE("check_etrn: 554 5.7.1; Local_srv_features: e"),
		[VALUE_DISABLE] = LINE("Local_srv_features: E"),
	},
	[COMMAND_HELO] = {
		[VALUE_ALLOW] = ITSELF("no ruleset refuses HELO"),
		[VALUE_REFUSE] = LINE("Local_check_mail: 503 5.5.1 where macro r is SMTP, at MAIL"),
	},
	[COMMAND_EHLO] = {
		[VALUE_ALLOW] = ITSELF("no ruleset can refuse EHLO"),
		[VALUE_REFUSE] = NEVER("no ruleset can refuse EHLO; single extensions can be switched off"),
	},
	[COMMAND_LINE_ENDINGS] = {
		[VALUE_CRLF] = LINE("Local_srv_features: o g u (Sendmail 8.18, or a backport of it)"),
		[VALUE_LENIENT] = LINE("Local_srv_features: O G U (Sendmail 8.18, or a backport of it)"),
	},
	[COMMAND_EIGHT_BIT_HEADERS] = BY_MILTER,
	[COMMAND_PIPELINING] = FEATURE("p", "P"),
	[COMMAND_CHUNKING] = SENDMAIL_HAS_NONE,
	[COMMAND_DSN] = FEATURE("d", "D"),
	[COMMAND_VRFY_KEYWORD] = {
		[VALUE_TRUE] = NEVER("Sendmail does VRFY, but has no keyword for it"),
		[VALUE_FALSE] = ITSELF("Sendmail has no keyword for VRFY"),
	},
	[COMMAND_ETRN_KEYWORD] = FEATURE("e", "E"),
	[COMMAND_SMTPUTF8] = {
		[VALUE_TRUE] = NEVER("it needs a Sendmail built with EAI"),
		[VALUE_FALSE] = ITSELF("it needs a Sendmail built with EAI"),
	},
	[COMMAND_8BITMIME] = ALWAYS_LISTED,
	[COMMAND_SIZE] = ALWAYS_LISTED,
	[COMMAND_STARTTLS] = FEATURE("s", "S"),
	[COMMAND_AUTH] = FEATURE("a", "A"),
	[COMMAND_REQUIRETLS] = SENDMAIL_HAS_NONE,
	[COMMAND_NO_SOLICITING] = SENDMAIL_HAS_NONE,
	[COMMAND_FUTURE_RELEASE] = SENDMAIL_HAS_NONE,
	[COMMAND_DELIVER_BY] = {
		[VALUE_TRUE] = LINE("confDELIVER_BY_MIN 0, for all listeners"),
		[VALUE_FALSE] = LINE("confDELIVER_BY_MIN -1, for all listeners"),
	},
	[COMMAND_MT_PRIORITY] = SENDMAIL_HAS_NONE,
};

const struct support *support_of(enum mta mta, enum command_id id, enum command_value value)
{
	return mta == MTA_POSTFIX ? &postfix[id][value] : &sendmail[id][value];
}

/* --- the MTA's own client --- */

#define OUTBOUND_VALUES_MAX 4
#define NEVER_SENDS { \
	[0] = ITSELF("its client never sends ETRN"), \
	[1] = NEVER("its client never sends ETRN; a job can speak it to the other server"), \
}

static const struct support postfix_outbound[OUTBOUND_COUNT][OUTBOUND_VALUES_MAX] = {
	[OUTBOUND_GREETING] = {
		[GREETING_EHLO] = LINE("smtp_always_send_ehlo = yes; smtp_never_send_ehlo = no"),
		[GREETING_NOEHLO] = LINE("smtp_never_send_ehlo = yes"),
		[GREETING_CHECKEHLO] = LINE("smtp_always_send_ehlo = no; smtp_never_send_ehlo = no"),
	},
	[OUTBOUND_STREAMING] = {
		[0] = LINE("smtp_discard_ehlo_keywords = pipelining"),
		[1] = NEVER("Postfix pipelines MAIL, RCPT and DATA together, or nothing"),
		[2] = LINE("smtp_discard_ehlo_keywords without pipelining"),
		[3] = NEVER("Postfix waits for the replies to EHLO and RSET"),
	},
	[OUTBOUND_EIGHT_BIT] = {
		[EIGHT_BIT_NEGOTIATE] = LINE("disable_mime_output_conversion = no; "
					     "smtp_discard_ehlo_keywords without 8bitmime"),
		[EIGHT_BIT_SEVEN] = LINE("disable_mime_output_conversion = no; smtp_discard_ehlo_keywords = 8bitmime"),
		[EIGHT_BIT_EIGHT] = LINE("disable_mime_output_conversion = yes"),
	},
	[OUTBOUND_ETRN] = NEVER_SENDS,
};

static const struct support sendmail_outbound[OUTBOUND_COUNT][OUTBOUND_VALUES_MAX] = {
	[OUTBOUND_GREETING] = {
		[GREETING_EHLO] = LINE("mailer flag a"),
		[GREETING_NOEHLO] = LINE("mailer flag 2"),
		[GREETING_CHECKEHLO] = LINE("no mailer flag a"),
	},
	[OUTBOUND_STREAMING] = {
		[0] = NEVER("Sendmail pipelines RCPT wherever the server lists PIPELINING: compiled in"),
		[1] = ITSELF("Sendmail pipelines RCPT wherever the server lists PIPELINING"),
		[2] = NEVER("Sendmail waits for the reply to MAIL"),
		[3] = NEVER("Sendmail waits for the replies to EHLO, RSET and MAIL"),
	},
	[OUTBOUND_EIGHT_BIT] = {
		[EIGHT_BIT_NEGOTIATE] = LINE("no mailer flag 8"),
		[EIGHT_BIT_SEVEN] = LINE("mailer flag 7"),
		[EIGHT_BIT_EIGHT] = LINE("mailer flag 8"),
	},
	[OUTBOUND_ETRN] = NEVER_SENDS,
};

const struct support *support_of_outbound(enum mta mta, enum outbound_id id, unsigned value)
{
	return mta == MTA_POSTFIX ? &postfix_outbound[id][value] : &sendmail_outbound[id][value];
}
