/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of checks: one row each, in the order of the catalogue. */
#include "core/checks/table.h"

#include <string.h>

const struct check *const checks[CHECK_COUNT] = {
	[CHECK_GREETING] = &check_greeting,
	[CHECK_EHLO_VERB] = &check_ehlo_verb,
	[CHECK_EHLO_SYNTAX] = &check_ehlo_syntax,
	[CHECK_EHLO_FQDN] = &check_ehlo_fqdn,
	[CHECK_EHLO_LITERAL] = &check_ehlo_literal,
	[CHECK_EHLO_OWN_NAME] = &check_ehlo_own_name,
	[CHECK_EHLO_RESOLVES] = &check_ehlo_resolves,
	[CHECK_EHLO_MATCHES_CLIENT] = &check_ehlo_matches_client,
	[CHECK_IPREV] = &check_iprev,
	[CHECK_MAIL_FROM_DNS] = &check_mail_from_dns,
	[CHECK_SPF_HELO] = &check_spf_helo,
	[CHECK_SPF_MAIL_FROM] = &check_spf_mail_from,
};

const struct check *check_find(const char *name)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (strcmp(name, checks[i]->name) == 0)
			return checks[i];
	return NULL;
}

const struct outcome *check_outcome(const struct check *check, enum result result)
{
	for (size_t i = 0; i < check->outcome_count; i++)
		if (check->outcomes[i].result == result)
			return &check->outcomes[i];
	return NULL;
}
