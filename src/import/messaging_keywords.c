/* SPDX-License-Identifier: BSD-2-Clause */
/* The keywords of channels, a row for each: what a policy says instead. */
#include "import/messaging_keywords.h"

#include <strings.h>

#define NO_LABELS "neither MTA labels text that names no character set, and a milter that did would break signatures"

static const struct messaging_keyword keywords[] = {
	{ "mailfromdnsverify", KEYWORD_CHECK, "mail_from_dns", { "fail: reject", "blocked: reject", "temperror: tempfail" } },
	{ "nomailfromdnsverify", KEYWORD_NOTHING, NULL, { NULL } },
	{ "spfhelo", KEYWORD_CHECK, "spf_helo", { "fail: reject", "temperror: tempfail" } },
	{ "spfmailfrom", KEYWORD_CHECK, "spf_mail_from", { "fail: reject", "temperror: tempfail" } },
	{ "spfrcptto", KEYWORD_CHECK, "spf_mail_from", { "fail: reject", "temperror: tempfail" } },
	{ "spfnone", KEYWORD_NOTHING, NULL, { NULL } },
	{ "ehlo", KEYWORD_OUTBOUND, NULL, { "greeting: ehlo" } },
	{ "noehlo", KEYWORD_OUTBOUND, NULL, { "greeting: noehlo" } },
	{ "checkehlo", KEYWORD_OUTBOUND, NULL, { "greeting: checkehlo" } },
	{ "streaming", KEYWORD_OUTBOUND_NUMBER, NULL, { "streaming" } },
	{ "eightnegotiate", KEYWORD_OUTBOUND, NULL, { "eight_bit: negotiate" } },
	{ "eightbit", KEYWORD_OUTBOUND, NULL, { "eight_bit: eight" } },
	{ "sevenbit", KEYWORD_OUTBOUND, NULL, { "eight_bit: seven" } },
	{ "sendetrn", KEYWORD_OUTBOUND, NULL, { "etrn: true" } },
	{ "nosendetrn", KEYWORD_OUTBOUND, NULL, { "etrn: false" } },
	{ "refuseehlo", KEYWORD_COMMAND, NULL, { "ehlo: refuse" } },
	{ "vrfyallow", KEYWORD_COMMAND, NULL, { "vrfy: allow" } },
	{ "vrfyhide", KEYWORD_COMMAND, NULL, { "vrfy: hide" } },
	{ "vrfydefault", KEYWORD_COMMAND, NULL, { "vrfy: default" } },
	{ "expnallow", KEYWORD_COMMAND, NULL, { "expn: allow" } },
	{ "expndisable", KEYWORD_COMMAND, NULL, { "expn: disable" } },
	{ "expndefault", KEYWORD_COMMAND, NULL, { "expn: default" } },
	{ "allowetrn", KEYWORD_COMMAND, NULL, { "etrn: allow" } },
	{ "blocketrn", KEYWORD_COMMAND, NULL, { "etrn: block" } },
	{ "disableetrn", KEYWORD_COMMAND, NULL, { "etrn: disable" } },
	{ "silentetrn", KEYWORD_COMMAND, NULL, { "etrn: silent" } },
	{ "domainetrn", KEYWORD_COMMENT, NULL, { "name the domains: etrn: domain, with etrn_domains" } },
	{ "smtp_crlf", KEYWORD_COMMAND, NULL, { "line_endings: crlf" } },
	{ "smtp_crorlf", KEYWORD_COMMAND, NULL, { "line_endings: lenient" } },
	{ "smtp_lf", KEYWORD_COMMAND, NULL, { "line_endings: lenient" } },
	{ "eightstrict", KEYWORD_COMMAND, NULL, { "eight_bit_headers: reject" } },
	{ "smtp_cr", KEYWORD_COMMENT, NULL, { "no MTA takes a bare CR for the end of a line" } },
	{ "nosmtp", KEYWORD_COMMENT, NULL, { "a policy cannot close a listener; take its service out of the MTA's configuration" } },
	{ "charset7", KEYWORD_COMMENT, NULL, { NO_LABELS } },
	{ "charset8", KEYWORD_COMMENT, NULL, { NO_LABELS } },
	{ "charsetesc", KEYWORD_COMMENT, NULL, { NO_LABELS } },
	{ "submit", KEYWORD_SUBMIT, NULL, { NULL } },
	{ "maysaslserver", KEYWORD_LOGIN, NULL, { NULL } },
	{ "mustsaslserver", KEYWORD_LOGIN, NULL, { NULL } },
	{ "identnone", KEYWORD_NOTHING, NULL, { NULL } },
	{ "identnonelimited", KEYWORD_NOTHING, NULL, { NULL } },
	{ "identnonenumeric", KEYWORD_NOTHING, NULL, { NULL } },
	{ "identnonesymbolic", KEYWORD_NOTHING, NULL, { NULL } },
	{ "identtcp", KEYWORD_COMMENT, NULL, { "no MTA asks ident any more; the name of the client is iprev's affair" } },
	{ "identtcplimited", KEYWORD_COMMENT, NULL, { "no MTA asks ident any more; the name of the client is iprev's affair" } },
	{ "identtcpnumeric", KEYWORD_COMMENT, NULL, { "no MTA asks ident any more; the name of the client is iprev's affair" } },
	{ "identtcpsymbolic", KEYWORD_COMMENT, NULL, { "no MTA asks ident any more; the name of the client is iprev's affair" } },
	{ "domainvrfy", KEYWORD_COMMENT, NULL, { "neither MTA sends VRFY" } },
	{ "localvrfy", KEYWORD_COMMENT, NULL, { "neither MTA sends VRFY" } },
	{ "novrfy", KEYWORD_NOTHING, NULL, { NULL } },
};

const struct messaging_keyword *messaging_keyword_find(const char *word)
{
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (strcasecmp(word, keywords[i].word) == 0)
			return &keywords[i];
	return NULL;
}

static void describe_keyword(const struct messaging_keyword *keyword, import_tell *tell, void *context)
{
	static const char *const any_number[] = { "streaming: 0 to 3", NULL };

	switch (keyword->kind) {
	case KEYWORD_CHECK: import_tell_settings(tell, context, keyword->word, keyword->check, keyword->settings); break;
	case KEYWORD_COMMAND: import_tell_settings(tell, context, keyword->word, "commands", keyword->settings); break;
	case KEYWORD_OUTBOUND: import_tell_settings(tell, context, keyword->word, "outbound", keyword->settings); break;
	case KEYWORD_OUTBOUND_NUMBER: import_tell_settings(tell, context, keyword->word, "outbound", any_number); break;
	case KEYWORD_SUBMIT: tell(context, keyword->word, "match: { daemon_port: 587 }"); break;
	case KEYWORD_LOGIN: tell(context, keyword->word, "nothing: clients that have logged in are exempt"); break;
	case KEYWORD_NOTHING: tell(context, keyword->word, "nothing: it is so without"); break;
	case KEYWORD_COMMENT: tell(context, keyword->word, keyword->settings[0]); break;
	}
}

void messaging_keywords_describe(import_tell *tell, void *context)
{
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		describe_keyword(&keywords[i], tell, context);
}
