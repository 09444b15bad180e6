/* SPDX-License-Identifier: BSD-2-Clause */
/* An SPF record taken apart by the grammar of RFC 7208: what is not in the grammar is refused. */
#ifndef SPF_SPF_RECORD_H
#define SPF_SPF_RECORD_H

#include "base/arena.h"
#include "base/ip.h"
#include "base/reason.h"
#include "spf/spf_domain_spec.h"

#include <stdbool.h>
#include <stddef.h>

/* RFC 7208 3.4 wants records far shorter; a longer one is refused as it stands. */
#define SPF_RECORD_OCTETS_MAX 2048

enum spf_mechanism {
	SPF_MECHANISM_ALL,
	SPF_MECHANISM_INCLUDE,
	SPF_MECHANISM_A,
	SPF_MECHANISM_MX,
	SPF_MECHANISM_PTR,
	SPF_MECHANISM_IP4,
	SPF_MECHANISM_IP6,
	SPF_MECHANISM_EXISTS,
};

/* A directive (RFC 7208 4.6.1). */
struct spf_term {
	enum spf_mechanism mechanism;
	char qualifier;			/* '+', '-', '~' or '?' */
	const char *text;		/* as published, with a qualifier that is there */
	size_t length;
	struct spf_domain_spec domain;	/* none: the domain of the record itself */
	unsigned prefix4_bits;		/* of a and mx: 0 to 32 */
	unsigned prefix6_bits;		/* 0 to 128 */
	/* Of ip4 and ip6.  Host bits may be set, and a v4-mapped address stays IPv6: RFC 7208 5 compares like with like. */
	struct network network;
};

struct spf_record {
	struct spf_term *terms;		/* the directives in their order */
	size_t term_count;
	struct spf_domain_spec redirect;
};

/* Where a record leaves the grammar. */
struct spf_flaw {
	const struct reason *reason;
	const char *term;		/* the term in question, in the record */
	size_t length;
};

enum spf_parse { SPF_PARSE_DONE, SPF_PARSE_FLAW, SPF_PARSE_NO_MEMORY };

/* Is it an SPF record, however broken: "v=spf1" in any case, then a space or the end (RFC 7208 4.5)? */
bool spf_record_is(const char *bytes, size_t length);

/*
 * Reads the whole record (RFC 7208 4.6: an error anywhere counts).  bytes: any, spf_record_is() holds; they must
 * outlive the record.  exp= is checked and forgotten: explanations are not used.
 */
enum spf_parse spf_record_parse(const char *bytes, size_t length, struct arena *arena, struct spf_record *record_r,
				struct spf_flaw *flaw_r);

#endif
