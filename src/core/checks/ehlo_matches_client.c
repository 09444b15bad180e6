/* SPDX-License-Identifier: BSD-2-Clause */
/* ehlo_matches_client: does the name of the greeting resolve to the client's address? */
#include "core/checks/table.h"

#include "base/name.h"
#include "core/reverse.h"

static const struct reason other_addresses = {
	"other_addresses", "the name has other addresses than the client's", "RFC 5321 4.1.4"
};
static const struct reason no_address = { "no_address", "the name has no address of the client's family",
					  "RFC 5321 4.1.4" };
static const struct reason no_name = { "no_name", "not a name of two labels or more: nothing to look up", NULL };

/* A name that the MTA has confirmed leads to the address; without DNS that is all there is to know. */
static bool is_confirmed_by_mta(const struct session *session)
{
	return session->client_name.presence == PRESENCE_KNOWN &&
	       domain_equal(session->client_name.value, session->ehlo.value);
}

static struct finding judge(const struct context *context)
{
	const struct session *session = context->session;
	const struct ip *client = &session->client.value;
	const struct dns_answer *answer;

	if (context->facts->reverse_by_mta && is_confirmed_by_mta(session))
		return finding(RESULT_PASS, NULL);
	answer = dns_lookup(context, session->ehlo.value, dns_type_of_address(client));
	if (!dns_is_certain(answer->status))
		return finding_without_answer(answer->status);
	if (dns_has_address(answer, client))
		return finding(RESULT_PASS, NULL);
	return finding(RESULT_FAIL, answer->count > 0 ? &other_addresses : &no_address);
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
	if (session->client.presence != PRESENCE_KNOWN)
		return finding(session->client.presence == PRESENCE_NONE ? RESULT_NONE : RESULT_UNKNOWN, NULL);
	return judge(context);
}

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_LOG, [PROFILE_STRICT] = ACTION_TAG } },
	{ .result = RESULT_TEMPERROR,
	  .actions = { [PROFILE_STANDARD] = ACTION_TAG, [PROFILE_STRICT] = ACTION_TAG } },
};

static const char *const facts[] = { "ehlo", "client", NULL };

const struct check check_ehlo_matches_client = {
	.name = "ehlo_matches_client",
	.id = CHECK_EHLO_MATCHES_CLIENT,
	.stage = STAGE_EHLO,
	.dns = true,
	.question = "does the name resolve to the client's address?",
	.clause = "RFC 5321 4.1.4",
	.never_refuses = "RFC 5321 4.1.4",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	.manual =
		"pass: the client's address is among those of the name. Mail must not be refused because it is not, so this check "
		"can tag, log and hold, but never refuse.",
	.false_positives =
		"four of ten wanted messages in 2004; large senders greet with one name from many addresses, by design.",
	.example =
		"checks:\n"
		"  ehlo_matches_client: { fail: tag, temperror: off }\n",
	.eval = eval,
};
