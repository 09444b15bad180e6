/* SPDX-License-Identifier: BSD-2-Clause */
/* ehlo_resolves: has the name of the greeting an address or MX record? */
#include "core/checks/table.h"

static const struct reason no_such_name = { "nxdomain", "the name does not exist", "RFC 5321 2.3.5" };
static const struct reason no_records = {
	"no_records", "the name has neither address nor MX record", "RFC 5321 2.3.5"
};
static const struct reason no_name = { "no_name", "not a name of two labels or more: nothing to look up", NULL };

/* The address first: the MX record is asked for only where there is none. */
static struct finding judge(const struct context *context, const char *name)
{
	const struct dns_answer *v4 = dns_lookup(context, name, DNS_A);
	const struct dns_answer *v6 = dns_lookup(context, name, DNS_AAAA);
	const struct dns_answer *mx;

	if (v4->status == DNS_NOERROR || v6->status == DNS_NOERROR)
		return finding(RESULT_PASS, NULL);
	if (v4->status == DNS_NXDOMAIN || v6->status == DNS_NXDOMAIN)
		return finding(RESULT_FAIL, &no_such_name);
	if (v4->status == DNS_UNKNOWN || v6->status == DNS_UNKNOWN)
		return finding_without_answer(DNS_UNKNOWN);
	mx = dns_lookup(context, name, DNS_MX);
	if (mx->status == DNS_NOERROR)
		return finding(RESULT_PASS, NULL);
	if (!dns_is_certain(mx->status))
		return finding_without_answer(mx->status);
	if (!dns_is_certain(v4->status) || !dns_is_certain(v6->status))
		return finding_without_answer(dns_worse(v4->status, v6->status));
	return finding(RESULT_FAIL, &no_records);
}

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	const struct session *session = context->session;

	(void)settings;
	if (session->ehlo.presence == PRESENCE_UNKNOWN)
		return finding(RESULT_UNKNOWN, NULL);
	if (session->ehlo.presence == PRESENCE_NONE)
		return finding(RESULT_NONE, NULL);
	if (context->facts->ehlo.kind != EHLO_FQDN)
		return finding(RESULT_NONE, &no_name);
	return judge(context, session->ehlo.value);
}

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_LOG, [PROFILE_STRICT] = ACTION_TAG },
	  .reply = "450 4.7.1 HELO/EHLO name has no address or MX record ({id})" },
	{ .result = RESULT_TEMPERROR,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG },
	  .reply = "451 4.4.3 Temporary error looking up HELO/EHLO name ({id})" },
};

static const char *const facts[] = { "ehlo", "ehlo_kind", NULL };

const struct check check_ehlo_resolves = {
	.name = "ehlo_resolves",
	.id = CHECK_EHLO_RESOLVES,
	.stage = STAGE_EHLO,
	.dns = true,
	.question = "has the name an address or MX record?",
	.clause = "RFC 5321 2.3.5",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	.manual =
		"Names in SMTP should be resolvable: pass with an A, AAAA or MX record (a null MX too), fail where DNS says that "
		"there is none. Literals and single labels are not looked up.",
	.false_positives =
		"many. A third of wanted mail failed it in 2004; companies greet with internal names to this day. Good for a "
		"header that a spam filter reads, hardly for a refusal.",
	.example =
		"checks:\n"
		"  ehlo_resolves: { fail: tag, temperror: log }\n",
	.eval = eval,
};
