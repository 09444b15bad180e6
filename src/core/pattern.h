/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions that cannot run away (PCRE2 with match, depth and heap limits). */
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include "core/tri.h"

#include <stddef.h>

struct pattern;

/* Case-insensitive, unanchored.  NULL with the error and its offset in text; also when memory is out. */
struct pattern *pattern_new(const char *text, char *error_r, size_t error_bytes, size_t *offset_r);
void pattern_free(struct pattern **pattern);

/* TRI_UNKNOWN when a limit was reached or memory is out.  Any thread. */
enum tri pattern_match(const struct pattern *pattern, const char *subject);

const char *pattern_library_version(char version_r[32]);

#endif
