/* SPDX-License-Identifier: BSD-2-Clause */
/* A record with memory of its own. */
#include "logs/record_shape.h"

#include <string.h>

static bool copy_fields(const struct shape *shape, struct arena *arena, void *base);

static bool copy_text(struct arena *arena, struct text *text)
{
	if (text->presence != PRESENCE_KNOWN)
		return true;
	text->value = arena_strdup(arena, text->value);
	return text->value;
}

static bool copy_strings(struct arena *arena, const char **items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		items[i] = arena_strdup(arena, items[i]);
		if (!items[i])
			return false;
	}
	return true;
}

static bool copy_elements(const struct shape *shape, struct arena *arena, char *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!copy_fields(shape, arena, items + i * shape->element_bytes))
			return false;
	return true;
}

/* In a struct that is a copy already; its items are still those of the original. */
static bool copy_items(const struct field *field, struct arena *arena, void *base)
{
	bool strings = field->type == FIELD_STRINGS;
	char *items, *copies;
	size_t count, element_bytes = strings ? sizeof(char *) : field->shape->element_bytes;

	memcpy(&count, (char *)base + field->count_offset, sizeof count);
	memcpy(&items, (char *)base + field->offset, sizeof items);
	if (count == 0)
		return true;
	copies = arena_array(arena, count, element_bytes);
	if (!copies)
		return false;
	memcpy(copies, items, count * element_bytes);
	memcpy((char *)base + field->offset, &copies, sizeof copies);
	return strings ? copy_strings(arena, (const char **)(void *)copies, count) :
			 copy_elements(field->shape, arena, copies, count);
}

static bool copy_fields(const struct shape *shape, struct arena *arena, void *base)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		bool good = true;

		/* All other types lie in the struct. */
		if (field->type == FIELD_TEXT)
			good = copy_text(arena, (struct text *)(void *)((char *)base + field->offset));
		else if (field->type == FIELD_STRINGS || field->type == FIELD_ARRAY)
			good = copy_items(field, arena, base);
		else if (field->type == FIELD_OBJECT)
			good = copy_fields(field->shape, arena, base);
		if (!good)
			return false;
	}
	return true;
}

bool record_copy(const struct record *record, struct arena *arena, struct record *copy_r)
{
	*copy_r = *record;
	return copy_fields(&record_shape, arena, copy_r);
}
