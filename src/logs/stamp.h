/* SPDX-License-Identifier: BSD-2-Clause */
/* The times of log lines: without a year, without a zone, or with both. */
#ifndef LOGS_STAMP_H
#define LOGS_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of stamps that do not tell it.  Zeroed: UTC. */
struct time_zone {
	bool local;		/* the zone of this machine */
	int32_t offset_s;	/* else: east of Greenwich */
};

/* "UTC", "local", "+01:00", "-0330". */
bool zone_parse(const char *text, struct time_zone *zone_r);

/* What is remembered from stamp to stamp of one input. */
struct stamps {
	struct time_zone zone;
	int64_t written_us;	/* when the input was last written to: its last stamp is not later */
	int year;		/* of the last stamp; 0: there was none yet, and nobody has said */
	int month;		/* of the last stamp; 0: none yet */
	bool guessed;		/* a year was taken from written_us */
	char last[15];		/* the last RFC 3164 stamp, and what it meant */
	int64_t last_us;
	int64_t last_day_us;	/* begin of its day, in its own zone; -1: not known */
	int64_t hour;		/* of the local zone: since 1970, and its offset */
	int32_t hour_offset_s;
};

/* year: of the first stamp, 0 to find out from written_us. */
void stamps_begin(struct stamps *stamps, struct time_zone zone, int year, int64_t written_us);

/*
 * "Nov 22 05:10:37" (RFC 3164 4.1.2), the day padded or not, a fraction and a year, before or behind the day, taken too, and
 * the month in other languages.
 * Months that fall back by more than half a year begin a new year; those that leap ahead as far belong to the last one
 * (late lines).  Returns the characters read, 0 when it is no stamp.
 */
size_t stamp_parse(struct stamps *stamps, const char *text, size_t length, int64_t *us_r);

/* " +0100", " UTC" before a space or the end, behind a stamp; 0: it is not there. */
size_t stamp_zone_length(const char *text, size_t length, int32_t *offset_s_r);

/* A stamp of RFC 3339, with a space before its offset, too; one without offset is of the zone. */
size_t stamp_parse_iso(struct stamps *stamps, const char *text, size_t length, int64_t *us_r);

#endif
