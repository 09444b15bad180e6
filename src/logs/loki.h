/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines in what Loki answers to a query, or is sent: streams of entries, ["NANOSECONDS","LINE"] or with an object behind that.
 * Streams come one after the other, and mostly with the newest entry first: so all are held until they can be put in order.
 */
#ifndef LOGS_LOKI_H
#define LOGS_LOKI_H

#include "base/arena.h"
#include "logs/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loki_entry {
	uint64_t time_ns;	/* since 1970 */
	uint64_t number;	/* the caller's */
	size_t place;		/* among those of the same time */
	struct span line;
};

/* Zeroed memory after loki_init(). */
struct loki {
	struct arena arena;
	struct loki_entry *entries;
	size_t count, capacity;
	size_t bytes;		/* of their lines */
	bool no_memory;
};

void loki_init(struct loki *loki);
void loki_clear(struct loki *loki);		/* further entries may follow */

bool loki_is_entry(struct span item);

/* false: it is no entry, there are too many, or memory is out. */
bool loki_add(struct loki *loki, struct span item, uint64_t number);

/* Entries of the same time, as those of a stamp in whole seconds, stay in the order in which they were written. */
void loki_sort(struct loki *loki);

#endif
