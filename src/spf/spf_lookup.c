/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of DNS as SPF takes them. */
#include "spf/spf_eval.h"

#include <string.h>

static const struct reason waiting = { "pending", "an answer of DNS is not there yet", NULL };
static const struct reason not_recorded = { "dns_not_recorded", "dns not recorded", NULL };
static const struct reason no_such_name = { "no_name", "the name does not exist", "RFC 7208 5" };
static const struct reason no_records = { "no_records", "the name has no records of this type", "RFC 7208 5" };
static const struct reason not_a_name = { "not_a_name", "this is no name that DNS can be asked for", "RFC 7208 4.8" };
static const struct reason servfail = { "dns_servfail", "DNS answered with a failure", "RFC 7208 2.6.6" };
static const struct reason refused = { "dns_refused", "DNS refused the question", "RFC 7208 2.6.6" };
static const struct reason timeout = { "dns_timeout", "DNS did not answer in time", "RFC 7208 2.6.6" };
static const struct reason limit = { "dns_limit", "not asked: a limit of questions is reached", NULL };
static const struct reason void_limit = { "void_limit", "more than two terms asked for what is not there",
					  "RFC 7208 4.6.4" };

enum spf_found spf_ask(struct spf_eval *eval, const char *name, enum dns_type type,
		       const struct dns_answer **answer_r)
{
	const struct dns_answer *answer = eval->lookup->find(eval->lookup->data, name, type, false);

	*answer_r = answer;
	if (!answer) {
		(void)spf_stop(eval, SPF_PENDING, &waiting);
		return SPF_FOUND_STOP;
	}
	spf_step_question(eval, name, type, answer->status);
	switch (answer->status) {
	case DNS_NOERROR:
		if (answer->count > 0)
			return SPF_FOUND;
		eval->reason = &no_records;
		return SPF_FOUND_NOTHING;
	case DNS_NODATA:
		eval->reason = &no_records;
		return SPF_FOUND_NOTHING;
	case DNS_NXDOMAIN:
		eval->reason = &no_such_name;
		return SPF_FOUND_NOTHING;
	case DNS_UNUSABLE:
		eval->reason = &not_a_name;
		return SPF_FOUND_NOTHING;
	case DNS_UNKNOWN:
		(void)spf_stop(eval, SPF_UNKNOWN, &not_recorded);
		return SPF_FOUND_STOP;
	case DNS_SERVFAIL:
		eval->reason = &servfail;
		break;
	case DNS_REFUSED:
		eval->reason = &refused;
		break;
	case DNS_TIMEOUT:
		eval->reason = &timeout;
		break;
	case DNS_LIMIT:
		eval->reason = &limit;
		break;
	}
	return SPF_FOUND_ERROR;
}

/*
 * The RFC limits "the number of 'terms' for which DNS queries return" nothing.  So a term counts once, however many
 * of its look-ups were in vain: an mx term with three hosts that have no AAAA records is one void look-up to a client
 * with IPv6, not three.
 */
bool spf_count_void(struct spf_eval *eval)
{
	if (eval->void_counted || eval->reason == &not_a_name)
		return true;
	eval->void_counted = true;
	if (++eval->voids <= SPF_VOIDS_MAX)
		return true;
	(void)spf_stop(eval, SPF_PERMERROR, &void_limit);
	return false;
}

enum spf_found spf_ask_for_term(struct spf_eval *eval, const char *name, enum dns_type type,
				const struct dns_answer **answer_r)
{
	enum spf_found found = spf_ask(eval, name, type, answer_r);

	if (found == SPF_FOUND_ERROR) {
		(void)spf_stop(eval, SPF_TEMPERROR, eval->reason);
		return SPF_FOUND_STOP;
	}
	if (found == SPF_FOUND_NOTHING && !spf_count_void(eval))
		return SPF_FOUND_STOP;
	return found;
}

bool spf_is_root(const char *name)
{
	return name[0] == '\0' || strcmp(name, ".") == 0;
}

void spf_ask_beside(struct spf_eval *eval, const char *name, enum dns_type type)
{
	if (!spf_is_root(name))
		(void)eval->lookup->find(eval->lookup->data, name, type, false);
}

const struct dns_answer *spf_ask_ahead(struct spf_eval *eval, const char *name, enum dns_type type)
{
	return spf_is_root(name) ? NULL : eval->lookup->find(eval->lookup->data, name, type, true);
}

enum dns_type spf_address_type(const struct spf_eval *eval)
{
	return eval->input->client.family == IP_V6 ? DNS_AAAA : DNS_A;
}

const struct dns_record *spf_pick_record(const struct dns_answer *answer, size_t *count_r)
{
	const struct dns_record *picked = NULL;

	*count_r = 0;
	for (size_t i = 0; i < answer->count; i++)
		if (spf_record_is(answer->records[i].text.bytes, answer->records[i].text.length)) {
			picked = &answer->records[i];
			(*count_r)++;
		}
	return picked;
}
