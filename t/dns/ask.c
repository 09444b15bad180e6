/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks DNS as a session does, told by standard input, one command a line; after the output of each stands a
 * line with a dot.
 *
 *   ask NAME TYPE [TAG]        begins a question
 *   wait MS                    waits until nothing is open, or for so long; prints true or false
 *   next MS                    one dns_batch_wait()
 *   show                       prints the items: NAME TYPE waiting, or NAME TYPE STATUS TTL SOURCE RECORD...
 *   find NAME TYPE             prints its item, if there is one
 *   times                      prints the items: NAME TYPE MICROSECONDS
 *   drop TAG   new   down      drops, starts another batch, prints whether the resolver is down
 *   crowd COUNT NAME TYPE MS   so many batches ask the same, a thread each waits; prints how often each status came
 *   burst COUNT SUFFIX MS      one batch for each of N.SUFFIX, all at once; prints how often each status came
 *   memory                     prints the size of the process in KiB
 *   version                    prints that of c-ares
 */
#include "dns/dns.h"

#include "base/buf.h"
#include "base/clock.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCHES_MAX 20000
#define STATUS_COUNT (DNS_LIMIT + 1)

static struct dns *dns;
static struct dns_batch *batch;

static void die(const char *text)
{
	fprintf(stderr, "ask: %s\n", text);
	exit(2);
}

static int64_t in_ms(const char *ms)
{
	return clock_monotonic_us() + strtoll(ms, NULL, 10) * 1000;
}

static enum dns_type type_of(const char *word)
{
	enum dns_type type = DNS_A;

	if (!word || !dns_type_from_word(word, &type))
		die("no such type");
	return type;
}

/* --- output --- */

static void print_record(enum dns_type type, const struct dns_record *record)
{
	char text[IP_TEXT_BYTES];
	struct buf shown;

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		ip_format(&record->address, text);
		printf(" %s", text);
		break;
	case DNS_MX:
		printf(" %u:%s", record->host.preference, record->host.name);
		break;
	case DNS_PTR:
		printf(" %s%s", record->host.name, record->host.usable ? "" : "!");
		break;
	case DNS_TXT:
		buf_init(&shown);
		buf_add_escaped(&shown, record->text.bytes, " ", 0);
		printf(" %zu:%s", record->text.length, shown.text);
		buf_clear(&shown);
		break;
	}
}

static void print_item(const struct dns_item *item)
{
	const struct dns_answer *answer = item->answer;

	printf("%s %s", item->name, dns_type_word(item->type));
	if (!answer) {
		printf(" waiting\n");
		return;
	}
	printf(" %s %u %s", dns_status_word(answer->status), answer->ttl_s, dns_source_word(item->source));
	for (size_t i = 0; i < answer->count; i++)
		print_record(item->type, &answer->records[i]);
	printf("\n");
}

static void print_items(bool times)
{
	size_t count;
	const struct dns_item *items = dns_batch_items(batch, &count);

	for (size_t i = 0; i < count; i++)
		if (times)
			printf("%s %s %u\n", items[i].name, dns_type_word(items[i].type), items[i].took_us);
		else
			print_item(&items[i]);
}

static bool wait_for_all(struct dns_batch *of, int64_t deadline_us)
{
	while (dns_batch_open(of) > 0)
		if (!dns_batch_wait(of, deadline_us))
			return false;
	return true;
}

/* "NOERROR 1000", a line each. */
static void print_counts(const size_t counts[STATUS_COUNT], size_t waiting)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++)
		if (counts[i] > 0)
			printf("%s %zu\n", dns_status_word((enum dns_status)i), counts[i]);
	if (waiting > 0)
		printf("waiting %zu\n", waiting);
}

/* The only item's status; false when it has no answer. */
static bool status_of(const struct dns_batch *of, enum dns_status *status_r)
{
	size_t count;
	const struct dns_item *items = dns_batch_items(of, &count);

	if (count != 1 || !items[0].answer)
		return false;
	*status_r = items[0].answer->status;
	return true;
}

/* --- many batches --- */

struct one {
	struct dns_batch *batch;
	int64_t deadline_us;
	pthread_t thread;
};

static void *run_one(void *arg)
{
	struct one *one = arg;

	(void)wait_for_all(one->batch, one->deadline_us);
	return NULL;
}

static void crowd(size_t count, const char *name, enum dns_type type, int64_t deadline_us)
{
	struct one *ones = calloc(count, sizeof *ones);
	size_t counts[STATUS_COUNT] = { 0 }, waiting = 0;
	pthread_attr_t attributes;
	enum dns_status status;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN + 131072);
	for (size_t i = 0; ones && i < count; i++) {
		ones[i] = (struct one){ .batch = dns_batch_new(dns), .deadline_us = deadline_us };
		if (!ones[i].batch || !dns_batch_ask(ones[i].batch, name, type, 0))
			die("out of memory");
	}
	for (size_t i = 0; ones && i < count; i++)
		if (pthread_create(&ones[i].thread, &attributes, run_one, &ones[i]) != 0)
			die("no thread");
	for (size_t i = 0; ones && i < count; i++) {
		pthread_join(ones[i].thread, NULL);
		if (status_of(ones[i].batch, &status))
			counts[status]++;
		else
			waiting++;
		dns_batch_free(&ones[i].batch);
	}
	pthread_attr_destroy(&attributes);
	free(ones);
	print_counts(counts, waiting);
}

static void burst(size_t count, const char *suffix, int64_t deadline_us)
{
	static struct dns_batch *batches[BATCHES_MAX];
	size_t counts[STATUS_COUNT] = { 0 }, waiting = 0;
	enum dns_status status;
	char name[300];

	if (count > BATCHES_MAX)
		die("too many batches");
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%zu.%s", i, suffix);
		batches[i] = dns_batch_new(dns);
		if (!batches[i] || !dns_batch_ask(batches[i], name, DNS_A, 0))
			die("out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		(void)wait_for_all(batches[i], deadline_us);
		if (status_of(batches[i], &status))
			counts[status]++;
		else
			waiting++;
		dns_batch_free(&batches[i]);
	}
	print_counts(counts, waiting);
}

static void print_memory(void)
{
	unsigned long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%lu %lu", &pages, &resident) != 2)
		die("no /proc");
	fclose(file);
	printf("%lu\n", resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024);
}

/* --- commands --- */

#define WORDS_MAX 5

static void command(char *words[WORDS_MAX])
{
	const char *verb = words[0] ? words[0] : "";

	if (strcmp(verb, "ask") == 0) {
		unsigned tag = words[3] ? (unsigned)strtoul(words[3], NULL, 10) : 0;

		if (!dns_batch_ask(batch, words[1], type_of(words[2]), tag))
			die("out of memory");
	} else if (strcmp(verb, "wait") == 0) {
		puts(wait_for_all(batch, in_ms(words[1])) ? "true" : "false");
	} else if (strcmp(verb, "next") == 0) {
		puts(dns_batch_wait(batch, in_ms(words[1])) ? "true" : "false");
	} else if (strcmp(verb, "show") == 0) {
		print_items(false);
	} else if (strcmp(verb, "find") == 0) {
		const struct dns_item *item = dns_batch_find(batch, words[1], type_of(words[2]));

		if (item)
			print_item(item);
	} else if (strcmp(verb, "times") == 0) {
		print_items(true);
	} else if (strcmp(verb, "drop") == 0) {
		dns_batch_drop(batch, (unsigned)strtoul(words[1], NULL, 10));
	} else if (strcmp(verb, "new") == 0) {
		dns_batch_free(&batch);
		batch = dns_batch_new(dns);
	} else if (strcmp(verb, "down") == 0) {
		puts(dns_is_down(dns) ? "true" : "false");
	} else if (strcmp(verb, "crowd") == 0) {
		crowd(strtoul(words[1], NULL, 10), words[2], type_of(words[3]), in_ms(words[4]));
	} else if (strcmp(verb, "burst") == 0) {
		burst(strtoul(words[1], NULL, 10), words[2], in_ms(words[3]));
	} else if (strcmp(verb, "memory") == 0) {
		print_memory();
	} else if (strcmp(verb, "version") == 0) {
		puts(dns_library_version());
	} else {
		die("no such command");
	}
	puts(".");
	fflush(stdout);
}

/* --- the source --- */

static void open_tape(const char *path)
{
	struct diag diag;
	struct buf text;

	diag_init(&diag);
	buf_init(&text);
	dns = dns_tape_new(path, &diag);
	diag_print(&diag, &text);
	fputs(text.text, stderr);
	buf_clear(&text);
	diag_clear(&diag);
	if (!dns)
		exit(1);
}

static void open_live(const struct dns_settings *settings)
{
	const char *error;

	dns = dns_live_new(settings, &error);
	if (!dns)
		die(error);
}

int main(int argc, char *argv[])
{
	struct dns_settings settings = { .timeout_ms = 2000, .cache_entries = 1000 };
	const char *tape = NULL;
	char line[4096];
	int option;

	while ((option = getopt(argc, argv, "t:c:f:")) != -1)
		switch (option) {
		case 't': settings.timeout_ms = (int)strtol(optarg, NULL, 10); break;
		case 'c': settings.cache_entries = strtoul(optarg, NULL, 10); break;
		case 'f': tape = optarg; break;
		default:  die("usage: ask [-t TIMEOUT_MS] [-c ENTRIES] [-f TAPE] [SERVER...]");
		}
	settings.servers = (const char *const *)&argv[optind];
	settings.server_count = (size_t)(argc - optind);
	if (tape)
		open_tape(tape);
	else
		open_live(&settings);
	batch = dns_batch_new(dns);
	while (batch && fgets(line, sizeof line, stdin)) {
		char *words[WORDS_MAX] = { NULL }, *rest = line;

		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < WORDS_MAX && rest; i++)
			words[i] = strsep(&rest, " ");
		command(words);
	}
	dns_batch_free(&batch);
	dns_free(&dns);
	return 0;
}
