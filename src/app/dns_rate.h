/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps commands that ask for many sessions from flooding a resolver. */
#ifndef APP_DNS_RATE_H
#define APP_DNS_RATE_H

#include "core/lookup.h"

#include <stdint.h>

#define DNS_RATE_PER_S 500

/* Zeroed memory is one that has not begun. */
struct dns_rate {
	int64_t began_us;
	uint64_t asked;
};

/* Counts the answers that came from the network, and sleeps when they were more than the rate allows. */
void dns_rate_keep(struct dns_rate *rate, const struct answers *answers);

#endif
