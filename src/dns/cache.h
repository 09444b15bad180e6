/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers kept for as long as their TTLs allow, and the questions that are under way: each is asked once. */
#ifndef DNS_CACHE_H
#define DNS_CACHE_H

#include "core/dns_answer.h"
#include "dns/inbox.h"

#include <stddef.h>
#include <stdint.h>

/* Any thread.  Sharded; no lock is held when a function returns. */
struct cache;

/*
 * Keeps at most entry_count answers (0: none, but questions still are asked once), and about
 * CACHE_ENTRY_BYTES for each on average; who was not asked for the longest goes first.  What is under way
 * does not count: the asker bounds it.  NULL when memory is out.
 */
struct cache *cache_new(size_t entry_count);
/* From now on TTLs do not count. */
void cache_keep(struct cache *cache);
/* Whoever waits is forgotten. */
void cache_free(struct cache **cache);

#define CACHE_ENTRY_BYTES 1024

/* The longest that an answer is kept, whatever its TTL says. */
#define CACHE_POSITIVE_S 86400
#define CACHE_NEGATIVE_S 3600	/* RFC 2308 5: 1 to 3 hours */
#define CACHE_ERROR_S 1		/* SERVFAIL, REFUSED, TIMEOUT: a resolver that is back is seen at once */

enum cache_found {
	CACHE_ANSWER,	/* *answer_r has a reference */
	CACHE_WAIT,	/* somebody has asked: the answer will come to the waiter, which the cache has taken over */
	CACHE_ASK,	/* as CACHE_WAIT, and the caller must see to it that cache_put() follows */
	CACHE_NO_MEMORY
};

/* name: of the form that wire_name_format() writes. */
enum cache_found cache_ask(struct cache *cache, const char *name, enum dns_type type, int64_t now_us,
			   struct waiter *waiter, const struct dns_answer **answer_r);

/*
 * Keeps the answer as long as it may, and returns who waits for it.  It may come late or twice: one that is
 * not certain does not drive out one that is.
 */
struct waiter *cache_put(struct cache *cache, const char *name, enum dns_type type,
			 const struct dns_answer *answer, int64_t now_us);

/* Answers that are kept now, and their bytes, as counted for the bound. */
size_t cache_count(struct cache *cache, size_t *bytes_r);

#endif
