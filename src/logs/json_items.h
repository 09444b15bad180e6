/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The items of a JSON text that is no object a line: the elements of an array, as clouds and Elasticsearch hand out what they
 * found, objects over several lines, or the entries of Loki.
 */
#ifndef LOGS_JSON_ITEMS_H
#define LOGS_JSON_ITEMS_H

#include "base/buf.h"
#include "logs/lines.h"
#include "logs/span.h"

enum json_item {
	JSON_ITEM_OBJECT,	/* an outermost object */
	JSON_ITEM_ELEMENT,	/* an object in an array */
	JSON_ITEM_ENTRY		/* an array in an array: see loki.h */
};

struct json_items {
	enum json_item kind;
	uint64_t arrays;	/* of the open brackets, the innermost the lowest bit: which are those of arrays? */
	unsigned depth;		/* open brackets */
	unsigned begin;		/* at which the item at hand began; NO_ITEM: there is none */
	bool in_string, escaped;
	struct buf item;
};

void json_items_init(struct json_items *items);
void json_items_clear(struct json_items *items);

/* false: the head is none of that, or its first item is no entry and names no message. */
bool json_items_begin(struct json_items *items, struct span head);

/*
 * The next item counts as a line; it is valid until the next call, and may be written to.  One that is cut off comes as it is.
 * false at the end, also when memory is out, as lines_next().
 */
bool json_items_next(struct json_items *items, struct lines *lines, char **text_r, size_t *length_r);

#endif
