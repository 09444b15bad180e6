/* SPDX-License-Identifier: BSD-2-Clause */
/* Each allocation of the DNS code fails once: nothing crashes, leaks or hangs, and no answer is a wrong one. */
#include "dns/dns.h"

#include "base/clock.h"
#include "dns/answer.h"
#include "dns/cache.h"
#include "dns/inbox.h"
#include "dns/tape.h"
#include "dns/wire.h"
#include "tap.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- allocations, by the linker's --wrap --- */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *space, size_t bytes);
void *__real_reallocarray(void *space, size_t count, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *space, size_t bytes);
void *__wrap_reallocarray(void *space, size_t count, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);

/* Until one fails; negative: none will. */
static atomic_long left = -1;

static bool fails(void)
{
	return atomic_load(&left) >= 0 && atomic_fetch_sub(&left, 1) == 0;
}

void *__wrap_malloc(size_t bytes)
{
	return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fails() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *space, size_t bytes)
{
	return fails() ? NULL : __real_realloc(space, bytes);
}

void *__wrap_reallocarray(void *space, size_t count, size_t bytes)
{
	return fails() ? NULL : __real_reallocarray(space, count, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
	return fails() ? NULL : __real_aligned_alloc(alignment, bytes);
}

/* --- what is tried --- */

/* true: all went well; false: it was said that it did not.  Anything else ends the program. */
typedef bool attempt(void);

static void insist(bool condition, const char *what)
{
	if (condition)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

/* Two PTRs behind an alias. */
static const uint8_t message[] =
	"\0\1\x81\x80\0\1\0\3\0\0\0\0\1a\0\0\14\0\1" "\xc0\14\0\5\0\1\0\0\0\5\0\3\1b\0"
	"\1b\0\0\14\0\1\0\0\0\5\0\3\1c\0" "\1b\0\0\14\0\1\0\0\0\5\0\3\1d\0";

static bool read_message_once(void)
{
	struct wire_name name;
	const struct dns_answer *answer;
	bool good;

	insist(wire_name_parse("a", &name), "a name");
	answer = wire_answer(message, sizeof message - 1, &name, DNS_PTR);
	good = answer != NULL;
	insist(!good || (answer->status == DNS_NOERROR && answer->count == 2), "an answer is whole or none");
	answer_unref(&answer);
	return good;
}

static const char tape_text[] =
	"a A NOERROR 5 192.0.2.1\nb TXT NOERROR 5 \"x\"\nb TXT NOERROR 5 \"y\"\n"
	"c CNAME NOERROR 5 a\nd MX NXDOMAIN 60\n"
	"* * NXDOMAIN\n";

static bool use_tape(void)
{
	struct dns_batch *batch = NULL;
	struct dns *dns;
	struct diag diag;
	struct buf text;
	size_t count;
	bool good;

	diag_init(&diag);
	buf_init(&text);
	dns = dns_tape_new_text("t", tape_text, sizeof tape_text - 1, &diag);
	insist(dns || diag.error_count > 0 || diag.failed, "no tape without an error");
	if (dns)
		batch = dns_batch_new(dns);
	good = batch && dns_batch_ask(batch, "a", DNS_A, 0) && dns_batch_ask(batch, "c", DNS_A, 0) &&
	       dns_batch_ask(batch, "b", DNS_TXT, 0) && dns_batch_ask(batch, "e..", DNS_A, 0);
	if (good) {
		const struct dns_item *items = dns_batch_items(batch, &count);

		insist(count == 4 && items[1].answer->count == 1 && items[2].answer->count == 2, "all answers");
		dns_tape_write(&text, items, count);
		good = !text.failed;
	}
	dns_batch_free(&batch);
	dns_free(&dns);
	buf_clear(&text);
	diag_clear(&diag);
	return good;
}

static bool use_cache(void)
{
	struct cache *cache = cache_new(100);
	struct inbox *inbox = inbox_new();
	struct waiter *waiter = inbox ? waiter_new(inbox, 1) : NULL;
	const struct dns_answer *answer = NULL;
	bool good = false;

	if (cache && waiter && cache_ask(cache, "a", DNS_A, 1, waiter, &answer) == CACHE_ASK) {
		waiter = cache_put(cache, "a", DNS_A, answer_of_status(DNS_TIMEOUT), 2);
		insist(waiter != NULL, "who waits is told");
		good = true;
	}
	waiter_free(&waiter);
	inbox_close(&inbox);
	cache_free(&cache);
	return good;
}

/* Nobody listens at that port, or it is silent: either way the end is TIMEOUT, or a limit of ours. */
static bool ask_network(void)
{
	static const char *const servers[] = { "127.0.0.1:1" };
	const struct dns_settings settings = {
		.servers = servers, .server_count = 1, .timeout_ms = 20, .cache_entries = 10
	};
	struct dns_batch *batch = NULL;
	const char *error = NULL;
	struct dns *dns = dns_live_new(&settings, &error);
	const struct dns_item *items;
	bool good;
	size_t count;

	insist(dns || error, "no resolver without an error");
	if (dns)
		batch = dns_batch_new(dns);
	good = batch && dns_batch_ask(batch, "a", DNS_A, 0) && dns_batch_ask(batch, "b", DNS_A, 0);
	while (good && dns_batch_open(batch) > 0)
		insist(dns_batch_wait(batch, clock_monotonic_us() + 20000000), "each question ends");
	items = batch ? dns_batch_items(batch, &count) : NULL;
	for (size_t i = 0; good && i < count; i++)
		insist(items[i].answer->status == DNS_TIMEOUT || items[i].answer->status == DNS_LIMIT,
		       "without answer");
	dns_batch_free(&batch);
	dns_free(&dns);
	return good;
}

/* The nth allocation fails, until there are no more than n. */
static void fail_each(const char *label, attempt *try)
{
	long n = 0, told = 0;
	bool reached = true;

	for (; reached && n < 1000; n++) {
		bool good;

		atomic_store(&left, n);
		good = try();
		reached = atomic_exchange(&left, -1) < 0;
		told += !good;
		insist(good || reached, "it fails only when an allocation does");
	}
	ok(!reached && told > 0 && try(), "%s: %ld allocations, %ld failures told", label, n - 1, told);
}

int main(void)
{
	fail_each("an answer is read", read_message_once);
	fail_each("a tape is used", use_tape);
	fail_each("the cache is used", use_cache);
	fail_each("the network is asked", ask_network);
	return tap_done();
}
