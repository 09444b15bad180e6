/* SPDX-License-Identifier: BSD-2-Clause */
/* The items of a JSON text that is no object a line. */
#include "logs/json_items.h"

#include "base/file.h"
#include "logs/fields.h"
#include "logs/loki.h"

#include <string.h>

#define NO_ITEM 0
#define DEPTH_MAX 64

void json_items_init(struct json_items *items)
{
	*items = (struct json_items){ .begin = NO_ITEM };
	buf_init(&items->item);
}

void json_items_clear(struct json_items *items)
{
	buf_clear(&items->item);
}

static void restart(struct json_items *items, enum json_item kind)
{
	json_items_clear(items);
	json_items_init(items);
	items->kind = kind;
}

/* Inside a string only its end matters. */
static void take_of_string(struct json_items *items, char c)
{
	if (items->escaped)
		items->escaped = false;
	else if (c == '\\')
		items->escaped = true;
	else if (c == '"')
		items->in_string = false;
}

/* With this bracket, in an array or not? */
static bool begins_item(const struct json_items *items, bool is_array, bool in_array)
{
	switch (items->kind) {
	case JSON_ITEM_OBJECT: return !is_array && items->depth == 1;
	case JSON_ITEM_ELEMENT: return !is_array && in_array;
	case JSON_ITEM_ENTRY: return is_array && in_array;
	}
	return false;
}

static void open_bracket(struct json_items *items, bool is_array)
{
	bool in_array = items->depth > 0 && (items->arrays & 1) != 0;

	items->depth++;
	if (items->begin == NO_ITEM && begins_item(items, is_array, in_array))
		items->begin = items->depth;
	items->arrays = items->arrays << 1 | is_array;
}

/* true: that was the end of an item. */
static bool close_bracket(struct json_items *items)
{
	bool ends = items->begin != NO_ITEM && items->depth == items->begin;

	items->depth -= items->depth > 0;
	items->arrays >>= 1;
	if (ends)
		items->begin = NO_ITEM;
	return ends;
}

static bool take_char(struct json_items *items, char c)
{
	if (items->in_string)
		take_of_string(items, c);
	else if (c == '"')
		items->in_string = true;
	else if (c == '{' || c == '[')
		open_bracket(items, c == '[');
	else if (c == '}' || c == ']')
		return close_bracket(items);
	return false;
}

/* Up to the end of an item, or all of it; returns how many were taken. */
static size_t take_bytes(struct json_items *items, const char *bytes, size_t length, bool *ended_r)
{
	size_t begin = 0, at = 0;
	bool inside = items->begin != NO_ITEM;

	for (*ended_r = false; at < length && !*ended_r; at++) {
		*ended_r = take_char(items, bytes[at]);
		if (!inside && items->begin != NO_ITEM) {
			inside = true;
			begin = at;
		}
	}
	/* Of one that is longer than any line only the begin is kept, which is not well formed then. */
	if (inside && items->item.length < LINE_MAX_BYTES)
		buf_add_bytes(&items->item, bytes + begin, at - begin);
	return at;
}

/* The first item, as far as it is in the head, and what stands before it. */
static bool find_first(struct json_items *items, struct span head, struct span *before_r)
{
	bool ended;
	size_t used = take_bytes(items, head.text, head.length, &ended);

	*before_r = (struct span){ head.text, used - items->item.length };
	return items->item.length > 0 && !items->item.failed;
}

static bool is_first(enum json_item kind, struct span item, struct span before)
{
	if (kind == JSON_ITEM_ENTRY)
		return SPAN_FIND(before, "\"values\"") && loki_is_entry(item);
	/* Objects of one line each are read as lines. */
	return field_names_message(item) && !field_names_message(before) && (kind == JSON_ITEM_ELEMENT || SPAN_FIND(item, "\n"));
}

bool json_items_begin(struct json_items *items, struct span head)
{
	static const enum json_item kinds[] = { JSON_ITEM_ENTRY, JSON_ITEM_ELEMENT, JSON_ITEM_OBJECT };
	struct span before;
	bool good = false;

	if (head.length == 0 || !strchr("[{ \t\r\n", head.text[0]))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !good; i++) {
		restart(items, kinds[i]);
		good = find_first(items, head, &before) &&
		       is_first(kinds[i], (struct span){ items->item.text, items->item.length }, before);
		restart(items, kinds[i]);
	}
	return good;
}

bool json_items_next(struct json_items *items, struct lines *lines, char **text_r, size_t *length_r)
{
	const char *bytes;
	bool ended = false;
	size_t length;

	items->item.length = 0;
	while (!ended && (length = lines_peek(lines, 1, &bytes)) > 0)
		(void)lines_take(lines, take_bytes(items, bytes, length, &ended));
	items->begin = NO_ITEM;
	if (items->item.failed)
		lines->seen.error = file_no_memory;
	/* The rest of the item may still be on its way. */
	if (items->item.failed || items->item.length == 0 || lines->seen.error == input_interrupted)
		return false;
	*text_r = items->item.text;
	*length_r = items->item.length;
	lines->seen.count++;
	return true;
}
