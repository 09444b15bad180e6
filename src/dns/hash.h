/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes of what strangers choose, with a key that they do not know. */
#ifndef DNS_HASH_H
#define DNS_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t words[2];
};

/* From the kernel's random numbers; while it has none, from clocks and addresses. */
void hash_key_init(struct hash_key *key_r);

/* SipHash-1-3 (Aumasson, Bernstein 2012). */
uint64_t hash_keyed(const struct hash_key *key, const void *bytes, size_t length);

#endif
