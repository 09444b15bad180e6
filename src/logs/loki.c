/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines in what Loki answers to a query, or is sent. */
#include "logs/loki.h"

#include "base/ascii.h"
#include "base/json_read.h"
#include "core/grow.h"

#include <stdlib.h>

#define BYTES_MAX (64 * 1024 * 1024)	/* of lines that are held: some hundred times what Loki answers at once, unless told to */
#define TIME_DIGITS 19	/* of nanoseconds, from 2001 to 2286 */

void loki_init(struct loki *loki)
{
	*loki = (struct loki){ .count = 0 };
	arena_init(&loki->arena, NULL, 0, 65536);
}

void loki_clear(struct loki *loki)
{
	arena_clear(&loki->arena);
	free(loki->entries);
	loki_init(loki);
}

static bool parse_time(struct json_slice text, uint64_t *ns_r)
{
	*ns_r = 0;
	if (text.length != TIME_DIGITS)
		return false;
	for (size_t i = 0; i < TIME_DIGITS; i++) {
		if (!ascii_is_digit(text.text[i]))
			return false;
		*ns_r = *ns_r * 10 + (uint64_t)(text.text[i] - '0');
	}
	return true;
}

/* Behind the line may stand what Loki keeps beside it. */
static bool parse_entry(struct span item, uint64_t *ns_r, struct json_slice *line_r)
{
	struct json_reader json;
	struct json_slice time;

	json_read_init(&json, item.text, item.length);
	if (!json_enter(&json, JSON_ARRAY) || !json_next_item(&json) || !json_take_string(&json, &time) ||
	    !parse_time(time, ns_r) || !json_next_item(&json) || !json_take_string(&json, line_r))
		return false;
	while (json_next_item(&json))
		(void)json_skip(&json);
	return json_finished(&json);
}

bool loki_is_entry(struct span item)
{
	struct json_slice line;
	uint64_t ns;

	return parse_entry(item, &ns, &line);
}

static bool make_room(struct loki *loki)
{
	struct loki_entry *entries = grow(loki->entries, &loki->capacity, loki->count + 1, sizeof *entries);

	if (entries)
		loki->entries = entries;
	return entries;
}

bool loki_add(struct loki *loki, struct span item, uint64_t number)
{
	struct loki_entry entry = { .number = number };
	struct json_slice line;

	if (!parse_entry(item, &entry.time_ns, &line) || line.length > BYTES_MAX - loki->bytes)
		return false;
	loki->bytes += line.length;
	entry.line.text = json_decode(&loki->arena, line, false);
	if (!entry.line.text || !make_room(loki)) {
		loki->no_memory = true;
		return false;
	}
	entry.line.length = strcspn(entry.line.text, "\r\n");
	loki->entries[loki->count++] = entry;
	return true;
}

/* Do most entries come before those that stand above them? */
static bool is_newest_first(const struct loki *loki)
{
	size_t up = 0, down = 0;

	for (size_t i = 1; i < loki->count; i++) {
		up += loki->entries[i].time_ns > loki->entries[i - 1].time_ns;
		down += loki->entries[i].time_ns < loki->entries[i - 1].time_ns;
	}
	return down > up;
}

static int by_time(const void *a, const void *b)
{
	const struct loki_entry *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

void loki_sort(struct loki *loki)
{
	bool newest_first = is_newest_first(loki);

	for (size_t i = 0; i < loki->count; i++)
		loki->entries[i].place = newest_first ? loki->count - i : i;
	if (loki->count > 1)
		qsort(loki->entries, loki->count, sizeof loki->entries[0], by_time);
}
