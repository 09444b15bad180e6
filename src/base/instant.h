/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time as text (RFC 3339), in microseconds since 1970-01-01 UTC. */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTANT_TEXT_BYTES 28	/* "2026-11-22T05:16:02.123456Z" and a NUL */

/* Always UTC with six digits; years 1970 to 9999, what lies outside is written as the nearest of them. */
void instant_format(int64_t us, char text_r[INSTANT_TEXT_BYTES]);

/*
 * Reads a stamp from the start of text[0..length): RFC 3339 5.6, and its near kin: a space for the T, a comma for
 * the point of the fraction, an offset without colon ("+0100"), no offset at all (then *has_offset_r is false and
 * the time is taken as UTC).  Returns the number of characters read, 0 when it is no stamp.  A leap second counts
 * as the second after it.
 */
size_t instant_parse(const char *text, size_t length, int64_t *us_r, bool *has_offset_r);

/*
 * "05:16:02" with an optional fraction (RFC 3164 has none), microseconds of the day; returns the characters read,
 * or 0.
 */
size_t instant_parse_clock(const char *text, size_t length, int64_t *us_r);

/* "Z", "+01:00", "-0330", "+01"; returns the characters read, or 0. */
size_t instant_parse_offset(const char *text, size_t length, int32_t *offset_s_r);

#endif
