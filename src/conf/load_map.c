/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps by their tables of keys: unknown, missing and not yet supported ones are found here. */
#include "conf/loader.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 40

void error_at(struct loader *loader, const struct node *at, const char *format, ...)
{
	char text[1000];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	diag_error(loader->diag, at->place, "%s", text);
}

void add_joined(struct buf *buf, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add(buf, i + 1 == count ? " or " : ", ");
		buf_add(buf, words[i]);
	}
}

void error_unknown(struct loader *loader, const struct node *at, const char *what,
		   const struct words *words)
{
	const char *near = diag_nearest(at->text, words->words, words->count);
	struct buf expected;

	if (near) {
		error_at(loader, at, "unknown %s '%s'; did you mean '%s'?", what, at->text, near);
		return;
	}
	buf_init(&expected);
	add_joined(&expected, words->words, words->listed);
	error_at(loader, at, "unknown %s '%s'; expected %s", what, at->text, expected.text);
	buf_clear(&expected);
}

void error_not_yet(struct loader *loader, const struct node *at, const char *name)
{
	error_at(loader, at, "'%s' is not supported yet", name);
}

/* What is not supported yet is no good advice, but a likely meaning of a misspelt key. */
static void error_unknown_key(struct loader *loader, const struct node *key,
			      const struct key_table *table)
{
	const char *names[NAMES_MAX];
	struct words words = { .words = names };

	for (size_t i = 0; i < table->count; i++)
		if (table->keys[i].load)
			names[words.count++] = table->keys[i].name;
	words.listed = words.count;
	for (size_t i = 0; i < table->count; i++)
		if (!table->keys[i].load)
			names[words.count++] = table->keys[i].name;
	error_unknown(loader, key, "key", &words);
}

static bool is_known(const struct key_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->keys[i].name, name) == 0)
			return true;
	return false;
}

static void load_key(struct loader *loader, const struct node *map, const struct key *key,
		     void *target)
{
	const struct node *value = node_get(map, key->name);

	if (!value && key->use == KEY_REQUIRED)
		error_at(loader, map, "key '%s' is missing; expected %s", key->name, key->expected);
	if (!value && key->use != KEY_ALWAYS)
		return;
	if (key->load)
		key->load(loader, value, target);
	else
		error_not_yet(loader, value->key, key->name);
}

void load_map(struct loader *loader, const struct node *node, const struct key_table *table,
	      void *target)
{
	if (!is_map(loader, node, "keys and values"))
		return;
	for (const struct node *value = node->first; value; value = value->next)
		if (!is_known(table, value->key->text))
			error_unknown_key(loader, value->key, table);
	for (size_t i = 0; i < table->count; i++)
		load_key(loader, node, &table->keys[i], target);
}
