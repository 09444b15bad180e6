/* SPDX-License-Identifier: BSD-2-Clause */
/* Is the resolver down, or are only some zones?  Judged by names that have nothing to do with each other. */
#ifndef DNS_HEALTH_H
#define DNS_HEALTH_H

#include "dns/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEALTH_ZONES 32			/* that are remembered, the last ones asked for */
#define HEALTH_ZONES_MIN 8		/* with fewer, nothing is said */
#define HEALTH_WINDOW_US (INT64_C(60) * 1000000)

/* What became of the last question for a name in a zone. */
struct health_zone {
	uint64_t hash;
	int64_t at_us;		/* 0: none yet */
	bool failed;
};

/* One thread at a time. */
struct health {
	struct hash_key key;
	struct health_zone zones[HEALTH_ZONES];
	bool down;
};

enum health_change { HEALTH_SAME, HEALTH_WENT_DOWN, HEALTH_CAME_BACK };

void health_init(struct health *health);

/*
 * A question asked of the network has ended; failed: without certain answer.  Down: of at least
 * HEALTH_ZONES_MIN zones within the window four in five failed (a mail server always meets some broken
 * ones, and they come in bursts).  Back: more than half of them did not.
 */
enum health_change health_note(struct health *health, const char *name, bool failed, int64_t now_us);

/* The zones now counted, and how many of them failed; for messages. */
size_t health_count(const struct health *health, int64_t now_us, size_t *failed_r);

/* A number for the zone of a name, as far as health_zone_of() tells it. */
uint64_t health_zone_number(const struct health *health, const char *name);

/*
 * The part of a name that stands for whoever runs its zone, as good as can be told without a list: two
 * labels, three below short ones (example.co.uk); of a reverse name the labels of a /16 or of a /32.
 */
const char *health_zone_of(const char *name);

#endif
