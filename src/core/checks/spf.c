/* SPDX-License-Identifier: BSD-2-Clause */
/* What spf_helo and spf_mail_from have in common. */
#include "core/checks/spf.h"

static const struct reason loopback = { "loopback", "the client is this host: SPF says nothing of it", NULL };
static const struct reason no_name = { "no_name", "not a name of two labels or more: it has no record",
				       "RFC 7208 2.3, 4.3" };

static const char *const headers[] = {
	[SPF_IN_AUTH_RESULTS] = "auth_results", [SPF_IN_RECEIVED_SPF] = "received_spf", NULL
};

const struct parameter spf_parameters[1] = {
	[SPF_HEADER] = { .key = "header", .kind = PARAMETER_WORD, .words = headers,
			 .help = "where the action tag writes the result: Authentication-Results or Received-SPF" },
};

bool spf_has_no_client(const struct context *context, struct finding *finding_r)
{
	const struct address *client = &context->session->client;

	if (client->presence == PRESENCE_UNKNOWN)
		*finding_r = finding(RESULT_UNKNOWN, NULL);
	else if (client->presence == PRESENCE_NONE)
		*finding_r = finding(RESULT_NONE, NULL);
	else if (ip_is_loopback(&client->value))
		*finding_r = finding(RESULT_NONE, &loopback);
	else
		return false;
	return true;
}

struct finding spf_eval_greeting(const struct context *context, enum identity identity)
{
	switch (context->session->ehlo.presence) {
	case PRESENCE_UNKNOWN:	return finding(RESULT_UNKNOWN, NULL);
	case PRESENCE_NONE:	return finding(RESULT_NONE, &no_name);
	case PRESENCE_KNOWN:	break;
	}
	if (context->facts->ehlo.kind != EHLO_FQDN)
		return finding(RESULT_NONE, &no_name);
	return finding_of_spf(context, identity);
}
