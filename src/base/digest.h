/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 of a text, as hexadecimal, and keyed (libmd). */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

#define DIGEST_TEXT_BYTES 65

void digest_sha256(const void *bytes, size_t length, char text_r[DIGEST_TEXT_BYTES]);

#define DIGEST_BYTES 32

/* HMAC-SHA-256 (RFC 2104), as bytes. */
void digest_hmac(const void *key, size_t key_length, const void *bytes, size_t length,
		 unsigned char digest_r[DIGEST_BYTES]);

#endif
