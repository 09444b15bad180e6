/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS lists (RFC 5782): an address or name is in the list when DNS has an address for a name below its zone. */
#ifndef CORE_ZONE_H
#define CORE_ZONE_H

#include "base/ip.h"
#include "base/name.h"
#include "core/dns_answer.h"
#include "core/tri.h"

#include <stddef.h>
#include <stdint.h>

struct context;

/* Addresses from first to last, as numbers. */
struct zone_range {
	uint32_t first;
	uint32_t last;
};

struct zone {
	const char *name;		/* normalised */
	const struct zone_range *answers;	/* those that say "listed"; within 127/8 */
	size_t answer_count;
	uint32_t line;			/* of the policy file */
};

/* What is asked for an address: its octets or nibbles, the last one first, below the zone. */
#define ZONE_QUESTION_BYTES (NAME_TEXT_BYTES - 1)
/* The longest name of a zone below which an IPv6 address can be asked for. */
#define ZONE_NAME_MAX (ZONE_QUESTION_BYTES - 1 - 64)

/* The question for an address or a name; false: it cannot be asked, so no list can hold it. */
bool zone_address_question(const struct zone *zone, const struct ip *ip, char question_r[ZONE_QUESTION_BYTES]);
bool zone_name_question(const struct zone *zone, const char *name, char question_r[ZONE_QUESTION_BYTES]);

/*
 * What an answer of type A says.  An address in 127.255.255.0/24 or outside 127/8 is an error of the list (a
 * refused or mistyped query, a domain that has been sold): unknown.  One in 127/8 that is not in zone->answers
 * says "not listed".  *answer_r: the address that decided; IP_NONE where none did.
 */
enum tri zone_judge(const struct zone *zone, const struct dns_answer *answer, struct ip *answer_r);

/*
 * Asks through dns_lookup(); an error of the list is noted in context->alarms.  TRI_UNKNOWN until the answer is
 * there.
 */
enum tri zone_ask(const struct zone *zone, const struct context *context, const char *question,
		  struct ip *answer_r);

#endif
