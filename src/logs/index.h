/* SPDX-License-Identifier: BSD-2-Clause */
/* A table from 64-bit keys to 64-bit values; keys are hashes already. */
#ifndef LOGS_INDEX_H
#define LOGS_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index_entry {
	uint64_t key;
	uint64_t value;		/* 0: the place is free */
};

/* Zeroed memory is an empty one. */
struct index {
	struct index_entry *entries;
	size_t capacity;	/* 0 or a power of two; at most half of it is in use */
	size_t count;
};

void index_clear(struct index *index);

/* 0: not there. */
uint64_t index_get(const struct index *index, uint64_t key);

/* value is not 0.  false: out of memory. */
bool index_put(struct index *index, uint64_t key, uint64_t value);

void index_remove(struct index *index, uint64_t key);

#endif
