/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeps away what was asked too fast. */
#include "app/dns_rate.h"

#include "base/clock.h"

#include <time.h>

void dns_rate_keep(struct dns_rate *rate, const struct answers *answers)
{
	int64_t now_us = clock_monotonic_us(), ahead_us;
	struct timespec pause;

	if (rate->began_us == 0)
		rate->began_us = now_us;
	for (size_t i = 0; i < answers->count; i++)
		rate->asked += answers->items[i].answer && answers->items[i].source == DNS_FROM_NET;
	ahead_us = rate->began_us + (int64_t)rate->asked * US_PER_SECOND / DNS_RATE_PER_S - now_us;
	/* Time without questions does not pay for a burst of more than a second. */
	if (ahead_us < -US_PER_SECOND)
		rate->began_us -= ahead_us + US_PER_SECOND;
	if (ahead_us <= 0)
		return;
	pause = (struct timespec){ .tv_sec = ahead_us / US_PER_SECOND, .tv_nsec = ahead_us % US_PER_SECOND * 1000 };
	(void)nanosleep(&pause, NULL);
}
