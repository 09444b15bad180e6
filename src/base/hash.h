/* SPDX-License-Identifier: BSD-2-Clause */
/* A fast hash of bytes that is the same on every machine: for tables, session ids and sampling. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Folds the product of two 64-bit numbers: each bit of both reaches all bits of the result. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Up to eight bytes, the first the lowest, whatever the machine's order; zeros for those that are not there. */
static inline uint64_t hash_load(const char *bytes, size_t length)
{
	uint64_t word = 0;

	memcpy(&word, bytes, length);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/*
 * No secret is in it: whoever chooses the bytes can choose the hash, so tables that it serves have a bound on
 * their chains, or keys that no peer chooses.  Outputs depend on its values; they stay as they are.
 */
static inline uint64_t hash_bytes(const char *bytes, size_t length, uint64_t seed)
{
	uint64_t hash = seed ^ UINT64_C(0x9e3779b97f4a7c15);
	uint64_t total = length, last = 0;

	for (; length >= 8; bytes += 8, length -= 8)
		hash = hash_mix(hash ^ hash_load(bytes, 8), UINT64_C(0xd6e8feb86659fd93));
	/* What is left over; where there are eight bytes it is the end of the last eight. */
	if (length > 0)
		last = total >= 8 ? hash_load(bytes + length - 8, 8) >> (8 * (8 - length)) : hash_load(bytes, length);
	return hash_mix(hash ^ last, total ^ UINT64_C(0xa0761d6478bd642f));
}

#endif
