/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a message, for wire.c: nothing in them is believed but where they begin and end. */
#ifndef DNS_WIRE_MESSAGE_H
#define DNS_WIRE_MESSAGE_H

#include "dns/answer.h"
#include "dns/wire_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLASS_IN = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_OPT = 41 };

/* Of the answer section: what an answer may hold, aliases, and some of another kind. */
#define PLACES_MAX (ANSWER_RECORDS_MAX + 64)

/* Each read below moves at, and fails at the end of the bytes. */
struct message {
	const uint8_t *bytes;
	size_t length;		/* at most 65,535 */
	size_t at;		/* the next byte to read */
};

/* Where a record of class IN stands. */
struct place {
	uint32_t owner_hash;	/* of wire_name_hash(): spares most comparisons of names */
	uint32_t ttl_s;
	uint16_t owner_at;
	uint16_t data_at;
	uint16_t data_length;
	uint16_t type;
};

struct message_parts {
	unsigned rcode;			/* with the bits of RFC 6891 6.1.3 */
	size_t place_count;
	struct place places[PLACES_MAX];	/* of the answer section */
	struct place soa;			/* the first of the authority section; type 0: there is none */
	bool has_ns;				/* in the authority section */
};

bool read_u16(struct message *message, unsigned *value_r);

/* RFC 2181 8: a TTL has 31 bits; with the 32nd it is 0. */
bool read_ttl(struct message *message, uint32_t *ttl_r);

/*
 * RFC 1035 4.1.4.  A pointer must point before the part of the name that it ends, so that no name can go
 * round in a circle, and behind the header.  The message is left behind the name as it stands there.
 */
bool read_name(struct message *message, struct wire_name *name_r);

uint32_t wire_name_hash(const struct wire_name *name);

/*
 * Walks through the whole message.  False when it is cut off or malformed, or no answer to the question for
 * name and type, or has more than PLACES_MAX records in the answer section.
 */
bool read_message(struct message *message, const struct wire_name *name, enum dns_type type,
		  struct message_parts *parts_r);

#endif
