/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is given back all at once: a session's or a policy's. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/*
 * One owner, one thread at a time.  The first block may be the caller's own (inside a session
 * struct, say), so that a short session costs no second allocation.
 */
struct arena {
	struct arena_block *blocks;	/* newest first; NULL while the caller's block is enough */
	char *next;			/* free bytes of the newest block */
	char *end;
	char *first;			/* the caller's block, or NULL */
	size_t first_bytes;
	size_t block_bytes;		/* size of further blocks */
	bool failed;			/* memory was out, since the arena was last empty */
};

/* A point to come back to: what was allocated after it is given back by arena_reset(). */
struct arena_mark {
	struct arena_block *block;
	char *next;
};

/* first may be NULL (first_bytes 0); it stays the caller's and must outlive the arena. */
void arena_init(struct arena *arena, void *first, size_t first_bytes, size_t block_bytes);

/* Gives every block back; arena_init() or further allocations may follow. */
void arena_clear(struct arena *arena);

/* As arena_clear(), but keeps a block of the usual size for what follows. */
void arena_rewind(struct arena *arena);

/* Exchanges all that they hold.  Neither has a block of the caller's. */
void arena_exchange(struct arena *a, struct arena *b);

/* Zeroed, aligned for any type; NULL when memory is out.  size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc() for count elements; NULL also when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copies with a final NUL; NULL when memory is out. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);

struct arena_mark arena_mark(const struct arena *arena);
void arena_reset(struct arena *arena, struct arena_mark mark);

#endif
