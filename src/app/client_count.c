/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash table of fixed size with a list in each place; entries live as long as their client has sessions. */
#include "app/client_count.h"

#include "dns/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MIN 64

struct client {
	struct client *next;
	struct ip ip;
	unsigned sessions;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hash_key key;
static struct client **places;
static size_t place_count;

bool client_count_start(unsigned max_sessions)
{
	place_count = PLACES_MIN;
	while (place_count < max_sessions)
		place_count *= 2;
	hash_key_init(&key);
	places = calloc(place_count, sizeof *places);
	return places != NULL;
}

static struct ip whole_of(const struct ip *client)
{
	struct ip ip = *client;

	if (ip.family == IP_V6)
		memset(ip.bytes + 8, 0, 8);
	return ip;
}

/* The pointer that leads to the client, or to where it would be. */
static struct client **find(const struct ip *ip)
{
	struct client **at = &places[hash_keyed(&key, ip->bytes, sizeof ip->bytes) & (place_count - 1)];

	while (*at && !ip_equal(&(*at)->ip, ip))
		at = &(*at)->next;
	return at;
}

/* A client for which memory is out is served, and not counted. */
static bool enter(const struct ip *ip, unsigned max, bool *counted_r)
{
	struct client **at = find(ip);

	if (*at && (*at)->sessions >= max)
		return false;
	if (!*at) {
		*at = calloc(1, sizeof **at);
		if (!*at)
			return true;
		(*at)->ip = *ip;
	}
	(*at)->sessions++;
	*counted_r = true;
	return true;
}

bool client_count_enter(const struct ip *client, unsigned max, bool *counted_r)
{
	const struct ip ip = whole_of(client);
	bool good;

	*counted_r = false;
	if (!places)
		return true;
	pthread_mutex_lock(&lock);
	good = enter(&ip, max, counted_r);
	pthread_mutex_unlock(&lock);
	return good;
}

static void leave(const struct ip *ip)
{
	struct client **at = find(ip), *client = *at;

	if (!client || --client->sessions > 0)
		return;
	*at = client->next;
	free(client);
}

void client_count_leave(const struct ip *client)
{
	const struct ip ip = whole_of(client);

	pthread_mutex_lock(&lock);
	leave(&ip);
	pthread_mutex_unlock(&lock);
}
