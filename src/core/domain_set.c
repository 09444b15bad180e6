/* SPDX-License-Identifier: BSD-2-Clause */
/* Open addressing over names, and the one backward pass that finds a name's longest entry. */
#include "core/domain_set.h"

#include "base/ascii.h"
#include "core/grow.h"

#include <string.h>

void domain_set_clear(struct domain_set *set)
{
	free(set->names);
	free(set->entries);
	free(set->slots);
	*set = (struct domain_set){ 0 };
}

/*
 * FNV-1a over the bytes from the last to the first: so one backward pass over a name gives the hash
 * of each of its suffixes.  Linear probing wants the low bits mixed, which hash_finish() does.
 */
#define HASH_START 2166136261u

static uint32_t hash_byte(uint32_t hash, char byte)
{
	return (hash ^ (uint8_t)byte) * 16777619u;
}

static uint32_t hash_finish(uint32_t hash)
{
	hash ^= hash >> 16;
	hash *= 0x85ebca6bu;
	return hash ^ (hash >> 13);
}

static uint32_t hash_name(const char *name, size_t length)
{
	uint32_t hash = HASH_START;

	while (length > 0)
		hash = hash_byte(hash, name[--length]);
	return hash_finish(hash);
}

static struct domain_entry *find(const struct domain_set *set, const char *name, size_t length,
				 uint32_t hash)
{
	size_t mask = set->slot_count - 1;

	if (set->slot_count == 0)
		return NULL;
	for (size_t i = hash & mask; set->slots[i] != 0; i = (i + 1) & mask) {
		struct domain_entry *entry = &set->entries[set->slots[i] - 1];

		if (entry->hash == hash && entry->length == length &&
		    memcmp(set->names + entry->name, name, length) == 0)
			return entry;
	}
	return NULL;
}

static void fill_slot(struct domain_set *set, size_t index)
{
	size_t mask = set->slot_count - 1;
	size_t i = set->entries[index].hash & mask;

	while (set->slots[i] != 0)
		i = (i + 1) & mask;
	set->slots[i] = (uint32_t)(index + 1);
}

static bool grow_slots(struct domain_set *set)
{
	size_t slot_count = set->slot_count ? set->slot_count * 2 : 16;
	uint32_t *slots = calloc(slot_count, sizeof *slots);

	if (!slots)
		return false;
	free(set->slots);
	set->slots = slots;
	set->slot_count = slot_count;
	for (size_t i = 0; i < set->count; i++)
		fill_slot(set, i);
	return true;
}

static bool reserve(struct domain_set *set, size_t length)
{
	void *space;

	/* Offsets of names and the numbers in slots have 32 bits. */
	if (set->count >= UINT32_MAX - 1 || set->names_bytes + length > UINT32_MAX)
		return false;
	space = grow(set->names, &set->names_capacity, set->names_bytes + length, 1);
	if (!space)
		return false;
	set->names = space;
	space = grow(set->entries, &set->capacity, set->count + 1, sizeof *set->entries);
	if (!space)
		return false;
	set->entries = space;
	return (set->count + 1) * 4 <= set->slot_count * 3 || grow_slots(set);
}

bool domain_set_add(struct domain_set *set, const char *domain, unsigned scope,
		    struct list_source source)
{
	size_t length = strlen(domain);
	uint32_t hash = hash_name(domain, length);
	struct domain_entry *entry = find(set, domain, length, hash);

	if (entry) {
		entry->scope = (uint8_t)(entry->scope | scope);
		return true;
	}
	if (length >= NAME_TEXT_BYTES || !reserve(set, length))
		return false;
	memcpy(set->names + set->names_bytes, domain, length);
	set->entries[set->count] = (struct domain_entry){
		.name = (uint32_t)set->names_bytes,
		.hash = hash,
		.line = source.line,
		.file = source.file,
		.length = (uint8_t)length,
		.scope = (uint8_t)scope,
	};
	set->names_bytes += length;
	fill_slot(set, set->count++);
	return true;
}

void domain_set_finish(struct domain_set *set)
{
	set->names = trim(set->names, &set->names_capacity, set->names_bytes, 1);
	set->entries = trim(set->entries, &set->capacity, set->count, sizeof *set->entries);
}

/* Backwards: the hash of each suffix goes on from that of the one before it. */
static void find_suffixes(struct folded_name *folded)
{
	struct suffix found[LABELS_MAX];
	size_t count = 0;
	uint32_t hash = HASH_START;

	for (size_t i = folded->length; i > 0 && count < LABELS_MAX; i--) {
		hash = hash_byte(hash, folded->text[i - 1]);
		if (i == 1 || folded->text[i - 2] == '.')
			found[count++] = (struct suffix){ i - 1, hash_finish(hash) };
	}
	for (size_t i = 0; i < count; i++)
		folded->suffixes[i] = found[count - 1 - i];
	folded->suffix_count = count;
}

bool folded_name_init(struct folded_name *folded, const char *name)
{
	size_t length = strlen(name);

	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length == 0 || length >= NAME_TEXT_BYTES)
		return false;
	for (size_t i = 0; i < length; i++)
		folded->text[i] = ascii_lower(name[i]);
	folded->text[length] = '\0';
	folded->length = length;
	find_suffixes(folded);
	return true;
}

const struct domain_entry *domain_set_match(const struct domain_set *set,
					    const struct folded_name *folded, size_t min_length)
{
	for (size_t i = 0; i < folded->suffix_count; i++) {
		const struct suffix *suffix = &folded->suffixes[i];
		size_t length = folded->length - suffix->start;
		unsigned scope = suffix->start == 0 ? DOMAIN_SELF : DOMAIN_BELOW;
		const struct domain_entry *entry;

		if (length <= min_length)
			return NULL;
		entry = find(set, folded->text + suffix->start, length, suffix->hash);
		if (entry && (entry->scope & scope))
			return entry;
	}
	return NULL;
}

void domain_entry_format(const struct domain_set *set, const struct domain_entry *entry,
			 char *text_r, size_t bytes)
{
	const char *prefix = ".";

	if (entry->scope == DOMAIN_SELF)
		prefix = "";
	else if (entry->scope == DOMAIN_BELOW)
		prefix = "*.";
	snprintf(text_r, bytes, "%s%.*s", prefix, (int)entry->length, set->names + entry->name);
}
