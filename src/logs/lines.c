/* SPDX-License-Identifier: BSD-2-Clause */
/* An input cut into lines. */
#include "logs/lines.h"

#include <stdlib.h>

#define BLOCK_BYTES (256 << 10)

void lines_close(struct lines *lines)
{
	free(lines->block);
	*lines = (struct lines){ .ended = true };
}

/* Room behind what has been read: moves it to the front, and makes the block larger when it is full. */
static bool make_room(struct lines *lines)
{
	size_t left = (size_t)(lines->end - lines->at);
	char *block = lines->block;

	memmove(block, lines->at, left);
	if (left == lines->capacity) {
		block = realloc(block, lines->capacity * 2 + 1);
		if (!block)
			return false;
		lines->block = block;
		lines->capacity *= 2;
	}
	lines->at = block;
	lines->end = block + left;
	return true;
}

/* Reads once; false at the end. */
static bool read_on(struct lines *lines)
{
	size_t got;

	if (lines->ended)
		return false;
	if (!make_room(lines)) {
		lines->error = "out of memory";
		lines->ended = true;
		return false;
	}
	got = input_read(lines->input, lines->end, (size_t)(lines->block + lines->capacity - lines->end),
			 &lines->error);
	lines->end += got;
	lines->total_bytes += got;
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
	if (length == 0 || lines->error == input_interrupted)
		return false;
	/* The last line has no end, or the line is too long. */
	*line_r = lines->at;
	lines->skipping = length >= LINE_MAX_BYTES;
	lines->cut_count += lines->skipping;
	lines->at += length;
	lines->count++;
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
	*lines = (struct lines){ .input = input, .block = malloc(BLOCK_BYTES + 1), .capacity = BLOCK_BYTES };
	lines->at = lines->end = lines->block;
	if (!lines->block)
		return false;
	skip_mark(lines);
	return true;
}
