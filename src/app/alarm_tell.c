/* SPDX-License-Identifier: BSD-2-Clause */
/* Alarms as text, and which of them the log holds already. */
#include "app/alarm_tell.h"

#include "base/log.h"

#include <stdatomic.h>
#include <stdbool.h>

#define ZONES_MAX 64
#define LINE_BYTES 600
#define SUBJECT_MAX 200

void alarm_add_text(const struct alarm *alarm, struct buf *out)
{
	char address[IP_TEXT_BYTES];

	switch (alarm->kind) {
	case ALARM_PATTERN_LIMIT:
		buf_add(out, "pattern '");
		buf_add_escaped(out, alarm->subject, "", SUBJECT_MAX);
		buf_add(out, "' was stopped by its limits: what it was asked is unknown; write it so that it "
			"cannot try so many ways");
		break;
	case ALARM_ZONE:
		ip_format(&alarm->answer, address);
		buf_addf(out, "DNS list %s answered %s, which is an error and no listing: what it was asked is "
			 "unknown; it may not serve this resolver, or be a list no more", alarm->subject, address);
		break;
	}
}

/* By address: a policy stays for the life of the process.  Zones beyond the table are told again and again. */
static bool is_first(const char *subject)
{
	static _Atomic(const char *) told[ZONES_MAX];

	for (size_t i = 0; i < ZONES_MAX; i++) {
		const char *there = NULL;

		if (atomic_compare_exchange_strong(&told[i], &there, subject))
			return true;
		if (there == subject)
			return false;
	}
	return true;
}

void alarms_log(const struct alarms *alarms)
{
	static atomic_flag pattern_told = ATOMIC_FLAG_INIT;
	char space[LINE_BYTES];

	for (size_t i = 0; i < alarms->count; i++) {
		const struct alarm *alarm = &alarms->items[i];
		struct buf line;

		if (alarm->kind == ALARM_ZONE ? !is_first(alarm->subject) : atomic_flag_test_and_set(&pattern_told))
			continue;
		buf_init_fixed(&line, space, sizeof space);
		alarm_add_text(alarm, &line);
		log_warning("%s", line.text);
	}
}
