/* SPDX-License-Identifier: BSD-2-Clause */
/* YAML text to a tree of nodes (libyaml, which is included in yaml.c alone). */
#ifndef CONF_YAML_H
#define CONF_YAML_H

#include "base/arena.h"
#include "base/diag.h"
#include "conf/node.h"
#include "conf/source.h"

#define YAML_DEPTH_MAX 16

/*
 * Refuses what a policy does not need and what would hide things in it: aliases, anchors, tags,
 * merge keys, second documents, keys that are no text, duplicate keys.  NULL after an error that
 * ends the reading, also for an empty file; other errors are in diag and the tree is there.  Nodes
 * lie in the arena, their places name source->name.
 */
const struct node *yaml_read(const struct source *source, struct arena *arena, struct diag *diag);

/* Where and why libyaml stopped, in its words. */
struct yaml_problem {
	const char *text;
	const char *context;	/* "while scanning a quoted scalar", or "" */
	size_t at;		/* bytes of the source */
	size_t context_at;
	const struct node *last;	/* the node that ended just before it, or NULL */
};

/* Says it in the words of somebody who writes a policy. */
void yaml_explain(const struct yaml_problem *problem, const struct source *source,
		  struct diag *diag);

#endif
