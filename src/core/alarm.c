/* SPDX-License-Identifier: BSD-2-Clause */
/* Collects what a judgement met that somebody should look at. */
#include "core/alarm.h"

void alarms_add(struct alarms *alarms, const struct alarm *alarm)
{
	if (!alarms || alarms->count == ALARMS_MAX)
		return;
	for (size_t i = 0; i < alarms->count; i++)
		if (alarms->items[i].subject == alarm->subject)
			return;
	alarms->items[alarms->count++] = *alarm;
}
