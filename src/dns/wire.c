/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes questions, and says what an answer means. */
#include "dns/wire.h"

#include "dns/answer.h"
#include "dns/wire_message.h"

#include <netinet/in.h>
#include <string.h>

enum { RCODE_NOERROR = 0, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

#define FLAG_RECURSE 0x0100

/* How far an answer is understood. */
struct reading {
	struct message message;
	struct message_parts parts;
	struct wire_name name;		/* the last one of the chain of aliases, as far as it was followed */
	uint32_t chain_ttl_s;
};

/* --- questions --- */

static uint8_t *put_u16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	return to + 2;
}

size_t wire_question(const struct wire_name *name, enum dns_type type, uint16_t id, enum wire_edns edns,
		     uint8_t bytes_r[WIRE_QUESTION_BYTES])
{
	uint8_t *to = bytes_r;

	to = put_u16(to, id);
	to = put_u16(to, FLAG_RECURSE);
	to = put_u16(to, 1);
	to = put_u16(to, 0);
	to = put_u16(to, 0);
	to = put_u16(to, edns == WIRE_EDNS);
	memcpy(to, name->bytes, name->length);
	to = put_u16(to + name->length, type);
	to = put_u16(to, CLASS_IN);
	if (edns == WIRE_EDNS) {
		*to++ = 0;	/* owned by the root */
		to = put_u16(to, TYPE_OPT);
		to = put_u16(to, WIRE_UDP_BYTES);
		to = put_u16(to, 0);	/* version 0, no flags */
		to = put_u16(to, 0);
		to = put_u16(to, 0);	/* no options */
	}
	return (size_t)(to - bytes_r);
}

/* --- the chain of aliases --- */

static bool owns(struct reading *reading, const struct wire_name *name, uint32_t hash, const struct place *place)
{
	struct wire_name owner;

	if (place->owner_hash != hash)
		return false;
	reading->message.at = place->owner_at;
	return read_name(&reading->message, &owner) && wire_name_equal(&owner, name);
}

/* A name that fills the rest of the record's data. */
static bool read_last_name(struct reading *reading, const struct place *place, struct wire_name *name_r)
{
	return read_name(&reading->message, name_r) &&
	       reading->message.at == (size_t)place->data_at + place->data_length;
}

enum step { STEP_END, STEP_ALIAS, STEP_BAD };

/* From reading->name to the name that it is an alias of. */
static enum step follow_alias(struct reading *reading)
{
	uint32_t hash = wire_name_hash(&reading->name);
	struct wire_name target, other;
	enum step step = STEP_END;

	for (size_t i = 0; i < reading->parts.place_count; i++) {
		const struct place *place = &reading->parts.places[i];

		if (place->type != TYPE_CNAME || !owns(reading, &reading->name, hash, place))
			continue;
		reading->message.at = place->data_at;
		if (!read_last_name(reading, place, &other))
			return STEP_BAD;
		/* RFC 2181 10.1: a name has one alias. */
		if (step == STEP_ALIAS && !wire_name_equal(&target, &other))
			return STEP_BAD;
		step = STEP_ALIAS;
		target = other;
		if (place->ttl_s < reading->chain_ttl_s)
			reading->chain_ttl_s = place->ttl_s;
	}
	if (step == STEP_ALIAS)
		reading->name = target;
	return step;
}

static bool follow_aliases(struct reading *reading)
{
	for (unsigned hop = 0; hop <= ANSWER_CNAMES_MAX; hop++)
		switch (follow_alias(reading)) {
		case STEP_END:   return true;
		case STEP_ALIAS: break;
		case STEP_BAD:   return false;
		}
	return false;
}

/* --- records --- */

static bool take_address(struct reading *reading, const struct place *place, struct answer_draft *draft)
{
	const uint8_t *bytes = reading->message.bytes + place->data_at;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const void *address = &v4;
	struct ip ip;
	unsigned port;

	if (place->data_length != (place->type == DNS_A ? 4 : 16))
		return false;
	if (place->type == DNS_A) {
		memcpy(&v4.sin_addr, bytes, 4);
	} else {
		memcpy(&v6.sin6_addr, bytes, 16);
		address = &v6;
	}
	if (ip_from_sockaddr(address, &ip, &port))
		answer_add_address(draft, place->ttl_s, &ip);
	return true;
}

static bool take_host(struct reading *reading, const struct place *place, struct answer_draft *draft)
{
	struct wire_name target;
	unsigned preference = 0;

	reading->message.at = place->data_at;
	if (place->type == DNS_MX && !read_u16(&reading->message, &preference))
		return false;
	if (!read_last_name(reading, place, &target))
		return false;
	answer_add_host(draft, place->ttl_s, (uint16_t)preference, &target);
	return true;
}

/* RFC 1035 3.3.14: one string or more, each behind its length. */
static bool take_text(struct reading *reading, const struct place *place, struct answer_draft *draft)
{
	const uint8_t *at = reading->message.bytes + place->data_at, *end = at + place->data_length;
	char joined[UINT16_MAX];
	size_t length = 0;

	if (at == end)
		return false;
	while (at < end) {
		size_t bytes = *at++;

		if (bytes > (size_t)(end - at))
			return false;
		memcpy(joined + length, at, bytes);
		length += bytes;
		at += bytes;
	}
	answer_add_text(draft, place->ttl_s, joined, length);
	return true;
}

static bool take_record(struct reading *reading, const struct place *place, struct answer_draft *draft)
{
	switch ((enum dns_type)place->type) {
	case DNS_A:
	case DNS_AAAA: return take_address(reading, place, draft);
	case DNS_PTR:
	case DNS_MX:   return take_host(reading, place, draft);
	case DNS_TXT:  return take_text(reading, place, draft);
	}
	return false;
}

/* Those of the last name; false when one cannot be read, or when they are too many. */
static bool take_records(struct reading *reading, enum dns_type type, struct answer_draft *draft)
{
	struct wire_name name = reading->name;
	uint32_t hash = wire_name_hash(&name);

	for (size_t i = 0; i < reading->parts.place_count; i++) {
		const struct place *place = &reading->parts.places[i];

		if (place->type == type && owns(reading, &name, hash, place) &&
		    !take_record(reading, place, draft))
			return false;
	}
	return !draft->too_large;
}

/* --- answers without records --- */

/* Is zone the name itself, or above it? */
static bool is_within(const struct wire_name *name, const struct wire_name *zone)
{
	for (size_t at = 0;; at += name->bytes[at] + 1u) {
		if (name->length - at == zone->length && memcmp(name->bytes + at, zone->bytes, zone->length) == 0)
			return true;
		if (name->bytes[at] == 0)
			return false;
	}
}

/* RFC 2308 5.  False when the SOA cannot be read. */
static bool negative_ttl(struct reading *reading, uint32_t *ttl_r)
{
	const struct place *soa = &reading->parts.soa;
	struct message *message = &reading->message;
	size_t end = (size_t)soa->data_at + soa->data_length;
	struct wire_name zone, name;
	uint32_t minimum;

	*ttl_r = WIRE_NEGATIVE_TTL_S;
	if (soa->type == 0)
		return true;
	message->at = soa->owner_at;
	if (!read_name(message, &zone))
		return false;
	message->at = soa->data_at;
	if (!read_name(message, &name) || !read_name(message, &name) || message->at + 20 != end)
		return false;
	message->at = end - 4;
	if (!read_ttl(message, &minimum))
		return false;
	if (is_within(&reading->name, &zone))
		*ttl_r = minimum < soa->ttl_s ? minimum : soa->ttl_s;
	return true;
}

/* --- the whole --- */

/* What the message says; ttl_r: of an answer without records, else of the aliases. */
static enum dns_status judge(struct reading *reading, enum dns_type type, struct answer_draft *draft,
			     uint32_t *ttl_r)
{
	if (reading->parts.rcode == RCODE_REFUSED)
		return DNS_REFUSED;
	if ((reading->parts.rcode != RCODE_NOERROR && reading->parts.rcode != RCODE_NXDOMAIN) ||
	    !follow_aliases(reading) || !take_records(reading, type, draft))
		return DNS_SERVFAIL;
	*ttl_r = reading->chain_ttl_s;
	if (draft->count > 0)
		return reading->parts.rcode == RCODE_NOERROR ? DNS_NOERROR : DNS_SERVFAIL;
	if (reading->parts.rcode == RCODE_NOERROR && reading->parts.has_ns && reading->parts.soa.type == 0)
		return DNS_SERVFAIL;
	if (!negative_ttl(reading, ttl_r))
		return DNS_SERVFAIL;
	if (*ttl_r > reading->chain_ttl_s)
		*ttl_r = reading->chain_ttl_s;
	return reading->parts.rcode == RCODE_NOERROR ? DNS_NODATA : DNS_NXDOMAIN;
}

const struct dns_answer *wire_answer(const uint8_t *bytes, size_t length, const struct wire_name *name,
				     enum dns_type type)
{
	enum dns_status status = DNS_SERVFAIL;
	struct answer_draft draft;
	struct reading reading;
	uint32_t ttl_s = 0;

	reading.message = (struct message){ .bytes = bytes, .length = length };
	reading.name = *name;
	reading.chain_ttl_s = UINT32_MAX;
	answer_draft_init(&draft);
	if (length <= UINT16_MAX && read_message(&reading.message, name, type, &reading.parts))
		status = judge(&reading, type, &draft, &ttl_s);
	if (dns_is_certain(status))
		return answer_finish(&draft, status, ttl_s);
	answer_draft_clear(&draft);
	return answer_of_status(status);
}
