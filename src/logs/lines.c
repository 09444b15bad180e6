/* SPDX-License-Identifier: BSD-2-Clause */
/* An input cut into lines. */
#include "logs/lines.h"

#include "base/file.h"

#include <stdlib.h>

#define BLOCK_BYTES (256 << 10)

void lines_close(struct lines *lines)
{
	free(lines->block.bytes);
	*lines = (struct lines){ .ended = true };
}

struct lines_block lines_block_new(size_t capacity)
{
	return (struct lines_block){ .bytes = malloc(capacity + 1), .capacity = capacity };
}

static bool grow(struct lines_block *block, size_t capacity)
{
	char *bytes = realloc(block->bytes, capacity + 1);

	if (!bytes)
		return false;
	*block = (struct lines_block){ .bytes = bytes, .capacity = capacity };
	return true;
}

static void end_without_memory(struct lines *lines)
{
	lines->seen.error = file_no_memory;
	lines->ended = true;
}

/* Room behind what has been read: moves it to the front, and makes the block larger when it is full. */
static bool make_room(struct lines *lines)
{
	size_t left = (size_t)(lines->end - lines->at);

	memmove(lines->block.bytes, lines->at, left);
	if (left == lines->block.capacity && !grow(&lines->block, 2 * left))
		return false;
	lines->at = lines->block.bytes;
	lines->end = lines->at + left;
	return true;
}

void lines_change_block(struct lines *lines, struct lines_block *block)
{
	struct lines_block used = lines->block;
	size_t left = (size_t)(lines->end - lines->at);

	/* Behind a long line much may have been read. */
	if (left > block->capacity && !grow(block, used.capacity)) {
		end_without_memory(lines);
		left = 0;
	}
	memcpy(block->bytes, lines->at, left);
	lines->block = *block;
	lines->at = lines->block.bytes;
	lines->end = lines->at + left;
	*block = used;
}

/* Reads once; false at the end. */
static bool read_on(struct lines *lines)
{
	size_t got;

	if (lines->ended)
		return false;
	if (!make_room(lines)) {
		end_without_memory(lines);
		return false;
	}
	got = input_read(lines->input, lines->end, (size_t)(lines->block.bytes + lines->block.capacity - lines->end),
			 &lines->seen.error);
	lines->end += got;
	lines->seen.total_bytes += got;
	lines->ended = got == 0;
	return got > 0;
}

/* Throws away what is left of a line that was cut. */
static void skip_rest(struct lines *lines)
{
	char *newline;

	do {
		newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
		lines->at = newline ? newline + 1 : lines->end;
	} while (!newline && read_on(lines));
	lines->skipping = false;
}

bool lines_more(struct lines *lines, char **line_r, size_t *length_r)
{
	size_t length, seen = 0;
	char *newline = NULL;

	if (lines->skipping)
		skip_rest(lines);
	for (;;) {
		length = (size_t)(lines->end - lines->at);
		newline = memchr(lines->at + seen, '\n', length - seen);
		if (newline || length >= LINE_MAX_BYTES)
			break;
		seen = length;
		if (!read_on(lines))
			break;
	}
	if (newline)
		return lines_next(lines, line_r, length_r);
	/* The rest of the line may still be on its way. */
	if (length == 0 || lines->seen.error == input_interrupted)
		return false;
	/* The last line has no end, or the line is too long. */
	*line_r = lines->at;
	lines->skipping = length >= LINE_MAX_BYTES;
	lines->seen.cut_count += lines->skipping;
	lines->at += length;
	lines->seen.count++;
	*length_r = length - (!lines->skipping && (*line_r)[length - 1] == '\r');
	return true;
}

size_t lines_peek(struct lines *lines, size_t wanted, const char **bytes_r)
{
	while ((size_t)(lines->end - lines->at) < wanted && read_on(lines))
		continue;
	*bytes_r = lines->at;
	return (size_t)(lines->end - lines->at);
}

const char *lines_take(struct lines *lines, size_t length)
{
	const char *bytes;

	while (length <= LINE_MAX_BYTES && (size_t)(lines->end - lines->at) < length && read_on(lines))
		continue;
	if ((size_t)(lines->end - lines->at) < length)
		return NULL;
	bytes = lines->at;
	lines->at += length;
	return bytes;
}

/* The mark of UTF-8 that some programs write at the head of a file. */
static void skip_mark(struct lines *lines)
{
	const char *head;

	if (lines_peek(lines, 3, &head) >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
		lines->at += 3;
}

bool lines_open(struct lines *lines, struct input *input)
{
	*lines = (struct lines){ .input = input, .block = lines_block_new(BLOCK_BYTES) };
	lines->at = lines->end = lines->block.bytes;
	if (!lines->block.bytes)
		return false;
	skip_mark(lines);
	return true;
}
