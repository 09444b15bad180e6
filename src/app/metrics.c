/* SPDX-License-Identifier: BSD-2-Clause */
/* The shared memory of the metrics. */
#include "app/metrics.h"

#include "base/hash.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STRIPES 4		/* threads that count at once rarely share one */
#define NAME_BYTES 40		/* more than the policy allows */
#define SERIES_LIMIT (METRICS_SERIES / 4 * 3)	/* beyond it: only for the listener "other" */
#define FIRST_NAME (METRICS_OTHER + 1)

enum name_state { NAME_FREE, NAME_TAKEN, NAME_READY };

/* One whose worker was killed while it wrote stays taken. */
struct name {
	_Atomic int state;
	char text[NAME_BYTES];
};

struct shared {
	alignas(64) _Atomic uint64_t keys[METRICS_SERIES];	/* 0: free; once set, for ever */
	_Atomic uint64_t values[STRIPES][METRICS_SERIES];
	_Atomic unsigned series_count;
	_Atomic unsigned next_stripe;
	_Atomic int64_t ended_cpu_us;
	struct name listeners[METRICS_NAMES];
	struct name rules[METRICS_NAMES];
	struct metrics_worker workers[METRICS_WORKERS];
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "a lock would stay with a process that is killed");
_Static_assert(METRICS_NAMES + FIRST_NAME <= UINT8_MAX && METRIC_COUNT < UINT8_MAX, "keys have a byte for each");

static struct shared *shared;	/* set once, before any thread */

/* --- the memory --- */

bool metrics_attach(int fd)
{
	void *memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return false;
	shared = memory;
	return true;
}

int metrics_create(void)
{
	int fd = memfd_create("ehlo-milter metrics", MFD_CLOEXEC);
	int saved;

	if (fd < 0 || (ftruncate(fd, (off_t)sizeof *shared) == 0 && metrics_attach(fd)))
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

/* --- names --- */

static uint8_t find_name(struct name names[METRICS_NAMES], const char *text)
{
	size_t length = strlen(text);

	if (!shared || length >= NAME_BYTES)
		return METRICS_OTHER;
	for (uint8_t i = 0; i < METRICS_NAMES; i++) {
		int state = NAME_FREE;

		if (atomic_compare_exchange_strong(&names[i].state, &state, NAME_TAKEN)) {
			memcpy(names[i].text, text, length + 1);
			atomic_store(&names[i].state, NAME_READY);
			state = NAME_READY;
		}
		if (state == NAME_READY && strcmp(names[i].text, text) == 0)
			return (uint8_t)(FIRST_NAME + i);
	}
	return METRICS_OTHER;
}

uint8_t metrics_listener(const char *name)
{
	return find_name(shared ? shared->listeners : NULL, name);
}

uint8_t metrics_rule(const char *name)
{
	return find_name(shared ? shared->rules : NULL, name);
}

const char *metrics_word(enum metric_label label, uint8_t value)
{
	const struct name *names = label == LABEL_LISTENER ? shared->listeners : shared->rules;

	if (label != LABEL_LISTENER && label != LABEL_RULE)
		return label_word(label, value);
	if (value < FIRST_NAME)
		return value == METRICS_OTHER ? "other" : "";
	return names[value - FIRST_NAME].text;
}

/* --- series --- */

static uint64_t key_of(enum metric metric, const uint8_t *labels, uint8_t bucket)
{
	uint64_t key = (uint64_t)metric + 1;

	for (size_t i = 0; i < METRIC_LABELS_MAX; i++)
		key = key << 8 | labels[i];
	return key << 8 | bucket;
}

/* The place of the key, which it is given when there is none; METRICS_SERIES when there is no room for it. */
static size_t find_place(uint64_t key, unsigned limit)
{
	size_t at = hash_mix(key, UINT64_C(0x9e3779b97f4a7c15)) % METRICS_SERIES;

	for (size_t i = 0; i < METRICS_SERIES; i++, at = (at + 1) % METRICS_SERIES) {
		uint64_t found = atomic_load_explicit(&shared->keys[at], memory_order_relaxed);

		if (found == key)
			return at;
		if (found != 0)
			continue;
		if (atomic_load_explicit(&shared->series_count, memory_order_relaxed) >= limit)
			break;
		if (atomic_compare_exchange_strong(&shared->keys[at], &found, key)) {
			atomic_fetch_add(&shared->series_count, 1);
			return at;
		}
		if (found == key)
			return at;
	}
	return METRICS_SERIES;
}

/* Beyond the limit what has a listener is counted for "other". */
static size_t place_of(enum metric metric, const uint8_t *labels, uint8_t bucket)
{
	size_t place = find_place(key_of(metric, labels, bucket), SERIES_LIMIT);
	uint8_t folded[METRIC_LABELS_MAX];

	if (place < METRICS_SERIES)
		return place;
	memcpy(folded, labels, sizeof folded);
	for (size_t i = 0; i < METRIC_LABELS_MAX; i++)
		if (metric_rows[metric].labels[i] == LABEL_LISTENER || metric_rows[metric].labels[i] == LABEL_RULE)
			folded[i] = folded[i] != 0 ? METRICS_OTHER : 0;
	return find_place(key_of(metric, folded, bucket), METRICS_SERIES);
}

static _Atomic uint64_t *stripe(void)
{
	static _Thread_local unsigned mine;	/* 0: none yet */

	if (mine == 0)
		mine = 1 + atomic_fetch_add_explicit(&shared->next_stripe, 1, memory_order_relaxed) % STRIPES;
	return shared->values[mine - 1];
}

static void add_to_bucket(enum metric metric, const uint8_t *labels, uint8_t bucket, uint64_t amount)
{
	size_t place = place_of(metric, labels, bucket);

	if (place < METRICS_SERIES)
		(void)atomic_fetch_add_explicit(&stripe()[place], amount, memory_order_relaxed);
}

void metrics_add(enum metric metric, const uint8_t *labels, uint64_t amount)
{
	if (shared)
		add_to_bucket(metric, labels, 0, amount);
}

void metrics_set(enum metric metric, const uint8_t *labels, uint64_t value)
{
	size_t place = shared ? place_of(metric, labels, 0) : METRICS_SERIES;

	if (place < METRICS_SERIES)
		atomic_store_explicit(&shared->values[0][place], value, memory_order_relaxed);
}

void metrics_observe(enum metric metric, const uint8_t *labels, int64_t took_us)
{
	uint8_t bucket = 0;

	if (!shared)
		return;
	if (took_us < 0)
		took_us = 0;
	while (bucket < METRIC_BUCKETS && took_us > metric_bucket_us[bucket])
		bucket++;
	add_to_bucket(metric, labels, bucket, 1);
	add_to_bucket(metric, labels, METRICS_BUCKET_SUM, (uint64_t)took_us);
}

/* All values of the labels from the given one on. */
static void declare(enum metric metric, uint8_t *labels, size_t at)
{
	const struct metric_row *row = &metric_rows[metric];

	while (at < METRIC_LABELS_MAX && label_rows[row->labels[at]].count == 0)
		at++;
	if (at == METRIC_LABELS_MAX) {
		if (row->type == TYPE_HISTOGRAM)
			add_to_bucket(metric, labels, METRICS_BUCKET_SUM, 0);
		else
			add_to_bucket(metric, labels, 0, 0);
		return;
	}
	for (unsigned value = 1; value <= label_rows[row->labels[at]].count; value++) {
		labels[at] = (uint8_t)value;
		if (label_word(row->labels[at], value)[0] != '\0')
			declare(metric, labels, at + 1);
	}
	labels[at] = 0;
}

void metrics_declare(enum metric metric, uint8_t listener)
{
	uint8_t labels[METRIC_LABELS_MAX] = { listener };

	if (shared)
		declare(metric, labels, 0);
}

/* --- workers --- */

unsigned metrics_worker_take(void)
{
	unsigned place = 0;

	while (place < METRICS_WORKERS && shared->workers[place].pid != 0)
		place++;
	if (place < METRICS_WORKERS)
		shared->workers[place].pid = -1;	/* until it is known */
	return place;
}

unsigned metrics_worker_end(unsigned place, int64_t cpu_us)
{
	struct metrics_worker *worker = &shared->workers[place];
	unsigned open = worker->sessions_open;

	shared->ended_cpu_us += cpu_us;
	worker->sessions_open = 0;
	worker->cache_answers = 0;
	worker->cache_bytes = 0;
	worker->dns_down = false;
	worker->pid = 0;
	return open;
}

struct metrics_worker *metrics_worker(unsigned place)
{
	return shared ? &shared->workers[place] : NULL;
}

int64_t metrics_ended_cpu_us(void)
{
	return shared->ended_cpu_us;
}

/* --- reading --- */

static int compare(const void *a, const void *b)
{
	const struct metrics_series *left = a, *right = b;

	return (left->key > right->key) - (left->key < right->key);
}

size_t metrics_read(struct metrics_series *series_r)
{
	size_t count = 0;

	for (size_t i = 0; i < METRICS_SERIES; i++) {
		struct metrics_series series = { .key = atomic_load_explicit(&shared->keys[i], memory_order_relaxed) };

		if (series.key == 0)
			continue;
		for (size_t s = 0; s < STRIPES; s++)
			series.value += atomic_load_explicit(&shared->values[s][i], memory_order_relaxed);
		series_r[count++] = series;
	}
	qsort(series_r, count, sizeof *series_r, compare);
	return count;
}
