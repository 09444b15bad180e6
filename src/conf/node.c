/* SPDX-License-Identifier: BSD-2-Clause */
/* Look-ups in the tree, and the way from a byte of a value back to its place in the file. */
#include "conf/node.h"

#include <string.h>

const struct node *node_get(const struct node *map, const char *key)
{
	if (map->kind != NODE_MAP)
		return NULL;
	for (const struct node *node = map->first; node; node = node->next)
		if (strcmp(node->key->text, key) == 0)
			return node;
	return NULL;
}

bool node_is_nothing(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->style == STYLE_PLAIN && node->text[0] == '\0';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes of the source that stand for one byte of a quoted or plain value. */
static size_t written_length(enum node_style style, const char *written)
{
	if (style == STYLE_SINGLE && written[0] == '\'')
		return 2;
	if (style != STYLE_DOUBLE || written[0] != '\\')
		return 1;
	switch (written[1]) {
	case 'x':	return 4;
	case 'u':	return 6;
	case 'U':	return 10;
	default:	return 2;
	}
}

static size_t first_byte(const struct node *node, const char *text)
{
	size_t at = node->start;

	if (node->style == STYLE_SINGLE || node->style == STYLE_DOUBLE)
		return at + 1;
	if (node->style != STYLE_BLOCK)
		return at;
	/* "|-" or ">", and the indentation of the next line. */
	at += strcspn(text + at, "\n");
	return at + strspn(text + at, " \n");
}

struct place node_place_at(const struct node *node, const struct source *source, size_t offset)
{
	size_t at = first_byte(node, source->text);

	for (size_t i = 0; i < offset && at < node->end; i++) {
		if (!is_space(node->text[i])) {
			at += written_length(node->style, source->text + at);
			continue;
		}
		/* Folding makes one space of a line's end and the indentation behind it. */
		at++;
		if (is_space(node->text[i + 1]))
			continue;
		while (at < node->end && is_space(source->text[at]))
			at++;
	}
	return source_place(source, at < node->end ? at : node->end);
}

bool node_has_comment(const struct node *node, const struct source *source)
{
	const char *behind = source->text + node->end;

	if (node->kind != NODE_SCALAR || node->style != STYLE_PLAIN)
		return false;
	return behind[strspn(behind, " \t")] == '#';
}
