/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions that cannot run away (PCRE2 with match, depth and heap limits). */
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include "core/tri.h"

#include <stddef.h>

struct pattern;

/* What is wrong with a pattern, and at which byte of it. */
struct pattern_error {
	size_t offset;
	char text[120];
};

/* Case-insensitive, unanchored.  NULL with *error_r set, also when memory is out. */
struct pattern *pattern_new(const char *text, struct pattern_error *error_r);
void pattern_free(struct pattern **pattern);

/*
 * TRI_UNKNOWN when a limit was reached or memory is out.  Any thread.  Allocates nothing where PCRE2 could make
 * machine code of the pattern; else no more than PCRE2 does when its first frames, which are given, are not
 * enough.
 */
enum tri pattern_match(const struct pattern *pattern, const char *subject, size_t length);

const char *pattern_library_version(char version_r[32]);

#endif
