/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache: how long answers are kept, how many, and that each question is asked once, by whatever threads. */
#include "dns/cache.h"

#include "base/clock.h"
#include "base/ip.h"
#include "dns/answer.h"
#include "dns/inbox.h"
#include "tap.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND INT64_C(1000000)

/* An answer without records, or with the one address 192.0.2.1. */
static const struct dns_answer *answer_with(enum dns_status status, uint32_t ttl_s)
{
	struct answer_draft draft;
	struct ip ip;

	answer_draft_init(&draft);
	if (status == DNS_NOERROR && ip_parse("192.0.2.1", &ip))
		answer_add_address(&draft, ttl_s, &ip);
	return answer_finish(&draft, status, ttl_s);
}

/* --- one thread --- */

/* Asks, and gives what was found; the waiter goes to *inbox. */
static enum cache_found ask(struct cache *cache, const char *name, int64_t now_us, struct inbox *inbox,
			    enum dns_status *status_r)
{
	struct waiter *waiter = waiter_new(inbox, 7);
	const struct dns_answer *answer = NULL;
	enum cache_found found = cache_ask(cache, name, DNS_A, now_us, waiter, &answer);

	*status_r = DNS_UNKNOWN;
	if (found != CACHE_ANSWER)
		return found;
	*status_r = answer->status;
	answer_unref(&answer);
	waiter_free(&waiter);
	return found;
}

static void put(struct cache *cache, const char *name, const struct dns_answer *answer, int64_t now_us)
{
	inbox_deliver(cache_put(cache, name, DNS_A, answer, now_us), answer, now_us);
}

/* Is the name answered from what is kept?  If not, nothing is left under way. */
static bool is_kept(struct cache *cache, const char *name, int64_t now_us)
{
	struct inbox *inbox = inbox_new();
	enum dns_status status;
	bool kept = ask(cache, name, now_us, inbox, &status) == CACHE_ANSWER;

	if (!kept)
		put(cache, name, answer_of_status(DNS_LIMIT), now_us);
	inbox_close(&inbox);
	return kept;
}

static void check_waiting(void)
{
	struct cache *cache = cache_new(100);
	struct inbox *first = inbox_new(), *second = inbox_new();
	const struct dns_answer *answer = answer_with(DNS_NOERROR, 60);
	struct waiter *list;
	enum dns_status status;

	ok(ask(cache, "a", 1, first, &status) == CACHE_ASK, "who comes first must ask");
	ok(ask(cache, "a", 2, second, &status) == CACHE_WAIT, "who comes then waits");
	ok(ask(cache, "b", 2, first, &status) == CACHE_ASK, "for another name the first must ask again");
	ok(inbox_take(first, 0) == NULL, "nothing has come");
	put(cache, "a", answer, 3);
	list = inbox_take(first, 0);
	ok(list && !list->next && list->number == 7 && list->came_us == 3 && list->answer == answer,
	   "the first has it");
	waiter_free(&list);
	list = inbox_take(second, 0);
	ok(list && list->answer == answer, "the second has it");
	waiter_free(&list);
	ok(ask(cache, "a", 4, second, &status) == CACHE_ANSWER && status == DNS_NOERROR, "and it is kept");
	ok(ask(cache, "b", 5, second, &status) == CACHE_WAIT, "the other name is still under way");
	inbox_close(&first);
	put(cache, "b", answer, 6);
	list = inbox_take(second, INT64_MAX);
	ok(list && list->answer == answer, "who has gone does not keep it from the others");
	waiter_free(&list);
	ok(ask(cache, "c", 7, second, &status) == CACHE_ASK, "one is left under way");
	inbox_close(&second);
	answer_unref(&answer);
	cache_free(&cache);
}

static const struct {
	enum dns_status status;
	uint32_t ttl_s;
	int64_t kept_s;
} lifetimes[] = {
	{ DNS_NOERROR, 300, 300 },
	{ DNS_NOERROR, 0, 0 },
	{ DNS_NOERROR, 2147483647, CACHE_POSITIVE_S },
	{ DNS_NODATA, 60, 60 },
	{ DNS_NXDOMAIN, 86400, CACHE_NEGATIVE_S },
	{ DNS_NXDOMAIN, 0, 0 },
	{ DNS_SERVFAIL, 300, CACHE_ERROR_S },
	{ DNS_REFUSED, 0, CACHE_ERROR_S },
	{ DNS_TIMEOUT, 0, CACHE_ERROR_S },
	{ DNS_LIMIT, 60, 0 },
};

static void check_lifetimes(void)
{
	for (size_t i = 0; i < COUNT_OF(lifetimes); i++) {
		const struct dns_answer *answer = answer_with(lifetimes[i].status, lifetimes[i].ttl_s);
		int64_t end_us = 5 + lifetimes[i].kept_s * SECOND;
		struct cache *cache = cache_new(100);
		bool before, after;

		put(cache, "a", answer, 5);
		before = lifetimes[i].kept_s == 0 || is_kept(cache, "a", end_us - 1);
		after = is_kept(cache, "a", end_us);
		ok(before && !after, "%s with TTL %u is kept for %lld s", dns_status_word(lifetimes[i].status),
		   lifetimes[i].ttl_s, (long long)lifetimes[i].kept_s);
		answer_unref(&answer);
		cache_free(&cache);
	}
}

static void check_late_answers(void)
{
	const struct dns_answer *good = answer_with(DNS_NOERROR, 60);
	const struct dns_answer *timeout = answer_of_status(DNS_TIMEOUT);
	struct cache *cache = cache_new(100);
	struct inbox *inbox = inbox_new();
	enum dns_status status;

	put(cache, "a", timeout, 1);
	ok(ask(cache, "a", 2, inbox, &status) == CACHE_ANSWER && status == DNS_TIMEOUT, "no answer in time");
	put(cache, "a", good, 3);
	ok(ask(cache, "a", 4, inbox, &status) == CACHE_ANSWER && status == DNS_NOERROR,
	   "one that comes late is kept");
	put(cache, "a", timeout, 5);
	ok(ask(cache, "a", 6, inbox, &status) == CACHE_ANSWER && status == DNS_NOERROR,
	   "an error does not drive it out");
	put(cache, "a", timeout, 61 * SECOND);
	ok(ask(cache, "a", 61 * SECOND + 1, inbox, &status) == CACHE_ANSWER && status == DNS_TIMEOUT,
	   "unless its time is over");
	inbox_close(&inbox);
	answer_unref(&good);
	cache_free(&cache);
}

static void check_bounds(void)
{
	const struct dns_answer *answer = answer_with(DNS_NOERROR, 3600);
	struct cache *cache = cache_new(5000);
	size_t bytes, most = 0, count;
	char name[32];

	for (size_t i = 0; i < 1000000; i++) {
		snprintf(name, sizeof name, "n%zu.example", i);
		put(cache, name, answer, 1);
		if (i % 100 == 0) {
			count = cache_count(cache, &bytes);
			most = count > most ? count : most;
		}
	}
	count = cache_count(cache, &bytes);
	ok(most <= 5000 && count > 4900, "a million names: %zu are kept", count);
	ok(bytes < 5000 * 300, "in %zu bytes", bytes);
	ok(is_kept(cache, "n999999.example", 2) && !is_kept(cache, "n1.example", 2), "the last ones");
	cache_free(&cache);

	cache = cache_new(10);
	put(cache, "first", answer, 1);
	for (size_t i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "n%zu.example", i);
		put(cache, name, answer, 1);
		(void)is_kept(cache, "first", 1);
	}
	ok(is_kept(cache, "first", 1) && !is_kept(cache, "n90.example", 1) && is_kept(cache, "n91.example", 1),
	   "what is asked for stays");
	cache_free(&cache);

	cache = cache_new(0);
	put(cache, "a", answer, 1);
	ok(!is_kept(cache, "a", 1) && cache_count(cache, &bytes) == 0, "a cache of no entries keeps nothing");
	cache_free(&cache);
	answer_unref(&answer);
}

/* An answer of the largest size. */
static const struct dns_answer *large_answer(void)
{
	static char text[ANSWER_TEXT_BYTES_MAX - 1];
	struct answer_draft draft;

	answer_draft_init(&draft);
	answer_add_text(&draft, 3600, text, sizeof text);
	return answer_finish(&draft, DNS_NOERROR, 3600);
}

static void check_bytes(void)
{
	const struct dns_answer *large = large_answer();
	struct cache *cache = cache_new(640);
	size_t bytes, count;
	char name[32];

	for (size_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "n%zu", i);
		put(cache, name, large, 1);
	}
	count = cache_count(cache, &bytes);
	ok(count > 0 && count < 10 && bytes <= 640 * CACHE_ENTRY_BYTES,
	   "large answers: %zu in %zu bytes", count, bytes);
	cache_free(&cache);
	cache = cache_new(10);
	put(cache, "a", large, 1);
	ok(cache_count(cache, &bytes) == 0 && bytes == 0, "one larger than the cache is not kept");
	cache_free(&cache);
	answer_unref(&large);
}

/* --- many threads --- */

#define THREADS 8
#define NAMES 300
#define ROUNDS 20

/* Names to be answered, by one thread, as from the network. */
struct asker {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t names[NAMES * ROUNDS];
	size_t asked, answered;
	bool ended;
};

static struct asker asker = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
static struct cache *shared;
static const struct dns_answer *shared_answer;
static atomic_uint wrong, asked_count;

static void name_of(size_t i, char name_r[32])
{
	snprintf(name_r, 32, "n%zu.example", i);
}

static void *answer_all(void *unused)
{
	char name[32];

	pthread_mutex_lock(&asker.mutex);
	while (!asker.ended || asker.answered < asker.asked) {
		if (asker.answered == asker.asked) {
			pthread_cond_wait(&asker.changed, &asker.mutex);
			continue;
		}
		name_of(asker.names[asker.answered++], name);
		pthread_mutex_unlock(&asker.mutex);
		put(shared, name, shared_answer, 1);
		pthread_mutex_lock(&asker.mutex);
	}
	pthread_mutex_unlock(&asker.mutex);
	return unused;
}

static void submit(size_t i)
{
	pthread_mutex_lock(&asker.mutex);
	asker.names[asker.asked++] = i;
	pthread_cond_signal(&asker.changed);
	pthread_mutex_unlock(&asker.mutex);
}

/* One session after the other: three names each, waited for. */
static void *ask_all(void *seed)
{
	size_t at = (size_t)(uintptr_t)seed * 37;

	for (size_t i = 0; i < NAMES * ROUNDS / 3; i++) {
		struct inbox *inbox = inbox_new();
		size_t open = 0;

		for (size_t k = 0; k < 3; k++, at++) {
			const struct dns_answer *answer = NULL;
			struct waiter *waiter = waiter_new(inbox, k);
			char name[32];

			name_of(at % NAMES, name);
			switch (cache_ask(shared, name, DNS_A, 1, waiter, &answer)) {
			case CACHE_ANSWER:
				atomic_fetch_add(&wrong, answer->count != 1);
				answer_unref(&answer);
				waiter_free(&waiter);
				break;
			case CACHE_ASK:
				atomic_fetch_add(&asked_count, 1);
				submit(at % NAMES);
				open++;
				break;
			case CACHE_WAIT:
				open++;
				break;
			case CACHE_NO_MEMORY:
				atomic_fetch_add(&wrong, 1);
			}
		}
		/* Every fifth session goes without its answers. */
		while (open > 0 && i % 5 != 0) {
			struct waiter *list = inbox_take(inbox, INT64_MAX), *next;

			for (; list; list = next) {
				next = list->next;
				atomic_fetch_add(&wrong, list->answer->count != 1);
				waiter_free(&list);
				open--;
			}
		}
		inbox_close(&inbox);
	}
	return NULL;
}

static void check_threads(void)
{
	pthread_t answerer, askers[THREADS];

	shared = cache_new(5000);
	shared_answer = answer_with(DNS_NOERROR, 3600);
	pthread_create(&answerer, NULL, answer_all, NULL);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&askers[i], NULL, ask_all, (void *)(uintptr_t)i);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(askers[i], NULL);
	pthread_mutex_lock(&asker.mutex);
	asker.ended = true;
	pthread_cond_signal(&asker.changed);
	pthread_mutex_unlock(&asker.mutex);
	pthread_join(answerer, NULL);
	ok(atomic_load(&wrong) == 0, "each of %d threads has all its answers", THREADS);
	ok(atomic_load(&asked_count) == NAMES, "each of %d names was asked once", NAMES);
	answer_unref(&shared_answer);
	cache_free(&shared);
}

#define CROWD 1000

static void *wait_in_crowd(void *inbox)
{
	struct waiter *list = inbox_take(inbox, INT64_MAX);

	atomic_fetch_add(&wrong, !list || list->answer->count != 1);
	waiter_free(&list);
	return NULL;
}

/* A thousand sessions of one client: one asks, and all have the answer. */
static void check_crowd(void)
{
	static struct inbox *inboxes[CROWD];
	static pthread_t threads[CROWD];
	const struct dns_answer *answer = answer_with(DNS_NOERROR, 0);
	pthread_attr_t attributes;
	size_t asks = 0, started = 0;
	enum dns_status status;

	shared = cache_new(100);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN + 65536);
	for (size_t i = 0; i < CROWD; i++) {
		inboxes[i] = inbox_new();
		asks += ask(shared, "a", 1, inboxes[i], &status) == CACHE_ASK;
	}
	ok(asks == 1, "of %d sessions one asks", CROWD);
	while (started < CROWD &&
	       pthread_create(&threads[started], &attributes, wait_in_crowd, inboxes[started]) == 0)
		started++;
	put(shared, "a", answer, 2);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	ok(started == CROWD && atomic_load(&wrong) == 0, "all of %zu that wait are woken", started);
	for (size_t i = 0; i < CROWD; i++)
		inbox_close(&inboxes[i]);
	pthread_attr_destroy(&attributes);
	answer_unref(&answer);
	cache_free(&shared);
}

static void check_deadline(void)
{
	struct inbox *inbox = inbox_new();
	int64_t end_us = clock_monotonic_us() + 20000;

	ok(inbox_take(inbox, end_us) == NULL && clock_monotonic_us() >= end_us, "nothing comes until the deadline");
	ok(inbox_take(inbox, 1) == NULL && inbox_take(inbox, -1) == NULL, "a deadline in the past");
	inbox_close(&inbox);
	inbox_close(&inbox);
}

int main(void)
{
	check_waiting();
	check_lifetimes();
	check_late_answers();
	check_bounds();
	check_bytes();
	check_deadline();
	check_threads();
	check_crowd();
	return tap_done();
}
