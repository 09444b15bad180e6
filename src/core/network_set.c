/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorted networks and the binary search for the longest prefix. */
#include "core/network_set.h"

#include "core/grow.h"

#include <string.h>

#define NO_PARENT UINT32_MAX

void network_set_clear(struct network_set *set)
{
	free(set->entries);
	*set = (struct network_set){ 0 };
}

bool network_set_add(struct network_set *set, const struct network *network,
		     struct list_source source)
{
	void *space;

	if (set->count >= NO_PARENT - 1)
		return false;
	space = grow(set->entries, &set->capacity, set->count + 1, sizeof *set->entries);
	if (!space)
		return false;
	set->entries = space;
	set->entries[set->count++] = (struct network_entry){
		.network = *network, .line = source.line, .file = source.file, .parent = NO_PARENT
	};
	set->sorted = false;
	return true;
}

/* By family, first address, and width: a network stands behind all that hold it. */
static int compare_networks(const struct network *a, const struct network *b)
{
	int order;

	if (a->ip.family != b->ip.family)
		return a->ip.family < b->ip.family ? -1 : 1;
	order = memcmp(a->ip.bytes, b->ip.bytes, sizeof a->ip.bytes);
	if (order != 0)
		return order;
	return (a->prefix_bits > b->prefix_bits) - (a->prefix_bits < b->prefix_bits);
}

static int compare_entries(const void *a, const void *b)
{
	const struct network_entry *x = a;
	const struct network_entry *y = b;
	int order = compare_networks(&x->network, &y->network);

	if (order != 0)
		return order;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* Two networks are apart or one holds the other, so the holders of an entry are a chain. */
static void link_parents(struct network_set *set)
{
	for (size_t i = 1; i < set->count; i++) {
		const struct ip *first = &set->entries[i].network.ip;
		uint32_t parent = (uint32_t)(i - 1);

		while (parent != NO_PARENT &&
		       !network_contains(&set->entries[parent].network, first))
			parent = set->entries[parent].parent;
		set->entries[i].parent = parent;
	}
}

/* Of a set that is not empty. */
static void drop_duplicates(struct network_set *set)
{
	struct network_entry *last = set->entries;

	for (size_t i = 1; i < set->count; i++)
		if (compare_networks(&last->network, &set->entries[i].network) != 0)
			*++last = set->entries[i];
	set->count = (size_t)(last - set->entries) + 1;
}

void network_set_finish(struct network_set *set)
{
	if (set->count > 0 && !set->sorted) {
		qsort(set->entries, set->count, sizeof *set->entries, compare_entries);
		drop_duplicates(set);
		link_parents(set);
		set->entries = trim(set->entries, &set->capacity, set->count, sizeof *set->entries);
	}
	set->sorted = true;
}

/* The number of entries that do not start behind ip. */
static size_t count_up_to(const struct network_set *set, const struct ip *ip)
{
	const struct network wanted = { .ip = *ip, .prefix_bits = 128 };
	size_t low = 0;
	size_t high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_networks(&set->entries[middle].network, &wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct network_entry *network_set_match(const struct network_set *set, const struct ip *ip)
{
	size_t before = set->count > 0 ? count_up_to(set, ip) : 0;
	uint32_t i = before == 0 ? NO_PARENT : (uint32_t)(before - 1);

	/* The last of them is the narrowest that may hold ip, or lies in one that does. */
	while (i != NO_PARENT && !network_contains(&set->entries[i].network, ip))
		i = set->entries[i].parent;
	return i == NO_PARENT ? NULL : &set->entries[i];
}

bool network_set_covers(const struct network_set *set, const struct network *network)
{
	const struct network_entry *entry = network_set_match(set, &network->ip);

	while (entry && entry->network.prefix_bits > network->prefix_bits)
		entry = entry->parent == NO_PARENT ? NULL : &set->entries[entry->parent];
	return entry != NULL;
}
