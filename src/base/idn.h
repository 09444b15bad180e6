/* SPDX-License-Identifier: BSD-2-Clause */
/* U-labels to A-labels (libidn2). */
#ifndef BASE_IDN_H
#define BASE_IDN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * domain: UTF-8, NUL-terminated.  Writes A-labels with a NUL to ascii_r[0..size); false when it is
 * not valid UTF-8, not IDNA 2008, or too long.  Lengths and LDH of the result are the caller's to check.
 */
bool idn_to_ascii(const char *domain, char *ascii_r, size_t size);

const char *idn_library_version(void);

#endif
