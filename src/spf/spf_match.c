/* SPDX-License-Identifier: BSD-2-Clause */
/* The mechanisms of RFC 7208 5, one at a time. */
#include "spf/spf_eval.h"

#include <string.h>

/* Why a mechanism matches, and why it does not. */
struct grounds {
	struct reason yes, no;
};

static const struct grounds network = {
	.yes = { "in_network", "the client is in the network", "RFC 7208 5.6" },
	.no = { "not_in_network", "the client is not in the network", "RFC 7208 5.6" },
};
static const struct grounds address = {
	.yes = { "address_found", "the client is among the addresses", "RFC 7208 5.3" },
	.no = { "other_addresses", "the client is not among the addresses", "RFC 7208 5.3" },
};
static const struct grounds hosts_address = {
	.yes = { "address_found", "the client is among the hosts' addresses", "RFC 7208 5.4" },
	.no = { "other_addresses", "the client is not among the hosts' addresses", "RFC 7208 5.4" },
};
static const struct grounds validated = {
	.yes = { "name_validated", "a confirmed name of the client is in the domain", "RFC 7208 5.5" },
	.no = { "name_not_validated", "no confirmed name of the client is in the domain", "RFC 7208 5.5" },
};

static const struct reason other_family = { "other_family", "the client is of the other address family", "RFC 7208 5" };
static const struct reason name_exists = { "name_exists", "the name has an address", "RFC 7208 5.7" };
static const struct reason mx_limit = { "mx_limit", "the name has more than ten MX records", "RFC 7208 4.6.4" };
static const struct reason malformed_target = { "malformed_target", "the expanded name cannot be asked for",
						"RFC 7208 4.8" };

/* --- addresses --- */

static enum spf_match because(struct spf_eval *eval, enum spf_match match, const struct grounds *grounds)
{
	if (match != SPF_STOP)
		eval->reason = match == SPF_MATCH ? &grounds->yes : &grounds->no;
	return match;
}

static unsigned prefix_bits(const struct spf_eval *eval, const struct spf_term *term)
{
	return eval->input->client.family == IP_V6 ? term->prefix6_bits : term->prefix4_bits;
}

/* RFC 7208 5.6. */
static enum spf_match match_network(struct spf_eval *eval, const struct spf_term *term)
{
	struct dns_record record = { .address = term->network.ip };

	if (term->network.ip.family != eval->input->client.family) {
		eval->reason = &other_family;
		return SPF_NO_MATCH;
	}
	return because(eval, spf_library_match(eval, &record, 1, term->network.prefix_bits), &network);
}

/* RFC 7208 5.3; also for each host of an mx. */
static enum spf_match match_host(struct spf_eval *eval, const char *host, unsigned bits,
				 const struct grounds *grounds)
{
	const struct dns_answer *answer;

	switch (spf_ask_for_term(eval, host, spf_address_type(eval), &answer)) {
	case SPF_FOUND:
		return because(eval, spf_library_match(eval, answer->records, answer->count, bits), grounds);
	case SPF_FOUND_NOTHING:
	case SPF_FOUND_ERROR:
		return SPF_NO_MATCH;
	case SPF_FOUND_STOP:
		break;
	}
	return SPF_STOP;
}

/* One answer is not there: what the other hosts need is asked at the same time. */
static enum spf_match wait_for_hosts(struct spf_eval *eval, const struct dns_answer *hosts, size_t from, size_t to)
{
	if (eval->stopped != SPF_PENDING)
		return SPF_STOP;
	for (size_t i = from; i < to; i++)
		spf_ask_beside(eval, hosts->records[i].host.name, spf_address_type(eval));
	return SPF_STOP;
}

/* RFC 7208 5.4. */
static enum spf_match match_mx(struct spf_eval *eval, const struct spf_term *term, const char *target)
{
	const struct dns_answer *hosts;
	enum spf_found found = spf_ask_for_term(eval, target, DNS_MX, &hosts);

	if (found != SPF_FOUND)
		return found == SPF_FOUND_STOP ? SPF_STOP : SPF_NO_MATCH;
	if (hosts->count > SPF_MX_MAX)
		return spf_stop(eval, SPF_PERMERROR, &mx_limit);
	for (size_t i = 0; i < hosts->count; i++) {
		enum spf_match match;

		if (spf_is_root(hosts->records[i].host.name))
			continue;
		match = match_host(eval, hosts->records[i].host.name, prefix_bits(eval, term),
				   &hosts_address);
		if (match == SPF_STOP)
			return wait_for_hosts(eval, hosts, i + 1, hosts->count);
		if (match == SPF_MATCH)
			return match;
	}
	return because(eval, SPF_NO_MATCH, &hosts_address);
}

/* RFC 7208 5.7: always A. */
static enum spf_match match_exists(struct spf_eval *eval, const char *target)
{
	const struct dns_answer *answer;
	enum spf_found found = spf_ask_for_term(eval, target, DNS_A, &answer);

	if (found != SPF_FOUND)
		return found == SPF_FOUND_STOP ? SPF_STOP : SPF_NO_MATCH;
	eval->reason = &name_exists;
	return spf_library_match(eval, answer->records, answer->count, 0);
}

/* --- the client's confirmed names (RFC 7208 5.5) --- */

/* RFC 7208 5.5: an error is as good as no name; but it is remembered. */
static enum spf_match pass_over(struct spf_eval *eval, enum spf_found found)
{
	if (found == SPF_FOUND_ERROR) {
		eval->passed_over = eval->reason;
		eval->passed_over_domain = eval->record_domain;
		eval->passed_over_at = eval->at;
		eval->passed_over_length = eval->at_length;
	}
	return SPF_NO_MATCH;
}

/* The first names of the client; the rest is ignored (RFC 7208 4.6.4). */
static enum spf_match client_names(struct spf_eval *eval, const struct dns_answer **names_r, size_t *count_r)
{
	char name[DNS_REVERSE_BYTES];
	enum spf_found found;

	*count_r = 0;
	dns_reverse_name(&eval->input->client, name);
	found = spf_ask(eval, name, DNS_PTR, names_r);
	if (found == SPF_FOUND_STOP || (found == SPF_FOUND_NOTHING && !spf_count_void(eval)))
		return SPF_STOP;
	if (found != SPF_FOUND)
		return pass_over(eval, found);
	*count_r = (*names_r)->count < SPF_PTR_MAX ? (*names_r)->count : SPF_PTR_MAX;
	return SPF_MATCH;
}

/* Has the name the client's address?  A name with an error is passed over, and so is what is no host name. */
static enum spf_match confirm(struct spf_eval *eval, const struct dns_record *name)
{
	const struct dns_answer *answer;
	enum spf_found found;

	if (!name->host.usable || spf_is_root(name->host.name))
		return SPF_NO_MATCH;
	found = spf_ask(eval, name->host.name, spf_address_type(eval), &answer);
	if (found == SPF_FOUND_STOP || (found == SPF_FOUND_NOTHING && !spf_count_void(eval)))
		return SPF_STOP;
	if (found != SPF_FOUND)
		return pass_over(eval, found);
	return spf_library_match(eval, answer->records, answer->count,
				 eval->input->client.family == IP_V6 ? 128 : 32);
}

/* How well a confirmed name serves for the domain: it, below it, any. */
enum rank { RANK_NONE, RANK_ANY, RANK_BELOW, RANK_EQUAL };

static enum rank rank_of(const char *name, const char *domain)
{
	if (!spf_name_is_under(name, domain))
		return RANK_ANY;
	return strlen(name) == strlen(domain) ? RANK_EQUAL : RANK_BELOW;
}

/* The best of the client's confirmed names, as soon as one of at least enough is found; NULL in *name_r: none. */
static enum spf_match confirmed_name(struct spf_eval *eval, const char *domain, enum rank enough, const char **name_r)
{
	const struct dns_answer *names;
	enum rank best = RANK_NONE;
	size_t count;

	*name_r = NULL;
	if (client_names(eval, &names, &count) == SPF_STOP)
		return SPF_STOP;
	for (size_t i = 0; i < count && best < enough; i++) {
		const char *name = names->records[i].host.name;
		enum spf_match match = confirm(eval, &names->records[i]);

		if (match == SPF_STOP)
			return wait_for_hosts(eval, names, i + 1, count);
		if (match == SPF_MATCH && rank_of(name, domain) > best) {
			best = rank_of(name, domain);
			*name_r = name;
		}
	}
	return best >= enough ? SPF_MATCH : SPF_NO_MATCH;
}

static enum spf_match match_ptr(struct spf_eval *eval, const char *target)
{
	const char *name;

	return because(eval, confirmed_name(eval, target, RANK_BELOW, &name), &validated);
}

/* --- any mechanism --- */

enum spf_match spf_match_term(struct spf_eval *eval, const struct spf_term *term, const char *target)
{
	switch (term->mechanism) {
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
		return match_network(eval, term);
	case SPF_MECHANISM_A:
		return match_host(eval, target, prefix_bits(eval, term), &address);
	case SPF_MECHANISM_MX:
		return match_mx(eval, term, target);
	case SPF_MECHANISM_PTR:
		return match_ptr(eval, target);
	case SPF_MECHANISM_EXISTS:
		return match_exists(eval, target);
	case SPF_MECHANISM_ALL:
	case SPF_MECHANISM_INCLUDE:
		break;
	}
	return SPF_NO_MATCH;
}

enum spf_match spf_target(struct spf_eval *eval, const struct spf_level *level, const struct spf_domain_spec *spec,
			  struct spf_name *name_r, char text_r[DNS_NAME_BYTES])
{
	const char *client_name = NULL;
	struct spf_macro_values values = {
		.sender = eval->sender,
		.sender_length = eval->sender_length,
		.local_part_length = eval->local_part_length,
		.domain = level->domain,
		.client = &eval->input->client,
		.ehlo = eval->ehlo,
		.ehlo_length = eval->ehlo_length,
	};

	if (spec->has_client_name &&
	    confirmed_name(eval, level->question, RANK_EQUAL, &client_name) == SPF_STOP)
		return SPF_STOP;
	values.client_name = client_name ? client_name : "unknown";
	if (spec->length > 0)
		spf_expand(spec, &values, name_r);
	else
		*name_r = *level->domain;
	if (spf_name_question(name_r, text_r))
		return SPF_MATCH;
	eval->reason = &malformed_target;
	return SPF_NO_MATCH;
}
