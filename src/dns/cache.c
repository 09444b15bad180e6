/* SPDX-License-Identifier: BSD-2-Clause */
/* A sharded table of answers, the least recently used ones driven out, and of questions under way. */
#include "dns/cache.h"

#include "dns/answer.h"
#include "dns/hash.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_S (INT64_C(10) * 365 * 86400)	/* longer than any run */
#define SHARD_COUNT 16
#define SHARD_BITS 4
/* A shard with less than this would forget much only because names fall unevenly. */
#define SHARD_ENTRIES_MIN 64
#define BLOCK_BYTES 32	/* what the allocator needs beside its two blocks, about */

/* An answer that is kept, or a question under way. */
struct entry {
	struct entry *next;			/* in its bucket */
	struct entry *newer, *older;		/* by their last use; only with an answer */
	const struct dns_answer *answer;	/* NULL: under way */
	struct waiter *waiters;			/* only under way */
	int64_t expires_us;
	size_t bytes;
	uint64_t hash;
	enum dns_type type;
	char name[];
};

struct shard {
	alignas(64) pthread_mutex_t mutex;	/* for what follows; each shard on lines of its own */
	struct entry **buckets;
	struct entry *newest, *oldest;
	size_t entry_count;
	size_t bytes;
};

struct cache {
	struct shard shards[SHARD_COUNT];
	struct hash_key key;
	size_t shard_count;		/* 1, or SHARD_COUNT */
	size_t bucket_count;		/* of each shard, a power of two */
	size_t shard_entries_max;
	size_t shard_bytes_max;
	bool keep;			/* set before anybody asks */
};

/* --- making --- */

static size_t power_of_two(size_t least)
{
	size_t power = 64;

	while (power < least)
		power *= 2;
	return power;
}

static bool init_shard(struct shard *shard, size_t bucket_count)
{
	shard->buckets = calloc(bucket_count, sizeof *shard->buckets);
	if (!shard->buckets)
		return false;
	if (pthread_mutex_init(&shard->mutex, NULL) == 0)
		return true;
	free(shard->buckets);
	return false;
}

static void clear_shard(struct shard *shard, size_t bucket_count)
{
	for (size_t i = 0; i < bucket_count; i++)
		while (shard->buckets[i]) {
			struct entry *entry = shard->buckets[i];

			shard->buckets[i] = entry->next;
			while (entry->waiters) {
				struct waiter *waiter = entry->waiters;

				entry->waiters = waiter->next;
				waiter_free(&waiter);
			}
			answer_unref(&entry->answer);
			free(entry);
		}
	free(shard->buckets);
	pthread_mutex_destroy(&shard->mutex);
}

struct cache *cache_new(size_t entry_count)
{
	struct cache *cache = aligned_alloc(alignof(struct cache), sizeof *cache);
	size_t wanted;

	if (!cache)
		return NULL;
	memset(cache, 0, sizeof *cache);
	hash_key_init(&cache->key);
	wanted = entry_count >= SHARD_COUNT * SHARD_ENTRIES_MIN ? SHARD_COUNT : 1;
	cache->shard_entries_max = entry_count / wanted;
	cache->shard_bytes_max = cache->shard_entries_max * CACHE_ENTRY_BYTES;
	cache->bucket_count = power_of_two(cache->shard_entries_max);
	while (cache->shard_count < wanted) {
		if (!init_shard(&cache->shards[cache->shard_count], cache->bucket_count)) {
			cache_free(&cache);
			return NULL;
		}
		cache->shard_count++;
	}
	return cache;
}

void cache_keep(struct cache *cache)
{
	cache->keep = true;
}

void cache_free(struct cache **cache)
{
	if (!*cache)
		return;
	for (size_t i = 0; i < (*cache)->shard_count; i++)
		clear_shard(&(*cache)->shards[i], (*cache)->bucket_count);
	free(*cache);
	*cache = NULL;
}

/* --- the table; the shard is locked --- */

static uint64_t hash_of(const struct cache *cache, const char *name, enum dns_type type)
{
	return hash_keyed(&cache->key, name, strlen(name)) + type * UINT64_C(0x9e3779b97f4a7c15);
}

static struct shard *shard_of(struct cache *cache, uint64_t hash)
{
	return &cache->shards[cache->shard_count > 1 ? hash >> (64 - SHARD_BITS) : 0];
}

/* Where the entry hangs, or would. */
static struct entry **find(const struct cache *cache, struct shard *shard, uint64_t hash, const char *name,
			   enum dns_type type)
{
	struct entry **at = &shard->buckets[hash & (cache->bucket_count - 1)];

	while (*at && ((*at)->hash != hash || (*at)->type != type || strcmp((*at)->name, name) != 0))
		at = &(*at)->next;
	return at;
}

static struct entry *entry_new(uint64_t hash, const char *name, enum dns_type type)
{
	size_t length = strlen(name);
	struct entry *entry = calloc(1, sizeof *entry + length + 1);

	if (!entry)
		return NULL;
	entry->hash = hash;
	entry->type = type;
	memcpy(entry->name, name, length + 1);
	return entry;
}

static void unlink_used(struct shard *shard, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &shard->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &shard->oldest) = entry->newer;
	entry->newer = entry->older = NULL;
}

static void link_newest(struct shard *shard, struct entry *entry)
{
	entry->older = shard->newest;
	*(shard->newest ? &shard->newest->newer : &shard->oldest) = entry;
	shard->newest = entry;
}

/* The entry is as one under way then. */
static void forget_answer(struct shard *shard, struct entry *entry)
{
	if (!entry->answer)
		return;
	unlink_used(shard, entry);
	answer_unref(&entry->answer);
	shard->entry_count--;
	shard->bytes -= entry->bytes;
}

static void keep_answer(struct shard *shard, struct entry *entry, const struct dns_answer *answer,
			int64_t expires_us)
{
	entry->answer = answer_ref(answer);
	entry->expires_us = expires_us;
	entry->bytes = sizeof *entry + strlen(entry->name) + 1 + answer_bytes(answer) + BLOCK_BYTES;
	shard->entry_count++;
	shard->bytes += entry->bytes;
	link_newest(shard, entry);
}

static void remove_entry(struct shard *shard, struct entry **at)
{
	struct entry *entry = *at;

	forget_answer(shard, entry);
	*at = entry->next;
	free(entry);
}

static void drive_out(const struct cache *cache, struct shard *shard)
{
	while (shard->entry_count > cache->shard_entries_max || shard->bytes > cache->shard_bytes_max) {
		const struct entry *oldest = shard->oldest;

		remove_entry(shard, find(cache, shard, oldest->hash, oldest->name, oldest->type));
	}
}

/* --- asking --- */

static enum cache_found wait_for(struct entry *entry, struct waiter *waiter, enum cache_found found)
{
	waiter->next = entry->waiters;
	entry->waiters = waiter;
	return found;
}

static enum cache_found ask_entry(struct shard *shard, struct entry *entry, int64_t now_us,
				  struct waiter *waiter, const struct dns_answer **answer_r)
{
	if (!entry->answer)
		return wait_for(entry, waiter, CACHE_WAIT);
	if (now_us >= entry->expires_us) {
		forget_answer(shard, entry);
		return wait_for(entry, waiter, CACHE_ASK);
	}
	if (shard->newest != entry) {
		unlink_used(shard, entry);
		link_newest(shard, entry);
	}
	*answer_r = answer_ref(entry->answer);
	return CACHE_ANSWER;
}

enum cache_found cache_ask(struct cache *cache, const char *name, enum dns_type type, int64_t now_us,
			   struct waiter *waiter, const struct dns_answer **answer_r)
{
	uint64_t hash = hash_of(cache, name, type);
	struct shard *shard = shard_of(cache, hash);
	enum cache_found found = CACHE_NO_MEMORY;
	struct entry **at;

	pthread_mutex_lock(&shard->mutex);
	at = find(cache, shard, hash, name, type);
	if (*at) {
		found = ask_entry(shard, *at, now_us, waiter, answer_r);
	} else {
		*at = entry_new(hash, name, type);
		if (*at)
			found = wait_for(*at, waiter, CACHE_ASK);
	}
	pthread_mutex_unlock(&shard->mutex);
	return found;
}

/* --- answering --- */

static int64_t lifetime_s(const struct cache *cache, const struct dns_answer *answer)
{
	if (cache->keep && answer->status != DNS_UNKNOWN && answer->status <= DNS_TIMEOUT)
		return KEPT_S;
	switch (answer->status) {
	case DNS_NOERROR:
		return answer->ttl_s < CACHE_POSITIVE_S ? answer->ttl_s : CACHE_POSITIVE_S;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		return answer->ttl_s < CACHE_NEGATIVE_S ? answer->ttl_s : CACHE_NEGATIVE_S;
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_TIMEOUT:
		return CACHE_ERROR_S;
	case DNS_UNKNOWN:
	case DNS_UNUSABLE:
	case DNS_LIMIT:
		break;
	}
	return 0;
}

/* Is what is kept worth more than a new answer that says nothing certain? */
static bool is_better(const struct entry *entry, const struct dns_answer *answer, int64_t now_us)
{
	return entry->answer && now_us < entry->expires_us && dns_is_certain(entry->answer->status) &&
	       !dns_is_certain(answer->status);
}

struct waiter *cache_put(struct cache *cache, const char *name, enum dns_type type,
			 const struct dns_answer *answer, int64_t now_us)
{
	int64_t lifetime_us = cache->shard_entries_max > 0 ? lifetime_s(cache, answer) * INT64_C(1000000) : 0;
	uint64_t hash = hash_of(cache, name, type);
	struct shard *shard = shard_of(cache, hash);
	struct waiter *waiters = NULL;
	struct entry **at;

	pthread_mutex_lock(&shard->mutex);
	at = find(cache, shard, hash, name, type);
	if (!*at && lifetime_us > 0)
		*at = entry_new(hash, name, type);
	if (*at && !is_better(*at, answer, now_us) && !(cache->keep && (*at)->answer)) {
		waiters = (*at)->waiters;
		(*at)->waiters = NULL;
		forget_answer(shard, *at);
		if (lifetime_us > 0)
			keep_answer(shard, *at, answer, now_us + lifetime_us);
		else
			remove_entry(shard, at);
		drive_out(cache, shard);
	}
	pthread_mutex_unlock(&shard->mutex);
	return waiters;
}

size_t cache_count(struct cache *cache, size_t *bytes_r)
{
	size_t count = 0;

	*bytes_r = 0;
	for (size_t i = 0; i < cache->shard_count; i++) {
		struct shard *shard = &cache->shards[i];

		pthread_mutex_lock(&shard->mutex);
		count += shard->entry_count;
		*bytes_r += shard->bytes;
		pthread_mutex_unlock(&shard->mutex);
	}
	return count;
}
