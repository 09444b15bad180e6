/* SPDX-License-Identifier: BSD-2-Clause */
/* A YAML document as a tree: maps, sequences and text, each with its place. */
#ifndef CONF_NODE_H
#define CONF_NODE_H

#include "base/diag.h"
#include "conf/source.h"

#include <stdbool.h>
#include <stddef.h>

enum node_kind {
	NODE_MAP,
	NODE_SEQUENCE,
	NODE_SCALAR,
	NODE_BROKEN	/* an error was reported for it: say nothing more */
};

/* FLOW: a map or sequence in { } or [ ]. */
enum node_style { STYLE_PLAIN, STYLE_SINGLE, STYLE_DOUBLE, STYLE_BLOCK, STYLE_FLOW };

struct node {
	enum node_kind kind;
	enum node_style style;
	struct place place;
	size_t start;			/* bytes of the source, quotes included */
	size_t end;
	const char *text;		/* of a scalar, without NUL inside */
	const struct node *key;		/* a scalar, when the node stands in a map */
	const struct node *first;	/* of a map's values or a sequence's items */
	const struct node *next;	/* sibling */
	size_t count;
};

const struct node *node_get(const struct node *map, const char *key);

/* "key:" or "- " with nothing behind it. */
bool node_is_nothing(const struct node *node);

/* Where a byte of a scalar's text stands in the file: quotes, escapes, folded lines counted. */
struct place node_place_at(const struct node *node, const struct source *source, size_t offset);

/* Is a plain scalar followed by a comment on its line? */
bool node_has_comment(const struct node *node, const struct source *source);

#endif
