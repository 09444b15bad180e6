/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks that table.c lists; each is defined in the file of its name. */
#ifndef CORE_CHECKS_TABLE_H
#define CORE_CHECKS_TABLE_H

#include "core/check.h"

extern const struct check check_greeting;
extern const struct check check_ehlo_verb;
extern const struct check check_ehlo_syntax;
extern const struct check check_ehlo_fqdn;
extern const struct check check_ehlo_literal;
extern const struct check check_ehlo_own_name;
extern const struct check check_ehlo_resolves;
extern const struct check check_ehlo_matches_client;
extern const struct check check_iprev;
extern const struct check check_mail_from_dns;
extern const struct check check_spf_helo;
extern const struct check check_spf_mail_from;

/* Sets outcomes, facts and their counts in a struct check. */
#define CHECK_OUTCOMES(array) .outcomes = (array), .outcome_count = sizeof(array) / sizeof((array)[0])
#define CHECK_PARAMETERS(array) \
	.parameters = (array), .parameter_count = sizeof(array) / sizeof((array)[0])

/* What a check makes of an answer that is not certain. */
static inline struct finding finding_without_answer(enum dns_status status)
{
	return (struct finding){ .result = status == DNS_UNKNOWN ? RESULT_UNKNOWN : RESULT_TEMPERROR,
				 .reason = dns_reason(status) };
}

/* The evaluation of SPF is asked for; until it is there its result is unknown. */
static inline struct finding finding_of_spf(const struct context *context, enum identity identity)
{
	if (context->wanted)
		context->wanted->spf[identity] = true;
	if (!context->dns)
		return finding_without_answer(DNS_UNKNOWN);
	return context->facts->spf[identity];
}

/* A finding with a reason; none, pass and unknown mostly need no more than the result. */
static inline struct finding finding(enum result result, const struct reason *reason)
{
	return (struct finding){ .result = result, .reason = reason };
}

#endif
