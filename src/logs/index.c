/* SPDX-License-Identifier: BSD-2-Clause */
/* A table with open addresses and linear steps; what is removed leaves no trace. */
#include "logs/index.h"

#include <stdlib.h>

#define CAPACITY_FIRST 256

void index_clear(struct index *index)
{
	free(index->entries);
	*index = (struct index){ .capacity = 0 };
}

/* Where the key is, or where it would go. */
static size_t place(const struct index *index, uint64_t key)
{
	size_t at = key & (index->capacity - 1);

	while (index->entries[at].value != 0 && index->entries[at].key != key)
		at = (at + 1) & (index->capacity - 1);
	return at;
}

uint64_t index_get(const struct index *index, uint64_t key)
{
	return index->capacity > 0 ? index->entries[place(index, key)].value : 0;
}

static bool enlarge(struct index *index)
{
	struct index larger = { .capacity = index->capacity > 0 ? 2 * index->capacity : CAPACITY_FIRST };

	larger.entries = calloc(larger.capacity, sizeof *larger.entries);
	if (!larger.entries)
		return false;
	for (size_t i = 0; i < index->capacity; i++)
		if (index->entries[i].value != 0)
			larger.entries[place(&larger, index->entries[i].key)] = index->entries[i];
	larger.count = index->count;
	free(index->entries);
	*index = larger;
	return true;
}

bool index_put(struct index *index, uint64_t key, uint64_t value)
{
	size_t at;

	if (2 * (index->count + 1) > index->capacity && !enlarge(index))
		return false;
	at = place(index, key);
	index->count += index->entries[at].value == 0;
	index->entries[at] = (struct index_entry){ .key = key, .value = value };
	return true;
}

void index_remove(struct index *index, uint64_t key)
{
	size_t mask = index->capacity - 1;
	size_t hole, at;

	if (index->capacity == 0)
		return;
	hole = place(index, key);
	if (index->entries[hole].value == 0)
		return;
	index->count--;
	/* Those behind it move up, as far as that brings them nearer to their own place. */
	for (at = (hole + 1) & mask; index->entries[at].value != 0; at = (at + 1) & mask) {
		size_t home = index->entries[at].key & mask;

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		index->entries[hole] = index->entries[at];
		hole = at;
	}
	index->entries[hole].value = 0;
}
