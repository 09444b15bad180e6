/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody should look at though no verdict shows it: noted while judging, told by whoever can tell. */
#ifndef CORE_ALARM_H
#define CORE_ALARM_H

#include "base/ip.h"

#include <stddef.h>

enum alarm_kind {
	ALARM_PATTERN_LIMIT,	/* a pattern was stopped by its limits, which made a comparison unknown */
	ALARM_ZONE		/* a DNS list gave an answer that is no listing, which made a comparison unknown */
};

struct alarm {
	enum alarm_kind kind;
	const char *subject;	/* the pattern, or the zone's name; belongs to the policy */
	struct ip answer;	/* of a zone */
};

/* Further ones are left out: the first few tell enough. */
#define ALARMS_MAX 4

struct alarms {
	size_t count;
	struct alarm items[ALARMS_MAX];
};

/* Each subject once.  alarms NULL: nobody listens. */
void alarms_add(struct alarms *alarms, const struct alarm *alarm);

#endif
