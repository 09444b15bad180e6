/* SPDX-License-Identifier: BSD-2-Clause */
/* A bump allocator whose blocks are given back together. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *older;
	size_t bytes;			/* of the space that follows */
	alignas(max_align_t) char space[];
};

#define ALIGNMENT alignof(max_align_t)

static char *aligned(char *at)
{
	return at + (-(uintptr_t)at & (ALIGNMENT - 1));
}

void arena_init(struct arena *arena, void *first, size_t first_bytes, size_t block_bytes)
{
	*arena = (struct arena){
		.next = first,
		.end = first ? (char *)first + first_bytes : NULL,
		.first = first,
		.first_bytes = first_bytes,
		.block_bytes = block_bytes,
	};
}

/* Gives back the blocks that are newer than keep. */
static void drop_blocks(struct arena *arena, struct arena_block *keep)
{
	while (arena->blocks != keep) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->older;
		free(block);
	}
}

void arena_clear(struct arena *arena)
{
	drop_blocks(arena, NULL);
	arena_init(arena, arena->first, arena->first_bytes, arena->block_bytes);
}

void arena_rewind(struct arena *arena)
{
	struct arena_block *oldest = arena->blocks;

	while (oldest && oldest->older)
		oldest = oldest->older;
	if (!oldest || arena->first || oldest->bytes != arena->block_bytes) {
		arena_clear(arena);
		return;
	}
	drop_blocks(arena, oldest);
	arena->failed = false;
	arena->next = oldest->space;
	arena->end = oldest->space + oldest->bytes;
}

void arena_exchange(struct arena *a, struct arena *b)
{
	struct arena before = *a;

	*a = *b;
	*b = before;
}

static bool add_block(struct arena *arena, size_t size)
{
	size_t bytes = size > arena->block_bytes ? size : arena->block_bytes;
	struct arena_block *block;

	block = bytes <= SIZE_MAX - sizeof *block ? malloc(sizeof *block + bytes) : NULL;
	arena->failed = arena->failed || !block;
	if (!block)
		return false;
	block->older = arena->blocks;
	block->bytes = bytes;
	arena->blocks = block;
	arena->next = block->space;
	arena->end = block->space + bytes;
	return true;
}

/* Not zeroed; size is not 0. */
static inline char *take(struct arena *arena, size_t size)
{
	char *at = arena->next ? aligned(arena->next) : NULL;

	if (!at || at > arena->end || (size_t)(arena->end - at) < size) {
		if (!add_block(arena, size))
			return NULL;
		at = arena->next;
	}
	arena->next = at + size;
	return at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	char *at = take(arena, size > 0 ? size : 1);

	return at ? memset(at, 0, size) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_alloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? take(arena, length + 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){ .block = arena->blocks, .next = arena->next };
}

void arena_reset(struct arena *arena, struct arena_mark mark)
{
	drop_blocks(arena, mark.block);
	arena->next = mark.next;
	arena->end = mark.block ? mark.block->space + mark.block->bytes :
		     arena->first ? arena->first + arena->first_bytes : NULL;
}
