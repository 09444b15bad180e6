/* SPDX-License-Identifier: BSD-2-Clause */
/* Names as SMTP clients send them: the argument of EHLO, and domain names. */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include "base/ip.h"
#include "base/reason.h"

#include <stdbool.h>
#include <stddef.h>

#define NAME_TEXT_BYTES 255	/* 253 octets, a final dot, NUL */

enum ehlo_kind {
	EHLO_FQDN,		/* at least two labels */
	EHLO_UNQUALIFIED,	/* one label */
	EHLO_IPV4_LITERAL,
	EHLO_IPV6_LITERAL,	/* also without its tag (then syntax is SOFTFAIL) */
	EHLO_BARE_IP,		/* an address without brackets (SOFTFAIL) */
	EHLO_INVALID,
};

enum name_syntax { NAME_PASS, NAME_SOFTFAIL, NAME_FAIL };

/* RFC 5321 4.1.1.1, 4.1.2, 4.1.3; what is tolerated beyond them is named in reason. */
struct ehlo_name {
	enum ehlo_kind kind;
	enum name_syntax syntax;
	const struct reason *reason;	/* NULL when there is nothing to say */
	struct ip address;		/* of literals and bare addresses; else IP_NONE */
};

/* argument: as the MTA hands it over, any bytes, NUL-terminated. */
void ehlo_name_parse(const char *argument, struct ehlo_name *name_r);

const char *ehlo_kind_word(enum ehlo_kind kind);	/* "fqdn", "bare_ip", ... */

/*
 * RFC 5321 4.1.3 address literal of exactly length bytes, brackets included: octets are decimal
 * with leading zeros allowed, the tag IPv6: has no case, "::" stands for two groups or more.
 */
bool literal_parse(const char *text, size_t length, struct ip *ip_r);

/*
 * Is text[0..length) a domain by RFC 5321 4.1.2 and the lengths of RFC 1035 2.3.4, the underscore
 * and one final dot tolerated?  ASCII only.
 */
bool domain_valid(const char *text, size_t length);

/*
 * The form in which domains are compared: lower case, without the final dot, U-labels as A-labels
 * (IDNA 2008).  false: not a valid domain, and domain_r is left empty.
 */
bool domain_normalise(const char *text, size_t length, char domain_r[NAME_TEXT_BYTES]);

/* ASCII letters without case, a final dot of either ignored. */
bool domain_equal(const char *a, const char *b);

#endif
