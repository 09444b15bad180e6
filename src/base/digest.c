/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (libmd). */
#include "base/digest.h"

#include <sys/types.h>
#include <sha2.h>

#include <stdint.h>

void digest_sha256(const void *bytes, size_t length, char text_r[DIGEST_TEXT_BYTES])
{
	SHA256Data(bytes, length, text_r);
}
