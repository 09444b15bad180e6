/* SPDX-License-Identifier: BSD-2-Clause */
/* Macro strings of SPF records, expanded to names, and names as questions to DNS. */
#ifndef SPF_SPF_MACRO_H
#define SPF_SPF_MACRO_H

#include "core/dns_answer.h"
#include "spf/spf_record.h"

#define SPF_NAME_OCTETS_MAX 253

/* A domain as a macro string gives it: any bytes, dots between labels, none at the end.  Empty: not usable. */
struct spf_name {
	char bytes[SPF_NAME_OCTETS_MAX + 1];	/* NUL-terminated, but a NUL may also be inside */
	size_t length;
};

/* RFC 7208 7.2: what the letters stand for. */
struct spf_macro_values {
	const char *sender;		/* s: local part, '@', domain; any bytes */
	size_t sender_length;
	size_t local_part_length;	/* l is what stands before that '@', o what stands behind it */
	const struct spf_name *domain;	/* d */
	const struct ip *client;	/* i, v */
	const char *ehlo;		/* h; any bytes */
	size_t ehlo_length;
	const char *client_name;	/* p: the validated name, or "unknown" */
};

/*
 * RFC 7208 7.3.  A final dot goes, and what is longer than 253 octets loses labels on the left; where no label
 * boundary is left within 253 octets the name is empty.
 */
void spf_expand(const struct spf_domain_spec *spec, const struct spf_macro_values *values, struct spf_name *name_r);

/* Takes text as it is; false when it is too long for a name. */
bool spf_name_set(struct spf_name *name, const char *text, size_t length);

/*
 * The text in which the name is asked for (core/dns_answer.h): lower case; bytes outside printable ASCII, spaces and
 * "#$();@\ as \DDD, which is how dns writes names too.  false, and an empty text: no question can be made of it (an
 * empty label, one of more than 63 octets, no label at all).
 */
bool spf_name_question(const struct spf_name *name, char text_r[DNS_NAME_BYTES]);

/* Is name the domain, or below it?  Both in the text of questions; letters without case. */
bool spf_name_is_under(const char *name, const char *domain);

#endif
