/* SPDX-License-Identifier: BSD-2-Clause */
/* The client's names: what iprev, the facts client_name and client_ptr, and rules about them rest on. */
#ifndef CORE_REVERSE_H
#define CORE_REVERSE_H

#include "core/facts.h"
#include "core/lookup.h"

#define PTR_NAMES_MAX 10	/* further PTR records are not looked at (RFC 8601 3, RFC 7208 4.6.4) */

/* Of PTR records.  Points into the answers. */
struct ptr_names {
	enum dns_status status;			/* of the question for them */
	const char *names[PTR_NAMES_MAX];	/* each once, in their order */
	size_t count;
	size_t unusable_count;			/* names that no host can have, left out */
};

/* Asks for the PTR records alone. */
void reverse_names(const struct context *context, struct ptr_names *names_r);

/* RFC 8601 2.7.3. */
struct reverse {
	struct ptr_names ptr;
	const char *confirmed;		/* the first name that is known to have the client's address; NULL: none is */
	enum dns_status before;		/* NOERROR, or what kept a name before that from being decided */
	enum dns_status forward;	/* the same of all names */
	size_t mark;			/* of the questions wanted: before those for the names' addresses */
};

/*
 * By DNS: the client's address is known, and the MTA's word does not count.  What is wanted then tells which
 * name is the first one; to whom any will do resets it to the mark.
 */
void reverse_confirm(const struct context *context, struct reverse *reverse_r);

/*
 * What these came to within one judgement, whose answers do not change.  Only what is certain is kept: a
 * missing answer must be missed each time, for a condition that turns out not to need it takes the question
 * back.  Starts zeroed.
 */
struct reverse_memo {
	bool has_names;
	bool has_reverse;
	bool has_embeds;
	struct ptr_names names;
	struct reverse reverse;
	struct fact_value embeds;	/* client_ptr_embeds_address */
};

/* Does an answer of type A or AAAA hold the address?  Not certain: its status is the answer's. */
bool dns_has_address(const struct dns_answer *answer, const struct ip *ip);

/* A for an IPv4 client, AAAA for an IPv6 client: nothing else can match it. */
enum dns_type dns_type_of_address(const struct ip *ip);

#endif
