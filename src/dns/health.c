/* SPDX-License-Identifier: BSD-2-Clause */
/* Remembers what became of the last zones asked for, and judges the resolver by them. */
#include "dns/health.h"

#include <string.h>

#define SHORT_LABEL 3	/* co, com, ac, gov, org: below a country they are no zone of one owner */

void health_init(struct health *health)
{
	*health = (struct health){ .down = false };
	hash_key_init(&health->key);
}

/* The last count labels of name, or all. */
static const char *last_labels(const char *name, size_t count)
{
	const char *at = name + strlen(name);

	while (at > name && (at[-1] != '.' || --count > 0))
		at--;
	return at;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), bytes = strlen(suffix);

	return length >= bytes && strcmp(name + length - bytes, suffix) == 0;
}

const char *health_zone_of(const char *name)
{
	const char *zone = last_labels(name, 2);
	size_t first = strcspn(zone, ".");

	if (ends_with(name, ".in-addr.arpa"))
		return last_labels(name, 4);
	if (ends_with(name, ".ip6.arpa"))
		return last_labels(name, 10);
	if (first <= SHORT_LABEL && strlen(zone) == first + 3)
		return last_labels(name, 3);
	return zone;
}

uint64_t health_zone_number(const struct health *health, const char *name)
{
	const char *zone = health_zone_of(name);

	return hash_keyed(&health->key, zone, strlen(zone));
}

size_t health_count(const struct health *health, int64_t now_us, size_t *failed_r)
{
	size_t count = 0;

	*failed_r = 0;
	for (size_t i = 0; i < HEALTH_ZONES; i++) {
		const struct health_zone *zone = &health->zones[i];

		if (zone->at_us == 0 || now_us - zone->at_us > HEALTH_WINDOW_US)
			continue;
		count++;
		*failed_r += zone->failed;
	}
	return count;
}

/* Its place, or the one that was not asked for the longest. */
static struct health_zone *place_of(struct health *health, uint64_t hash)
{
	struct health_zone *place = &health->zones[0];

	for (size_t i = 0; i < HEALTH_ZONES; i++) {
		struct health_zone *zone = &health->zones[i];

		if (zone->at_us != 0 && zone->hash == hash)
			return zone;
		if (zone->at_us < place->at_us)
			place = zone;
	}
	return place;
}

enum health_change health_note(struct health *health, const char *name, bool failed, int64_t now_us)
{
	uint64_t hash = health_zone_number(health, name);
	size_t count, failed_count;
	bool was_down = health->down;

	*place_of(health, hash) = (struct health_zone){ .hash = hash, .at_us = now_us, .failed = failed };
	count = health_count(health, now_us, &failed_count);
	if (was_down)
		health->down = failed_count * 2 >= count;
	else
		health->down = count >= HEALTH_ZONES_MIN && failed_count * 5 >= count * 4;
	if (health->down == was_down)
		return HEALTH_SAME;
	return was_down ? HEALTH_CAME_BACK : HEALTH_WENT_DOWN;
}
