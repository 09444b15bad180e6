/* SPDX-License-Identifier: BSD-2-Clause */
/* Which days a period holds, and which clients a share. */
#include "core/rollout.h"

#include "base/ascii.h"

#include <string.h>

bool period_holds(const struct period *period, int32_t date)
{
	return (period->since == DATE_NONE || date >= period->since) &&
	       (period->until == DATE_NONE || date <= period->until);
}

/* FNV-1a. */
#define HASH_START UINT64_C(14695981039346656037)
#define HASH_PRIME UINT64_C(1099511628211)

static uint64_t hash_byte(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * HASH_PRIME;
}

/* The same network, or what an attacker has of IPv6 without asking for more. */
static uint64_t hash_network(uint64_t hash, const struct ip *ip)
{
	size_t bytes = ip->family == IP_V6 ? 8 : 3;

	hash = hash_byte(hash, (uint8_t)ip->family);
	for (size_t i = 0; i < bytes; i++)
		hash = hash_byte(hash, ip->bytes[i]);
	return hash;
}

static uint64_t hash_name(uint64_t hash, const char *name)
{
	size_t length = strlen(name);

	if (length > 0 && name[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++)
		hash = hash_byte(hash, (uint8_t)ascii_lower(name[i]));
	return hash;
}

/* FNV leaves the high bits of short inputs nearly alone: these are the finishing steps of MurmurHash3. */
static uint64_t hash_finish(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 33;
}

bool client_in_share(const struct session *session, bool by_name, unsigned percent)
{
	uint64_t hash = HASH_START;

	if (percent >= 100)
		return true;
	if (session->client.presence != PRESENCE_KNOWN || (by_name && session->ehlo.presence == PRESENCE_UNKNOWN))
		return false;
	hash = hash_network(hash, &session->client.value);
	if (by_name && session->ehlo.presence == PRESENCE_KNOWN)
		hash = hash_name(hash, session->ehlo.value);
	return hash_finish(hash) % 100 < percent;
}
