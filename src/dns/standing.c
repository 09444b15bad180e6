/* SPDX-License-Identifier: BSD-2-Clause */
/* c-ares 1.18 asks a dead first server first, again and again: so the choice is made here. */
#include "dns/standing.h"

void standing_init(struct standing *standing, size_t count)
{
	*standing = (struct standing){ .count = count };
}

bool standing_answered(struct standing *standing, size_t server, int64_t now_us)
{
	bool was_silent = standing->servers[server].silent;

	standing->servers[server].strikes = 0;
	standing->servers[server].silent = false;
	standing->servers[server].answered_us = now_us;
	return was_silent;
}

bool standing_failed(struct standing *standing, size_t server, uint64_t zone, int64_t sent_us, int64_t now_us)
{
	unsigned strikes = standing->servers[server].strikes;

	/* It has answered others since: the zone is slow, not the server. */
	if (standing->servers[server].answered_us >= sent_us || standing->servers[server].silent)
		return false;
	for (unsigned i = 0; i < strikes; i++)
		if (standing->servers[server].zones[i] == zone)
			return false;
	standing->servers[server].zones[strikes] = zone;
	standing->servers[server].silent = ++standing->servers[server].strikes >= STANDING_STRIKES;
	standing->servers[server].probe_us = now_us + (standing->servers[server].silent ? STANDING_PROBE_US : 0);
	return standing->servers[server].silent;
}

static bool is_before(const struct standing *standing, const struct tries *tries, size_t a, size_t b)
{
	if (standing->servers[a].silent != standing->servers[b].silent)
		return standing->servers[b].silent;
	return tries->asked[a] < tries->asked[b];
}

size_t standing_choose(const struct standing *standing, const struct tries *tries)
{
	size_t chosen = SERVER_NONE;

	for (size_t i = 0; i < standing->count; i++)
		if (!tries->refused[i] && (chosen == SERVER_NONE || is_before(standing, tries, i, chosen)))
			chosen = i;
	return chosen;
}

bool standing_hopeless(const struct standing *standing, const struct tries *tries)
{
	bool refused = false;

	for (size_t i = 0; i < standing->count; i++) {
		if (!tries->refused[i] && !standing->servers[i].silent)
			return false;
		refused = refused || tries->refused[i];
	}
	return refused;
}

size_t standing_probe(struct standing *standing, const struct tries *tries, int64_t now_us)
{
	for (size_t i = 0; i < standing->count; i++)
		if (standing->servers[i].strikes > 0 && standing->servers[i].probe_us <= now_us &&
		    tries->asked[i] == 0) {
			standing->servers[i].probe_us = now_us + STANDING_PROBE_US;
			return i;
		}
	return SERVER_NONE;
}
