/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 as RFC 3629 allows it. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* The length (1 to 4) of the valid sequence at the start of text[0..length), 0 when there is none; ASCII is 1. */
size_t utf8_length(const char *text, size_t length);

#endif
