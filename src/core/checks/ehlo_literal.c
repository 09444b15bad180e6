/* SPDX-License-Identifier: BSD-2-Clause */
/* ehlo_literal: does an address literal in the greeting equal the client's address? */
#include "core/checks/table.h"

static const struct reason other_address = {
	"other_address", "the literal is not the client's address", "RFC 5321 4.1.3"
};

static bool is_literal(const struct ehlo_name *name)
{
	return name->kind == EHLO_IPV4_LITERAL || name->kind == EHLO_IPV6_LITERAL;
}

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	const struct session *session = context->session;
	const struct ehlo_name *name = &context->facts->ehlo;

	(void)settings;
	if (session->ehlo.presence == PRESENCE_UNKNOWN)
		return finding(RESULT_UNKNOWN, NULL);
	if (session->ehlo.presence == PRESENCE_NONE || !is_literal(name))
		return finding(RESULT_NONE, NULL);
	switch (session->client.presence) {
	case PRESENCE_UNKNOWN:	return finding(RESULT_UNKNOWN, NULL);
	case PRESENCE_NONE:	return finding(RESULT_NONE, NULL);
	case PRESENCE_KNOWN:	break;
	}
	if (!ip_equal(&name->address, &session->client.value))
		return finding(RESULT_FAIL, &other_address);
	return finding(RESULT_PASS, NULL);
}

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_LOG, [PROFILE_STRICT] = ACTION_TAG } },
};

static const char *const facts[] = { "ehlo", "client", NULL };

const struct check check_ehlo_literal = {
	.name = "ehlo_literal",
	.id = CHECK_EHLO_LITERAL,
	.stage = STAGE_EHLO,
	.question = "does an address literal equal the client's address?",
	.clause = "RFC 5321 4.1.3, 4.1.4",
	.never_refuses = "RFC 5321 4.1.4",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	.manual =
		"Compared by value: octets are decimal, an IPv4 address mapped into IPv6 is that IPv4 address. RFC 5321 4.1.4 "
		"forbids to refuse mail because the name does not match the client, so reject and tempfail are errors here.",
	.false_positives =
		"every client behind NAT.",
	.example =
		"checks:\n"
		"  ehlo_literal: tag\n",
	.eval = eval,
};
