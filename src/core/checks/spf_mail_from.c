/* SPDX-License-Identifier: BSD-2-Clause */
/* spf_mail_from: does the sender's domain let the client send for it (RFC 7208 2.4)? */
#include "core/checks/spf.h"

static const struct reason literal = { "literal", "an address literal has no record", "RFC 7208 4.3" };
static const struct reason no_domain = { "no_domain", "only a local part: there is no record to ask for", NULL };
static const struct reason invalid = { "invalid", "no domain can be read in the reverse-path", "RFC 5321 4.1.2" };

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	const struct mailbox *sender = &context->facts->sender;
	struct finding finding_r;

	(void)settings;
	if (context->session->sender.presence != PRESENCE_KNOWN)
		return finding(context->session->sender.presence == PRESENCE_NONE ? RESULT_NONE : RESULT_UNKNOWN, NULL);
	if (spf_has_no_client(context, &finding_r))
		return finding_r;
	switch (sender->kind) {
	case MAILBOX_NULL:	return spf_eval_greeting(context, IDENTITY_MAIL_FROM);
	case MAILBOX_LITERAL:	return finding(RESULT_NONE, &literal);
	case MAILBOX_NO_DOMAIN:	return finding(RESULT_NONE, &no_domain);
	case MAILBOX_INVALID:
		if (sender->domain[0] == '\0')
			return finding(RESULT_NONE, &invalid);
		break;
	case MAILBOX_MAILBOX:	break;
	}
	return finding_of_spf(context, IDENTITY_MAIL_FROM);
}

static const struct outcome outcomes[] = SPF_OUTCOMES("", ": {client} for {sender_domain} ({id})");

static const char *const facts[] = { "sender", "sender_domain", "client", NULL };

const struct check check_spf_mail_from = {
	.name = "spf_mail_from",
	.id = CHECK_SPF_MAIL_FROM,
	.stage = STAGE_MAIL,
	.dns = true,
	.question = "does the SPF record of MAIL FROM's domain let the client send for it?",
	.clause = "RFC 7208 2.4",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	CHECK_PARAMETERS(spf_parameters),
	.manual =
		"SPF for the domain of MAIL FROM; the null sender stands for postmaster@NAME of the greeting, and is never "
		"refused by it: its action is at most tag, whatever the policy says (RFC 5321 4.5.5). none: no record, a literal, "
		"no domain. permerror: a record that cannot be read, or that takes too many questions; temperror: DNS did not "
		"say.",
	.false_positives =
		"every forwarder that keeps the sender breaks it. DMARC decides later with DKIM beside it; so a fail is tagged, "
		"not rejected, in profile standard. Exempt known forwarders.",
	.example =
		"checks:\n"
		"  spf_mail_from: { fail: tag, softfail: tag, header: received_spf }\n"
		"exempt:\n"
		"  - { if: client in 192.0.2.7, skip: [spf_mail_from], reason: forwards for us }\n",
	.eval = eval,
};
