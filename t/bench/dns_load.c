/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures DNS as sessions use it: forward-confirmed reverse DNS with an MX beside it.
 *
 *   dns_load SERVER SESSIONS CLIENTS SECONDS
 *
 * SESSIONS threads ask, one session after the other, for CLIENTS clients 10.x.y.z in turn: the PTR, then
 * the A of what it points to; the MX of example<k>.test beside the PTR.  Printed are sessions and questions
 * a second, the time of a session (median, 99th percentile), how many questions had no certain answer, and
 * the size of the process.  With few clients all comes from the cache.
 */
#include "dns/dns.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES_MAX 2000000

struct runner {
	pthread_t thread;
	uint32_t *samples_us;
	size_t count;
	size_t question_count;
	size_t uncertain_count;
};

static struct dns *dns;
static atomic_ulong next_client;
static unsigned long client_count;
static int64_t end_us;
static size_t sample_max;

static void die(const char *text)
{
	fprintf(stderr, "dns_load: %s\n", text);
	exit(2);
}

static bool wait_for_all(struct dns_batch *batch)
{
	while (dns_batch_open(batch) > 0)
		if (!dns_batch_wait(batch, clock_monotonic_us() + 5000000))
			return false;
	return true;
}

/* The first name of the PTR, NULL when there is none. */
static const char *first_name(const struct dns_batch *batch)
{
	size_t count;
	const struct dns_item *items = dns_batch_items(batch, &count);

	if (count == 0 || !items[0].answer || items[0].answer->count == 0)
		return NULL;
	return items[0].answer->records[0].host.name;
}

static void run_session(struct runner *runner, unsigned long client)
{
	const struct ip ip = {
		.family = IP_V4, .bytes = { 10, (uint8_t)(client >> 16), (uint8_t)(client >> 8), (uint8_t)client }
	};
	struct dns_batch *batch = dns_batch_new(dns);
	char name[DNS_REVERSE_BYTES], domain[40];
	const struct dns_item *items;
	const char *host = NULL;
	size_t count;

	dns_reverse_name(&ip, name);
	snprintf(domain, sizeof domain, "example%lu.test", client / 250);
	if (!batch || !dns_batch_ask(batch, name, DNS_PTR, 0) || !dns_batch_ask(batch, domain, DNS_MX, 0))
		die("out of memory");
	/* As soon as the PTR is there, whatever the MX does. */
	while (!(host = first_name(batch)) && dns_batch_open(batch) > 0 &&
	       dns_batch_wait(batch, clock_monotonic_us() + 5000000))
		;
	if (host && !dns_batch_ask(batch, host, DNS_A, 0))
		die("out of memory");
	(void)wait_for_all(batch);
	items = dns_batch_items(batch, &count);
	for (size_t i = 0; i < count; i++)
		runner->uncertain_count += !items[i].answer || !dns_is_certain(items[i].answer->status);
	runner->question_count += count;
	dns_batch_free(&batch);
}

static void *run(void *arg)
{
	struct runner *runner = arg;
	int64_t start_us = clock_monotonic_us(), now_us;

	while (start_us < end_us) {
		run_session(runner, atomic_fetch_add(&next_client, 1) % client_count);
		now_us = clock_monotonic_us();
		if (runner->count < sample_max)
			runner->samples_us[runner->count] = (uint32_t)(now_us - start_us);
		runner->count++;
		start_us = now_us;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static unsigned long resident_kib(void)
{
	unsigned long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%lu %lu", &pages, &resident) != 2)
		die("no /proc");
	fclose(file);
	return resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static void report(struct runner *runners, size_t runner_count, double seconds)
{
	size_t sessions = 0, questions = 0, uncertain = 0, samples = 0;
	uint32_t *all = calloc(runner_count * sample_max, sizeof *all);

	if (!all)
		die("out of memory");
	for (size_t i = 0; i < runner_count; i++) {
		size_t count = runners[i].count < sample_max ? runners[i].count : sample_max;

		memcpy(all + samples, runners[i].samples_us, count * sizeof *all);
		samples += count;
		sessions += runners[i].count;
		questions += runners[i].question_count;
		uncertain += runners[i].uncertain_count;
	}
	qsort(all, samples, sizeof *all, compare);
	printf("%.0f sessions/s, %.0f questions/s, p50 %.2f ms, p99 %.2f ms, %zu of %zu uncertain, %lu KiB\n",
	       (double)sessions / seconds, (double)questions / seconds, all[samples / 2] / 1e3,
	       all[samples * 99 / 100] / 1e3, uncertain, questions, resident_kib());
	free(all);
}

int main(int argc, char *argv[])
{
	struct dns_settings settings = { .server_count = 1, .timeout_ms = 2000, .cache_entries = 100000 };
	size_t runner_count = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
	double seconds = argc == 5 ? strtod(argv[4], NULL) : 0;
	struct runner *runners;
	const char *error;

	client_count = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	if (runner_count == 0 || client_count == 0 || seconds <= 0)
		die("usage: dns_load SERVER SESSIONS CLIENTS SECONDS");
	settings.servers = (const char *const *)&argv[1];
	dns = dns_live_new(&settings, &error);
	if (!dns)
		die(error);
	runners = calloc(runner_count, sizeof *runners);
	sample_max = SAMPLES_MAX / runner_count;
	end_us = clock_monotonic_us() + (int64_t)(seconds * 1e6);
	for (size_t i = 0; runners && i < runner_count; i++) {
		runners[i].samples_us = calloc(sample_max, sizeof *runners[i].samples_us);
		if (!runners[i].samples_us || pthread_create(&runners[i].thread, NULL, run, &runners[i]) != 0)
			die("no thread");
	}
	for (size_t i = 0; runners && i < runner_count; i++)
		pthread_join(runners[i].thread, NULL);
	if (runners)
		report(runners, runner_count, seconds);
	for (size_t i = 0; runners && i < runner_count; i++)
		free(runners[i].samples_us);
	free(runners);
	dns_free(&dns);
	return 0;
}
