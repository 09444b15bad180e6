/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (libmd). */
#include "base/digest.h"

#include <sys/types.h>
#include <sha2.h>

#include <stdint.h>
#include <string.h>

#define BLOCK_BYTES 64		/* of SHA-256 */

void digest_sha256(const void *bytes, size_t length, char text_r[DIGEST_TEXT_BYTES])
{
	SHA256Data(bytes, length, text_r);
}

static void digest_two(const void *first, size_t first_length, const void *second, size_t second_length,
		       unsigned char digest_r[DIGEST_BYTES])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, first, first_length);
	SHA256Update(&context, second, second_length);
	SHA256Final(digest_r, &context);
}

void digest_hmac(const void *key, size_t key_length, const void *bytes, size_t length,
		 unsigned char digest_r[DIGEST_BYTES])
{
	unsigned char inner[BLOCK_BYTES] = { 0 }, outer[BLOCK_BYTES];

	if (key_length > BLOCK_BYTES)
		digest_two(key, key_length, "", 0, inner);
	else
		memcpy(inner, key, key_length);
	for (size_t i = 0; i < BLOCK_BYTES; i++) {
		outer[i] = (unsigned char)(inner[i] ^ 0x5c);
		inner[i] ^= 0x36;
	}
	digest_two(inner, sizeof inner, bytes, length, digest_r);
	digest_two(outer, sizeof outer, digest_r, DIGEST_BYTES, digest_r);
}
