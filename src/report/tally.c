/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts by name, of a bounded number of names. */
#include "report/tally.h"

#include "base/hash.h"

#include <stdlib.h>

#define CAPACITY_FIRST 64
#define NAME_BLOCK_BYTES 16384

void tally_init(struct tally *tally, size_t max)
{
	*tally = (struct tally){ .max = max };
	arena_init(&tally->names, NULL, 0, NAME_BLOCK_BYTES);
}

void tally_clear(struct tally *tally)
{
	arena_clear(&tally->names);
	free(tally->entries);
	tally_init(tally, tally->max);
}

static bool is_beyond(const struct tally *tally, uint64_t hash)
{
	return tally->bound > 0 && hash > tally->bound;
}

/*
 * Where the name with this hash is, or would go.  Two names of one 64-bit hash are counted as one: whoever takes
 * the trouble to find such names has them in one row of a report.
 */
static struct tally_entry *place(const struct tally *tally, uint64_t hash)
{
	size_t at = hash & (tally->capacity - 1);

	while (tally->entries[at].name && tally->entries[at].hash != hash)
		at = (at + 1) & (tally->capacity - 1);
	return &tally->entries[at];
}

/* Moves the entries that are within the bound to a table of this capacity. */
static bool rebuild(struct tally *tally, size_t capacity)
{
	struct tally moved;

	tally_init(&moved, tally->max);
	moved.bound = tally->bound;
	moved.entries = calloc(capacity, sizeof *moved.entries);
	if (!moved.entries)
		return false;
	moved.capacity = capacity;
	for (size_t i = 0; i < tally->capacity; i++) {
		const struct tally_entry *entry = &tally->entries[i];
		struct tally_entry *to;

		if (!entry->name || is_beyond(tally, entry->hash))
			continue;
		to = place(&moved, entry->hash);
		*to = *entry;
		to->name = arena_strdup(&moved.names, entry->name);
		if (!to->name) {
			tally_clear(&moved);
			return false;
		}
		moved.count++;
	}
	tally_clear(tally);
	*tally = moved;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* More than max names: only those with the max least hashes stay. */
static bool lower_bound(struct tally *tally)
{
	uint64_t *hashes = malloc(tally->count * sizeof *hashes);
	size_t count = 0;

	if (!hashes)
		return false;
	for (size_t i = 0; i < tally->capacity; i++)
		if (tally->entries[i].name)
			hashes[count++] = tally->entries[i].hash;
	qsort(hashes, count, sizeof *hashes, by_number);
	tally->bound = hashes[tally->max - 1];
	free(hashes);
	return rebuild(tally, tally->capacity);
}

bool tally_settle(struct tally *tally)
{
	return tally->count <= tally->max || lower_bound(tally);
}

static bool make_room(struct tally *tally)
{
	/* Twice as many, so that the bound is not sought for each name. */
	if (tally->count >= 2 * tally->max && !lower_bound(tally))
		return false;
	if (2 * (tally->count + 1) <= tally->capacity)
		return true;
	return rebuild(tally, tally->capacity > 0 ? 2 * tally->capacity : CAPACITY_FIRST);
}

static bool add_hashed(struct tally *tally, uint64_t hash, const char *name, const uint64_t counts[TALLY_COLUMNS])
{
	struct tally_entry *entry;

	if (is_beyond(tally, hash))
		return true;
	if (!make_room(tally))
		return false;
	entry = place(tally, hash);
	if (!entry->name) {
		entry->name = arena_strndup(&tally->names, name, strnlen(name, TALLY_NAME_MAX));
		if (!entry->name)
			return false;
		entry->hash = hash;
		tally->count++;
	}
	for (int i = 0; i < TALLY_COLUMNS; i++)
		count_up(&entry->counts[i], counts[i]);
	return true;
}

bool tally_add(struct tally *tally, const char *name, const uint64_t counts[TALLY_COLUMNS])
{
	return add_hashed(tally, hash_bytes(name, strnlen(name, TALLY_NAME_MAX), 7), name, counts);
}

bool tally_merge(struct tally *into, const struct tally *from)
{
	if (from->bound > 0 && !tally_limit(into, from->bound))
		return false;
	for (size_t i = 0; i < from->capacity; i++)
		if (from->entries[i].name &&
		    !add_hashed(into, from->entries[i].hash, from->entries[i].name, from->entries[i].counts))
			return false;
	return true;
}

bool tally_limit(struct tally *tally, uint64_t bound)
{
	if (tally->bound > 0 && tally->bound <= bound)
		return true;
	tally->bound = bound;
	return tally->capacity == 0 || rebuild(tally, tally->capacity);
}

static uint64_t sum(const struct tally_entry *entry)
{
	uint64_t total = 0;

	for (int i = 0; i < TALLY_COLUMNS; i++)
		total += entry->counts[i];
	return total;
}

/* Whether it stands before the other in a list of the greatest. */
static bool is_before(const struct tally_entry *entry, const struct tally_entry *other)
{
	uint64_t mine = sum(entry), theirs = sum(other);

	return mine != theirs ? mine > theirs : strcmp(entry->name, other->name) < 0;
}

size_t tally_top(const struct tally *tally, const struct tally_entry **top, size_t wanted)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->capacity; i++) {
		const struct tally_entry *entry = &tally->entries[i];
		size_t at = count;

		if (!entry->name)
			continue;
		while (at > 0 && is_before(entry, top[at - 1]))
			at--;
		if (at == wanted)
			continue;
		count += count < wanted;
		memmove(&top[at + 1], &top[at], (count - at - 1) * sizeof *top);
		top[at] = entry;
	}
	return count;
}

static int by_name(const void *a, const void *b)
{
	const struct tally_entry *x, *y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return strcmp(x->name, y->name);
}

void tally_sort(const struct tally_entry **rows, size_t count)
{
	qsort(rows, count, sizeof *rows, by_name);
}

const struct tally_entry **tally_all(const struct tally *tally)
{
	const struct tally_entry **rows = malloc((tally->count + 1) * sizeof *rows);
	size_t count = 0;

	if (!rows)
		return NULL;
	for (size_t i = 0; i < tally->capacity; i++)
		if (tally->entries[i].name)
			rows[count++] = &tally->entries[i];
	tally_sort(rows, count);
	return rows;
}

double tally_share(const struct tally *tally)
{
	return tally->bound > 0 ? (double)tally->bound / 18446744073709551616.0 : 1.0;
}
