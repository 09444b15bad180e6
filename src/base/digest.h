/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 of a text, as hexadecimal (libmd). */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

#define DIGEST_TEXT_BYTES 65

void digest_sha256(const void *bytes, size_t length, char text_r[DIGEST_TEXT_BYTES]);

#endif
