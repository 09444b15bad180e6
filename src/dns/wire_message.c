/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks through the bytes of a message, every access within its bounds. */
#include "dns/wire_message.h"

#include "base/ascii.h"
#include "dns/wire.h"

#include <string.h>

#define FLAG_ANSWER 0x8000
#define FLAG_TRUNCATED 0x0200
#define OPCODE_MASK 0x7800

/* A name has at most 127 labels, so that more pointers would serve only to keep us busy. */
#define POINTERS_MAX 127

bool read_u16(struct message *message, unsigned *value_r)
{
	const uint8_t *at = message->bytes + message->at;

	if (message->length - message->at < 2)
		return false;
	*value_r = (unsigned)at[0] << 8 | at[1];
	message->at += 2;
	return true;
}

static bool read_u32(struct message *message, uint32_t *value_r)
{
	unsigned high, low;

	if (!read_u16(message, &high) || !read_u16(message, &low))
		return false;
	*value_r = (uint32_t)high << 16 | low;
	return true;
}

bool read_ttl(struct message *message, uint32_t *ttl_r)
{
	if (!read_u32(message, ttl_r))
		return false;
	if (*ttl_r > INT32_MAX)
		*ttl_r = 0;
	return true;
}

/* Appends the label whose length stands at message->at. */
static bool read_label(struct message *message, struct wire_name *name)
{
	uint8_t length = message->bytes[message->at];
	const uint8_t *from = message->bytes + message->at + 1;

	if (length > WIRE_LABEL_BYTES || length >= message->length - message->at)
		return false;
	/* Behind a label the root's must have room too. */
	if (name->length + length + 1 + (length > 0) > WIRE_NAME_BYTES)
		return false;
	name->bytes[name->length] = length;
	for (size_t i = 0; i < length; i++)
		name->bytes[name->length + 1 + i] = (uint8_t)ascii_lower((char)from[i]);
	name->length = (uint8_t)(name->length + length + 1);
	message->at += length + 1u;
	return true;
}

bool read_name(struct message *message, struct wire_name *name_r)
{
	size_t part_at = message->at, end = 0;
	unsigned pointer, pointer_count = 0;

	name_r->length = 0;
	while (message->at < message->length) {
		uint8_t head = message->bytes[message->at];

		if (head < 0xc0) {
			if (!read_label(message, name_r))
				return false;
			if (head > 0)
				continue;
			if (end > 0)
				message->at = end;
			return true;
		}
		if (!read_u16(message, &pointer) || ++pointer_count > POINTERS_MAX)
			return false;
		pointer &= 0x3fff;
		if (pointer >= part_at || pointer < WIRE_HEADER_BYTES)
			return false;
		if (end == 0)
			end = message->at;
		message->at = part_at = pointer;
	}
	return false;
}

/* FNV-1a; a collision costs one comparison. */
uint32_t wire_name_hash(const struct wire_name *name)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < name->length; i++)
		hash = (hash ^ name->bytes[i]) * 16777619u;
	return hash;
}

/* --- the sections --- */

/* The header and the question; counts_r: records in the three sections behind them. */
static bool read_head(struct message *message, const struct wire_name *name, enum dns_type type,
		      unsigned *rcode_r, unsigned counts_r[3])
{
	unsigned id, flags, question_count, asked_type, asked_class;
	struct wire_name asked;

	if (!read_u16(message, &id) || !read_u16(message, &flags) || !read_u16(message, &question_count))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (!read_u16(message, &counts_r[i]))
			return false;
	*rcode_r = flags & 15;
	return (flags & (FLAG_ANSWER | FLAG_TRUNCATED | OPCODE_MASK)) == FLAG_ANSWER && question_count == 1 &&
	       read_name(message, &asked) && wire_name_equal(&asked, name) &&
	       read_u16(message, &asked_type) && asked_type == type &&
	       read_u16(message, &asked_class) && asked_class == CLASS_IN;
}

/* One record of any section, its data skipped. */
static bool read_record(struct message *message, struct place *place_r, unsigned *class_r)
{
	struct wire_name owner;
	unsigned type, data_length;
	uint32_t ttl;

	*place_r = (struct place){ .owner_at = (uint16_t)message->at };
	if (!read_name(message, &owner) || !read_u16(message, &type) || !read_u16(message, class_r))
		return false;
	/* That of OPT is not a TTL. */
	if (type == TYPE_OPT ? !read_u32(message, &ttl) : !read_ttl(message, &ttl))
		return false;
	if (!read_u16(message, &data_length) || data_length > message->length - message->at)
		return false;
	place_r->owner_hash = wire_name_hash(&owner);
	place_r->ttl_s = ttl;
	place_r->type = (uint16_t)type;
	place_r->data_at = (uint16_t)message->at;
	place_r->data_length = (uint16_t)data_length;
	message->at += data_length;
	return true;
}

static bool read_answers(struct message *message, unsigned count, struct message_parts *parts)
{
	struct place place;
	unsigned class;

	while (count-- > 0) {
		if (parts->place_count == PLACES_MAX || !read_record(message, &place, &class))
			return false;
		if (class == CLASS_IN)
			parts->places[parts->place_count++] = place;
	}
	return true;
}

static bool read_authority(struct message *message, unsigned count, struct message_parts *parts)
{
	struct place place;
	unsigned class;

	while (count-- > 0) {
		if (!read_record(message, &place, &class))
			return false;
		if (class == CLASS_IN && place.type == TYPE_SOA && parts->soa.type == 0)
			parts->soa = place;
		parts->has_ns = parts->has_ns || place.type == TYPE_NS;
	}
	return true;
}

/* RFC 6891 6.1.1, 6.1.3: at most one OPT, whose first octet goes before the four bits of the header. */
static bool read_additional(struct message *message, unsigned count, struct message_parts *parts)
{
	bool has_opt = false;
	struct place place;
	unsigned class;

	while (count-- > 0) {
		if (!read_record(message, &place, &class))
			return false;
		if (place.type != TYPE_OPT)
			continue;
		if (has_opt)
			return false;
		has_opt = true;
		parts->rcode |= place.ttl_s >> 24 << 4;
	}
	return true;
}


bool read_message(struct message *message, const struct wire_name *name, enum dns_type type,
		  struct message_parts *parts_r)
{
	unsigned counts[3];

	parts_r->place_count = 0;
	parts_r->soa.type = 0;
	parts_r->has_ns = false;
	return read_head(message, name, type, &parts_r->rcode, counts) &&
	       read_answers(message, counts[0], parts_r) && read_authority(message, counts[1], parts_r) &&
	       read_additional(message, counts[2], parts_r);
}
