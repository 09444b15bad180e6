/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts by name, of a bounded number of names that depends on the names alone: parts merge exactly. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_COLUMNS 4
#define TALLY_NAME_MAX 255	/* what is longer is no name: it is counted by its begin */

/* As far as programs read numbers of JSON exactly.  What would be more stays at it, so that sums do not hang on their order. */
#define COUNT_MAX (UINT64_C(1) << 53)

/* Neither is more than COUNT_MAX. */
static inline void count_up(uint64_t *count, uint64_t more)
{
	*count = *count + more < COUNT_MAX ? *count + more : COUNT_MAX;
}

struct tally_entry {
	uint64_t hash;
	const char *name;
	uint64_t counts[TALLY_COLUMNS];
};

/*
 * As long as there are at most max names all are counted.  Beyond that the names with the least hashes are: a
 * sample of the names, in which every count is exact.
 */
struct tally {
	size_t max;
	struct tally_entry *entries;	/* open addressing by hash; name NULL: free */
	struct arena names;
	size_t capacity;
	size_t count;
	uint64_t bound;			/* names with a greater hash are left out; 0: none is */
};

void tally_init(struct tally *tally, size_t max);

/* It is empty after it. */
void tally_clear(struct tally *tally);

/* Adds to the counts of a name; up to twice max names may be there until it is settled.  false: out of memory. */
bool tally_add(struct tally *tally, const char *name, const uint64_t counts[TALLY_COLUMNS]);

/* Brings it down to max names: to be called before it is looked at.  false: out of memory. */
bool tally_settle(struct tally *tally);

/* The same as if what from was given had been given to into; they have the same max.  false: out of memory. */
bool tally_merge(struct tally *into, const struct tally *from);

/* Leaves out names with a greater hash, as a part has done from which entries come.  false: out of memory. */
bool tally_limit(struct tally *tally, uint64_t bound);

/*
 * The entries with the greatest sum of counts, then by name: few, as each is compared with those found before it.  top has
 * room for as many as are wanted.  Returns how many there are.
 */
size_t tally_top(const struct tally *tally, const struct tally_entry **top, size_t wanted);

/* All entries, count of them, by name; on the heap.  NULL: out of memory. */
const struct tally_entry **tally_all(const struct tally *tally);

/* By name. */
void tally_sort(const struct tally_entry **rows, size_t count);

/* Of how many names one is counted: 1.0 = all. */
double tally_share(const struct tally *tally);

#endif
