/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a policy file: what is not text is refused, and bytes become places and back. */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

/* Columns count characters, as editors do, not bytes.  A byte order mark is left out. */
struct source {
	const char *name;	/* in messages */
	const char *text;	/* the caller's, with a NUL at text[length] */
	size_t length;
	size_t *lines;		/* offset of each line's first byte */
	size_t line_count;
};

/* false when memory is out. */
bool source_init(struct source *source, const char *name, const char *text, size_t length);
void source_clear(struct source *source);

/* Reports the first byte that is no text; false then. */
bool source_check(const struct source *source, struct diag *diag);

struct place source_place(const struct source *source, size_t offset);

/* The byte at which a character stands; the end of the text for what lies behind it. */
size_t source_offset(const struct source *source, size_t line, size_t column);

/* count characters behind offset. */
size_t source_skip(const struct source *source, size_t offset, size_t count);

#endif
