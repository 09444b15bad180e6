/* SPDX-License-Identifier: BSD-2-Clause */
/* The stamps at the begin of log lines: how long are they?  Most values are looked at later. */
#ifndef LOGS_LINE_STAMP_H
#define LOGS_LINE_STAMP_H

#include "logs/scan.h"

/* Each with the space behind it; 0: it is none.  "Nov 22 05:10:37 ", with a year before or behind the day, a fraction. */
size_t stamp_odd_length(const struct scan *scan);

/* What nearly all lines have. */
#define STAMP_RFC3164_BYTES 16
#define STAMP_RFC3339_MAX 36	/* with nine digits behind the point */

static inline bool stamp_is_rfc3164(const struct scan *scan)
{
	const char *p = scan->at;

	return scan_left(scan) >= STAMP_RFC3164_BYTES && p[0] >= 'A' && p[0] <= 'S' && p[3] == ' ' && p[6] == ' ' &&
	       p[9] == ':' && p[12] == ':' && p[15] == ' ';
}

/* "2026-11-22T05:10:37": RFC 3339, or a space for the T. */
static inline bool stamp_is_iso(const struct scan *scan)
{
	return scan_left(scan) > 20 && scan->at[4] == '-' && scan->at[7] == '-' && scan->at[13] == ':';
}

/* "2026-11-22T05:10:37.123456+01:00 " */
static inline size_t stamp_rfc3339_length(const struct scan *scan)
{
	const char *p = scan->at, *space;

	if (scan_left(scan) < STAMP_RFC3339_MAX || !stamp_is_iso(scan) || p[10] != 'T')
		return 0;
	space = memchr(p + 19, ' ', STAMP_RFC3339_MAX - 19);
	return space ? (size_t)(space - p) + 1 : 0;
}

static inline size_t stamp_rfc3164_length(const struct scan *scan)
{
	return stamp_is_rfc3164(scan) ? STAMP_RFC3164_BYTES : stamp_odd_length(scan);
}

/* "Sun 2026-11-22 05:10:37 CET "; *utc_r: its zone is UTC.  Other names of zones are no more than names. */
size_t stamp_full_length(const struct scan *scan, bool *utc_r);

/* "nov. 22 05:10:37 ": the month in another language, of journalctl. */
size_t stamp_local_length(const struct scan *scan);

/* "[    1.000000] ", which tells no time. */
size_t stamp_monotonic_length(const struct scan *scan);

/* "Thu Nov 26 06:00:01 2026 ", of ctime(3): what logread of OpenWrt writes. */
size_t stamp_ctime_length(const struct scan *scan);

/* "@400000006746a10a2c3d4e5f ": TAI64N, of multilog and s6-log, in microseconds since 1970. */
size_t stamp_tai64n_length(const struct scan *scan, int64_t *us_r);

#endif
