/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of DNS as they are on the wire: questions written, answers read with a distrust of each byte. */
#ifndef DNS_WIRE_H
#define DNS_WIRE_H

#include "core/dns_answer.h"
#include "dns/wire_name.h"

#include <stddef.h>
#include <stdint.h>

#define WIRE_HEADER_BYTES 12
#define WIRE_OPT_BYTES 11	/* of the EDNS record at the end of a question */
#define WIRE_QUESTION_BYTES (WIRE_HEADER_BYTES + WIRE_NAME_BYTES + 4 + WIRE_OPT_BYTES)
/* RFC 6891 6.2.5: what passes everywhere without fragments. */
#define WIRE_UDP_BYTES 1232

enum wire_edns { WIRE_PLAIN, WIRE_EDNS };

/* RFC 1035 4.1: one question of class IN, recursion desired.  Returns its length. */
size_t wire_question(const struct wire_name *name, enum dns_type type, uint16_t id, enum wire_edns edns,
		     uint8_t bytes_r[WIRE_QUESTION_BYTES]);

/*
 * What a message says to the question for name and type, with one reference; NULL only when memory is out.
 * Pure.
 *
 * SERVFAIL is whatever cannot be relied on: a message that is cut off, malformed or not an answer to this
 * question (its id is not looked at), a name compressed in a loop or with a pointer forward, a record of
 * the answer that cannot be read, more than ANSWER_CNAMES_MAX aliases or a loop of them, two aliases of one
 * name, more records than an answer takes (dns/answer.h), a referral (RFC 2308 2.2.1), an rcode that
 * contradicts the records, other rcodes than those of enum dns_status.  Never a part of the truth.
 *
 * Records are those that the last name of the chain of aliases owns; others are not looked at.  Their TTLs
 * are at most those of the aliases; one with its top bit set is 0 (RFC 2181 8).  Without records the rcode
 * tells NXDOMAIN from NODATA, for the last name of the chain (RFC 6604 3); then the TTL is the lesser one
 * of the SOA's own and of its MINIMUM (RFC 2308 5), WIRE_NEGATIVE_TTL_S without an SOA.
 */
const struct dns_answer *wire_answer(const uint8_t *bytes, size_t length, const struct wire_name *name,
				     enum dns_type type);

/*
 * RFC 2308 5 wants such answers not kept, lest servers pass them round in a circle.  Nobody asks us, and a
 * resolver that leaves the SOA out would be asked for the same AAAA in each session.
 */
#define WIRE_NEGATIVE_TTL_S 5

#endif
