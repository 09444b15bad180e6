/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions for terms that evaluation has not reached, so that waiting is done once and not for each term. */
#include "spf/spf_eval.h"

/* The hosts of an mx that are known already. */
static void ask_for_hosts(struct spf_eval *eval, const char *question)
{
	const struct dns_answer *hosts = spf_ask_ahead(eval, question, DNS_MX);

	if (!hosts || hosts->status != DNS_NOERROR || hosts->count > SPF_MX_MAX)
		return;
	for (size_t i = 0; i < hosts->count; i++)
		(void)spf_ask_ahead(eval, hosts->records[i].host.name, spf_address_type(eval));
}

/* The record of an include or redirect that is there already: on with its terms. */
static void look_into(struct spf_eval *eval, const struct spf_name *domain, const char *question)
{
	const struct dns_answer *answer = spf_ask_ahead(eval, question, DNS_TXT);
	struct spf_level level = { .domain = domain, .question = question };
	const struct dns_record *record;
	struct spf_flaw flaw;
	size_t count;

	if (!answer || answer->status != DNS_NOERROR)
		return;
	record = spf_pick_record(answer, &count);
	if (count == 1 && spf_record_parse(record->text.bytes, record->text.length, eval->arena, &level.record,
					   &flaw) == SPF_PARSE_DONE)
		spf_look_ahead(eval, &level, 0);
}

/* False: there is no use in looking further. */
static bool look_at(struct spf_eval *eval, const struct spf_level *level, const struct spf_term *term,
		    const struct spf_domain_spec *spec)
{
	char text[DNS_NAME_BYTES], reverse[DNS_REVERSE_BYTES];
	struct spf_name name;

	if (++eval->ahead_terms > SPF_TERMS_MAX)
		return false;
	if (term && term->mechanism == SPF_MECHANISM_PTR) {
		dns_reverse_name(&eval->input->client, reverse);
		(void)spf_ask_ahead(eval, reverse, DNS_PTR);
		return true;
	}
	if (spec->has_macros || spf_target(eval, level, spec, &name, text) != SPF_MATCH)
		return true;
	if (!term || term->mechanism == SPF_MECHANISM_INCLUDE)
		look_into(eval, &name, text);
	else if (term->mechanism == SPF_MECHANISM_MX)
		ask_for_hosts(eval, text);
	else
		(void)spf_ask_ahead(eval, text,
				    term->mechanism == SPF_MECHANISM_EXISTS ? DNS_A : spf_address_type(eval));
	return eval->ahead_terms <= SPF_TERMS_MAX;
}

void spf_look_ahead(struct spf_eval *eval, const struct spf_level *level, size_t first)
{
	for (size_t i = first; i < level->record.term_count; i++) {
		const struct spf_term *term = &level->record.terms[i];

		if (term->mechanism == SPF_MECHANISM_ALL)
			return;
		if (term->mechanism == SPF_MECHANISM_IP4 || term->mechanism == SPF_MECHANISM_IP6) {
			if (network_contains(&term->network, &eval->input->client))
				return;
			continue;
		}
		if (!look_at(eval, level, term, &term->domain))
			return;
	}
	if (level->record.redirect.length > 0)
		(void)look_at(eval, level, NULL, &level->record.redirect);
}
