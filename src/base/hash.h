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

/* Eight bytes, the first the lowest, whatever the machine's order. */
static inline uint64_t hash_load(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline uint64_t hash_load_half(const char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap32(word);
#endif
	return word;
}

/* The same of 1 to 7 bytes, with zeros behind them: of pieces that may overlap. */
static inline uint64_t hash_load_short(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;

	if (length >= 4)
		return hash_load_half(bytes) | hash_load_half(bytes + length - 4) << (8 * (length - 4));
	return at[0] | (uint64_t)at[length / 2] << (8 * (length / 2)) | (uint64_t)at[length - 1] << (8 * (length - 1));
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
		hash = hash_mix(hash ^ hash_load(bytes), UINT64_C(0xd6e8feb86659fd93));
	/* What is left over; where there are eight bytes it is the end of the last eight. */
	if (length > 0)
		last = total >= 8 ? hash_load(bytes + length - 8) >> (8 * (8 - length)) : hash_load_short(bytes, length);
	return hash_mix(hash ^ last, total ^ UINT64_C(0xa0761d6478bd642f));
}

#endif
