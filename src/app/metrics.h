/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters in memory that the supervisor and its workers share: they survive reloads, and workers that die. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "app/metrics_table.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_WORKERS 64

/*
 * A series is a metric with a value for each of its labels; its place in the memory is found by a hash of both, so that
 * the layout knows no policy.  Nothing here waits or allocates, but for the first two functions; any thread of any process
 * may count, and one that is killed leaves at most a count undone.  Without memory (a command other than run) nothing is
 * counted.
 *
 * There is room for METRICS_SERIES series, METRICS_NAMES names of listeners and as many of rules.  They are kept until
 * the daemon ends; what comes when three quarters are in use goes to the listener "other", the names to "other".
 */
#define METRICS_SERIES 8192
#define METRICS_NAMES 120
#define METRICS_OTHER 1		/* the label's value for a name that there is no room for */

/* The supervisor makes the memory, and hands the descriptor on; -1 (errno) when that failed. */
int metrics_create(void);
/* A worker enters it.  False (errno) when that failed. */
bool metrics_attach(int fd);

/* The value of the label for a name of the policy. */
uint8_t metrics_listener(const char *name);
uint8_t metrics_rule(const char *name);

/* labels: METRIC_LABELS_MAX values in the order of the row's, 0 for one that is left out. */
void metrics_add(enum metric metric, const uint8_t *labels, uint64_t amount);
/* In place of what was there; for one thread at a time. */
void metrics_set(enum metric metric, const uint8_t *labels, uint64_t value);
void metrics_observe(enum metric metric, const uint8_t *labels, int64_t took_us);

#define METRIC_LABELS(...) ((const uint8_t[METRIC_LABELS_MAX]){ __VA_ARGS__ })
#define METRICS_COUNT(metric, ...) metrics_add(metric, METRIC_LABELS(__VA_ARGS__), 1)

/* Adds 0 to every series of the metric: with this listener, or without one (0). */
void metrics_declare(enum metric metric, uint8_t listener);

/* --- one worker's own figures, which end with it --- */

struct metrics_worker {
	_Atomic int pid;		/* 0: the place is free */
	_Atomic unsigned sessions_open;
	_Atomic uint64_t cache_answers;
	_Atomic uint64_t cache_bytes;
	_Atomic bool dns_down;
};

/* The supervisor takes a free place, and gives it back when the worker has ended: METRICS_WORKERS when there is none. */
unsigned metrics_worker_take(void);
/* cpu_us: all that it has used.  Returns the sessions that it had open. */
unsigned metrics_worker_end(unsigned place, int64_t cpu_us);
/* NULL without memory. */
struct metrics_worker *metrics_worker(unsigned place);
/* CPU time of the workers that have ended. */
int64_t metrics_ended_cpu_us(void);

/* --- what is there --- */

/* key: by which they are sorted: metric, labels, and bucket of a histogram. */
struct metrics_series {
	uint64_t key;
	uint64_t value;
};

#define METRICS_BUCKET_SUM 0xff		/* the bucket that holds the sum, in microseconds */

static inline enum metric metrics_key_metric(uint64_t key)
{
	return (enum metric)((key >> 56) - 1);
}

static inline uint8_t metrics_key_label(uint64_t key, size_t i)
{
	return (uint8_t)(key >> (8 * (METRIC_LABELS_MAX - i)));
}

static inline uint8_t metrics_key_bucket(uint64_t key)
{
	return (uint8_t)key;
}

/* All series, sorted; returns how many.  The space has room for METRICS_SERIES. */
size_t metrics_read(struct metrics_series *series_r);

/* The word for a label of a series; valid until the process ends. */
const char *metrics_word(enum metric_label label, uint8_t value);

#endif
