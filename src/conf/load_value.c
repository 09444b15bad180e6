/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of each type: YAML knows only text, so what is a number or a date is decided here. */
#include "conf/loader.h"

#include "base/buf.h"
#include "base/clock.h"

#include <string.h>

static const char digits[] = "0123456789";

void *policy_array(struct loader *loader, size_t count, size_t size)
{
	void *array = arena_array(loader->kept, count, size);

	if (!array)
		loader->no_memory = true;
	return array;
}

const char *policy_copy(struct loader *loader, const char *text)
{
	const char *copy = arena_strdup(loader->kept, text);

	if (!copy)
		loader->no_memory = true;
	return copy;
}

static const char *kind_of(const struct node *node)
{
	switch (node->kind) {
	case NODE_MAP:		return "this is a map";
	case NODE_SEQUENCE:	return "this is a list";
	case NODE_SCALAR:	return node_is_nothing(node) ? "nothing is here" : "this is text";
	case NODE_BROKEN:	break;
	}
	return "";
}

static bool error_kind(struct loader *loader, const struct node *node, const char *expected)
{
	if (node->kind != NODE_BROKEN)
		error_at(loader, node, "%s; expected %s", kind_of(node), expected);
	return false;
}

bool is_map(struct loader *loader, const struct node *node, const char *expected)
{
	return node->kind == NODE_MAP || error_kind(loader, node, expected);
}

bool is_scalar(struct loader *loader, const struct node *node, const char *expected)
{
	return (node->kind == NODE_SCALAR && !node_is_nothing(node)) ||
	       error_kind(loader, node, expected);
}

bool is_text(struct loader *loader, const struct node *node, const char *expected)
{
	if (node->style != STYLE_FLOW)
		return is_scalar(loader, node, expected);
	error_at(loader, node, "%s; expected %s (put it in single quotes if it begins with '%c')",
		 kind_of(node), expected, node->kind == NODE_MAP ? '{' : '[');
	return false;
}

bool is_items(struct loader *loader, const struct node *node, const char *expected)
{
	return node->kind == NODE_SEQUENCE || is_scalar(loader, node, expected);
}

const struct node *first_item(const struct node *node)
{
	return node->kind == NODE_SEQUENCE ? node->first : node;
}

const struct node *next_item(const struct node *node, const struct node *item)
{
	return node->kind == NODE_SEQUENCE ? item->next : NULL;
}

size_t item_count(const struct node *node)
{
	return node->kind == NODE_SEQUENCE ? node->count : 1;
}

const char *load_text(struct loader *loader, const struct node *node, const char *expected)
{
	if (!is_text(loader, node, expected))
		return NULL;
	if (node->text[0] != '\0')
		return policy_copy(loader, node->text);
	error_at(loader, node, "empty text; expected %s", expected);
	return NULL;
}

const char **load_texts(struct loader *loader, const struct node *node, const char *expected,
			size_t *count_r)
{
	const char **texts = policy_array(loader, item_count(node), sizeof *texts);

	*count_r = 0;
	if (!texts || !is_items(loader, node, expected))
		return NULL;
	for (const struct node *item = first_item(node); item; item = next_item(node, item)) {
		const char *text = load_text(loader, item, expected);

		if (text)
			texts[(*count_r)++] = text;
	}
	return texts;
}

bool load_bool(struct loader *loader, const struct node *node, bool *value_r)
{
	bool is_true = node->kind == NODE_SCALAR && strcmp(node->text, "true") == 0;

	if (!is_scalar(loader, node, "true or false"))
		return false;
	if (node->style != STYLE_PLAIN || (!is_true && strcmp(node->text, "false") != 0)) {
		error_at(loader, node, "'%s' is no boolean; expected true or false, without quotes",
			 node->text);
		return false;
	}
	*value_r = is_true;
	return true;
}

bool load_number(struct loader *loader, const struct node *node, unsigned max, unsigned *value_r)
{
	unsigned long value = 0;

	if (!is_scalar(loader, node, "a number"))
		return false;
	if (node->style != STYLE_PLAIN || node->text[strspn(node->text, digits)] != '\0' ||
	    (node->text[0] == '0' && node->text[1] != '\0')) {
		error_at(loader, node,
			 "'%s' is no number; expected decimal digits, without quotes and leading "
			 "zeros",
			 node->text);
		return false;
	}
	for (const char *digit = node->text; *digit && value <= max; digit++)
		value = value * 10 + (unsigned long)(*digit - '0');
	if (value > max) {
		error_at(loader, node, "%s is too large; expected at most %u", node->text, max);
		return false;
	}
	*value_r = (unsigned)value;
	return true;
}

static bool read_duration(const char *text, uint64_t *ms_r)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
	size_t length = strspn(text, digits);

	*ms_r = 0;
	if (length == 0 || length > 9)
		return false;
	for (size_t i = 0; i < length; i++)
		*ms_r = *ms_r * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (strcmp(text + length, units[i].unit) != 0)
			continue;
		*ms_r *= units[i].ms;
		return true;
	}
	return false;
}

static bool take_duration(struct loader *loader, const struct node *node, uint64_t *ms_r)
{
	if (!is_scalar(loader, node, "a duration such as 5s or 500ms"))
		return false;
	if (read_duration(node->text, ms_r))
		return true;
	error_at(loader, node, "'%s' is no duration; expected a number and ms, s, m, h or d, such as 5s", node->text);
	return false;
}

bool load_duration(struct loader *loader, const struct node *node, unsigned min_ms, unsigned max_ms, unsigned *ms_r)
{
	uint64_t ms;

	if (!take_duration(loader, node, &ms))
		return false;
	if (ms < min_ms || ms > max_ms) {
		error_at(loader, node, "'%s' is too %s; expected %u ms to %u ms", node->text,
			 ms < min_ms ? "short" : "long", min_ms, max_ms);
		return false;
	}
	*ms_r = (unsigned)ms;
	return true;
}

bool load_age(struct loader *loader, const struct node *node, uint32_t min_s, uint32_t max_s, uint32_t *seconds_r)
{
	uint64_t ms;

	if (!take_duration(loader, node, &ms))
		return false;
	if (ms < min_s * UINT64_C(1000) || ms > max_s * UINT64_C(1000)) {
		error_at(loader, node, "'%s' is too %s; expected %us to %us", node->text,
			 ms < min_s * UINT64_C(1000) ? "short" : "long", min_s, max_s);
		return false;
	}
	*seconds_r = (uint32_t)(ms / 1000);
	return true;
}

static bool read_size(const char *text, uint64_t *bytes_r)
{
	static const char *const units[] = { "K", "M", "G", "T" };
	size_t length = strspn(text, digits);

	*bytes_r = 0;
	if (length == 0 || length > 7)
		return false;
	for (size_t i = 0; i < length; i++)
		*bytes_r = *bytes_r * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (strcmp(text + length, units[i]) != 0)
			continue;
		*bytes_r <<= 10 * (i + 1);
		return true;
	}
	return false;
}

bool load_size(struct loader *loader, const struct node *node, uint64_t min_bytes, uint64_t *bytes_r)
{
	uint64_t bytes;

	if (!is_scalar(loader, node, "a size such as 512M or 1G"))
		return false;
	if (!read_size(node->text, &bytes)) {
		error_at(loader, node, "'%s' is no size; expected a number and K, M, G or T, such as 512M", node->text);
		return false;
	}
	if (bytes < min_bytes) {
		error_at(loader, node, "'%s' is too small; expected at least %lluK", node->text,
			 (unsigned long long)(min_bytes >> 10));
		return false;
	}
	*bytes_r = bytes;
	return true;
}

bool load_choice(struct loader *loader, const struct node *node, const char *const *words,
		 size_t *index_r)
{
	struct words all = { .words = words };
	struct buf expected;
	bool found;

	while (words[all.count])
		all.count++;
	all.listed = all.count;
	buf_init(&expected);
	add_joined(&expected, words, all.count);
	found = is_scalar(loader, node, expected.text);
	buf_clear(&expected);
	if (!found)
		return false;
	for (size_t i = 0; i < all.count; i++) {
		if (strcmp(node->text, words[i]) == 0) {
			*index_r = i;
			return true;
		}
	}
	error_unknown(loader, node, "value", &all);
	return false;
}

bool load_date(struct loader *loader, const struct node *node, int32_t *date_r)
{
	if (!is_scalar(loader, node, "a date"))
		return false;
	if (date_parse(node->text, date_r))
		return true;
	error_at(loader, node, "'%s' is no date; expected YYYY-MM-DD", node->text);
	return false;
}

const char *load_name(struct loader *loader, const struct node *node)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t length;

	if (!is_scalar(loader, node, "a name"))
		return NULL;
	length = strlen(node->text);
	if (length > 0 && length <= POLICY_NAME_BYTES_MAX && strspn(node->text, allowed) == length)
		return policy_copy(loader, node->text);
	error_at(loader, node,
		 "'%s' is no name; expected at most %d letters, digits, '-', '_' or '.'",
		 node->text, POLICY_NAME_BYTES_MAX);
	return NULL;
}

void load_mode(struct loader *loader, const struct node *node, enum mode *mode_r)
{
	static const char *const words[] = { "observe", "enforce", NULL };
	size_t i;

	if (load_choice(loader, node, words, &i))
		(void)mode_from_word(words[i], mode_r);
}

void load_since(struct loader *loader, const struct node *node, struct period *period)
{
	(void)load_date(loader, node, &period->since);
}

void load_until(struct loader *loader, const struct node *node, struct period *period)
{
	if (load_date(loader, node, &period->until))
		check_period(loader, node, period);
}

void check_period(struct loader *loader, const struct node *until, const struct period *period)
{
	if (period->since != DATE_NONE && period->until != DATE_NONE && period->until < period->since)
		error_at(loader, until, "'until' lies before 'since'; nothing is ever within it");
}

bool is_cut_by_comment(struct loader *loader, const struct node *node)
{
	struct place place;

	if (!node_has_comment(node, &loader->source))
		return false;
	place = source_place(&loader->source, node->end);
	diag_error(loader->diag, place,
		   "' #' begins a comment and cuts off the value; put the value in single quotes, "
		   "or the comment on a line of its own");
	return true;
}
