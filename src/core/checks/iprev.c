/* SPDX-License-Identifier: BSD-2-Clause */
/* iprev: has the client a name in reverse DNS that leads back to its address? */
#include "core/checks/iprev.h"

#include "core/checks/table.h"
#include "core/reverse.h"

static const struct reason no_ptr = { "no_ptr", "the address has no PTR record", "RFC 8601 2.7.3" };
static const struct reason ptr_unusable = {
	"ptr_unusable", "no name in the PTR records is one that a host can have", "RFC 8601 2.7.3"
};
static const struct reason not_confirmed = {
	"not_confirmed", "no PTR name has the client's address among its own", "RFC 8601 2.7.3"
};
static const struct reason mta_told_nothing = {
	"mta_told_nothing", "the MTA did not say what became of reverse DNS", NULL
};
static const struct reason mta_temporary = {
	"mta_temporary", "the MTA met a temporary error of DNS", "RFC 8601 2.7.3"
};

static const char *const sources[] = { [IPREV_BY_DNS] = "dns", [IPREV_BY_MTA] = "mta", NULL };

bool iprev_asks_mta(const struct check_settings *settings)
{
	return settings->words[IPREV_DNS_SOURCE] == IPREV_BY_MTA;
}

static struct finding eval_by_mta(const struct session *session)
{
	if (session->client_name.presence == PRESENCE_KNOWN)
		return finding(RESULT_PASS, NULL);
	switch (session->client_resolve) {
	case RESOLVE_OK:	return finding(RESULT_PASS, NULL);
	case RESOLVE_FAIL:	return finding(RESULT_NO_PTR, &no_ptr);
	case RESOLVE_FORGED:	return finding(RESULT_FAIL, &not_confirmed);
	case RESOLVE_TEMP:	return finding(RESULT_TEMPERROR, &mta_temporary);
	case RESOLVE_UNKNOWN:	break;
	}
	return finding(RESULT_UNKNOWN, &mta_told_nothing);
}

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	struct reverse reverse;

	(void)settings;
	if (context->facts->reverse_by_mta)
		return eval_by_mta(context->session);
	reverse_confirm(context, &reverse);
	if (reverse.confirmed) {
		wanted_reset(context, reverse.mark);
		return finding(RESULT_PASS, NULL);
	}
	if (!dns_is_certain(reverse.ptr.status))
		return finding_without_answer(reverse.ptr.status);
	if (reverse.ptr.count == 0)
		return finding(RESULT_NO_PTR, reverse.ptr.unusable_count > 0 ? &ptr_unusable : &no_ptr);
	if (!dns_is_certain(reverse.forward))
		return finding_without_answer(reverse.forward);
	return finding(RESULT_FAIL, &not_confirmed);
}

static const struct outcome outcomes[] = {
	{ .result = RESULT_NO_PTR,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_REJECT },
	  .reply = "550 5.7.25 Client address has no reverse DNS ({id})" },
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TEMPFAIL },
	  .reply = "450 4.7.25 Reverse DNS of client is not confirmed ({id})" },
	{ .result = RESULT_TEMPERROR,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG },
	  .reply = "451 4.7.25 Temporary error looking up reverse DNS ({id})" },
};

static const struct parameter parameters[] = {
	[IPREV_DNS_SOURCE] = { .key = "dns_source", .kind = PARAMETER_WORD, .words = sources,
			       .help = "dns: asks DNS; mta: takes the MTA's word, {client_resolve}" },
};

static const char *const facts[] = { "client", "client_name", "client_ptr", NULL };

const struct check check_iprev = {
	.name = "iprev",
	.id = CHECK_IPREV,
	.stage = STAGE_CONNECT,
	.dns = true,
	.question = "does a PTR name of the client lead back to its address?",
	.clause = "RFC 8601 2.7.3, 3",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	CHECK_PARAMETERS(parameters),
	.manual =
		"pass: one of the names in the PTR records (the first ten are tried, side by side) has the client's address. "
		"no_ptr: no PTR record, or none whose name a host can have. fail: names, but none is confirmed. temperror: DNS "
		"did not say. dns_source: mta saves the questions and takes the MTA's word, which is not always true: both MTAs "
		"try the first name only; Postfix says FAIL for a malformed or numeric name too, and for every client where "
		"smtpd_peername_lookup is off; Sendmail says FORGED when the name's own address cannot be had for the moment.",
	.false_positives =
		"some 5 % of wanted mail came from addresses without PTR in old figures; hosts behind address translation; large "
		"senders whose reverse zones lag. Look at the log first.",
	.example =
		"checks:\n"
		"  iprev: { no_ptr: reject, fail: tag, temperror: tempfail }\n",
	.eval = eval,
};
