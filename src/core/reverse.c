/* SPDX-License-Identifier: BSD-2-Clause */
/* The client's PTR names, and which of them are confirmed by their own addresses. */
#include "core/reverse.h"

#include "base/name.h"

static bool is_among(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (domain_equal(names[i], name))
			return true;
	return false;
}

static void find_names(const struct context *context, struct ptr_names *names_r)
{
	char question[DNS_REVERSE_BYTES];
	const struct dns_answer *answer;

	*names_r = (struct ptr_names){ .status = DNS_UNKNOWN };
	if (context->session->client.presence != PRESENCE_KNOWN)
		return;
	dns_reverse_name(&context->session->client.value, question);
	answer = dns_lookup(context, question, DNS_PTR);
	names_r->status = answer->status;
	for (size_t i = 0; i < answer->count && i < PTR_NAMES_MAX; i++) {
		const struct dns_record *record = &answer->records[i];

		if (!record->host.usable)
			names_r->unusable_count++;
		else if (!is_among(names_r->names, names_r->count, record->host.name))
			names_r->names[names_r->count++] = record->host.name;
	}
}

void reverse_names(const struct context *context, struct ptr_names *names_r)
{
	struct reverse_memo *memo = context->reverse;

	if (memo && memo->has_names) {
		*names_r = memo->names;
		return;
	}
	find_names(context, names_r);
	if (memo && dns_is_certain(names_r->status)) {
		memo->names = *names_r;
		memo->has_names = true;
	}
}

enum dns_type dns_type_of_address(const struct ip *ip)
{
	return ip->family == IP_V6 ? DNS_AAAA : DNS_A;
}

bool dns_has_address(const struct dns_answer *answer, const struct ip *ip)
{
	for (size_t i = 0; i < answer->count; i++)
		if (ip_equal(&answer->records[i].address, ip))
			return true;
	return false;
}

static void confirm(const struct context *context, struct reverse *reverse_r)
{
	const struct ip *client = &context->session->client.value;
	size_t wanted_before = 0;

	*reverse_r = (struct reverse){ .before = DNS_NOERROR, .forward = DNS_NOERROR };
	reverse_names(context, &reverse_r->ptr);
	reverse_r->mark = wanted_mark(context);
	for (size_t i = 0; i < reverse_r->ptr.count; i++) {
		const char *name = reverse_r->ptr.names[i];
		const struct dns_answer *answer = dns_lookup(context, name, dns_type_of_address(client));

		if (!dns_is_certain(answer->status)) {
			reverse_r->forward = dns_worse(reverse_r->forward, answer->status);
		} else if (!reverse_r->confirmed && dns_has_address(answer, client)) {
			reverse_r->confirmed = name;
			reverse_r->before = reverse_r->forward;
			wanted_before = wanted_mark(context);
		}
	}
	/* Names behind it change nothing. */
	if (reverse_r->confirmed)
		wanted_reset(context, wanted_before);
}

void reverse_confirm(const struct context *context, struct reverse *reverse_r)
{
	struct reverse_memo *memo = context->reverse;

	if (memo && memo->has_reverse) {
		*reverse_r = memo->reverse;
		reverse_r->mark = wanted_mark(context);	/* it wanted nothing */
		return;
	}
	confirm(context, reverse_r);
	if (memo && dns_is_certain(reverse_r->ptr.status) && dns_is_certain(reverse_r->forward)) {
		memo->reverse = *reverse_r;
		memo->has_reverse = true;
	}
}
