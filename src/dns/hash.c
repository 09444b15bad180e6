/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash with one round for each word and three at the end. */
#include "dns/hash.h"

#include "base/clock.h"

#include <sys/random.h>
#include <sys/types.h>

struct state {
	uint64_t a, b, c, d;
};

void hash_key_init(struct hash_key *key_r)
{
	if (getrandom(key_r, sizeof *key_r, GRND_NONBLOCK) == (ssize_t)sizeof *key_r)
		return;
	key_r->words[0] = (uint64_t)clock_monotonic_us();
	key_r->words[1] = (uint64_t)clock_realtime_us() ^ (uint64_t)(uintptr_t)key_r;
}

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static void sip_round(struct state *s)
{
	s->a += s->b;
	s->b = rotate(s->b, 13) ^ s->a;
	s->a = rotate(s->a, 32);
	s->c += s->d;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = rotate(s->b, 17) ^ s->c;
	s->c = rotate(s->c, 32);
}

static void take_word(struct state *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

/* count bytes, at most 8, the first one lowest. */
static uint64_t word_of(const uint8_t *bytes, size_t count)
{
	uint64_t word = 0;

	while (count-- > 0)
		word = word << 8 | bytes[count];
	return word;
}

uint64_t hash_keyed(const struct hash_key *key, const void *bytes, size_t length)
{
	struct state s = {
		.a = key->words[0] ^ 0x736f6d6570736575,
		.b = key->words[1] ^ 0x646f72616e646f6d,
		.c = key->words[0] ^ 0x6c7967656e657261,
		.d = key->words[1] ^ 0x7465646279746573,
	};
	const uint8_t *at = bytes;
	size_t left = length;

	for (; left >= 8; left -= 8, at += 8)
		take_word(&s, word_of(at, 8));
	take_word(&s, (uint64_t)length << 56 | word_of(at, left));
	s.c ^= 0xff;
	for (unsigned i = 0; i < 3; i++)
		sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}
