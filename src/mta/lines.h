/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of configuration, each with the place of the policy that it comes from. */
#ifndef MTA_LINES_H
#define MTA_LINES_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/commands.h"

#include <stdbool.h>
#include <stddef.h>

/* One setting, rule or remark.  All texts lie in the arena of its list. */
struct config_line {
	const char *origin;	/* "policy.yaml:14: commands.vrfy: hide", one per line; NULL: none */
	const char *name;	/* of a parameter, or the pattern of a table; NULL: text stands alone */
	const char *value;
	struct config_line *next;
};

struct config_lines {
	struct arena *arena;
	struct config_line *first;
	struct config_line *last;
	size_t count;
	bool failed;		/* memory is out: a line is missing */
};

void config_lines_init(struct config_lines *lines, struct arena *arena);

/* NULL when memory is out (lines->failed). */
struct config_line *config_lines_add(struct config_lines *lines, const char *origin, const char *name,
				     const char *value);

/* Moves what more holds behind the last line. */
void config_lines_append(struct config_lines *lines, const struct config_lines *more);

/* Formats into the arena; NULL when memory is out. */
const char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "commands.vrfy: hide", "commands.vrfy: allow if EXPRESSION, else hide"; one line.  NULL when memory is out. */
const char *setting_text(struct arena *arena, enum command_id id, const struct command_setting *setting);

/* a and b with a newline between; either may be NULL. */
const char *join_origins(struct arena *arena, const char *a, const char *b);

/* Each line of origin behind prefix: "  # policy.yaml:14: ...\n". */
void add_origin(struct buf *out, const char *prefix, const char *origin);

/* Do both hold the same names and values, in the same order? */
bool config_lines_equal(const struct config_lines *a, const struct config_lines *b);

#endif
