/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of a file from the last to the first. */
#include "logs/backwards.h"

#include "logs/lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_BYTES (64 << 10)

/* What was read and not given yet stands at the end of the buffer, so that what comes before it in the file finds room. */
struct backwards {
	int fd;
	int64_t left_bytes;		/* of the file, in front of what was read */
	char *buffer;
	size_t capacity;
	char *begin, *end;		/* of what was read, without the line at hand */
	const char *line, *line_end;	/* at hand: what is left of it */
	bool has_line;
	bool trimmed;			/* the end of the last line of the file was looked at */
	bool first_given;		/* the first line of the file */
};

struct backwards *backwards_new(int fd, int64_t size_bytes)
{
	struct backwards *backwards = calloc(1, sizeof *backwards);

	if (!backwards)
		return NULL;
	backwards->fd = fd;
	backwards->left_bytes = size_bytes;
	backwards->capacity = 2 * STEP_BYTES;
	backwards->buffer = malloc(backwards->capacity);
	if (!backwards->buffer) {
		free(backwards);
		return NULL;
	}
	backwards->begin = backwards->end = backwards->buffer + backwards->capacity;
	backwards->first_given = size_bytes == 0;
	return backwards;
}

void backwards_free(struct backwards **backwards)
{
	if (!*backwards)
		return;
	free((*backwards)->buffer);
	free(*backwards);
	*backwards = NULL;
}

/* At least STEP_BYTES in front of what was read. */
static bool make_room(struct backwards *b)
{
	size_t length = (size_t)(b->end - b->begin), capacity = b->capacity;
	char *buffer = b->buffer;

	if (length + STEP_BYTES > capacity) {
		capacity *= 2;
		buffer = malloc(capacity);
		if (!buffer)
			return false;
	}
	memmove(buffer + capacity - length, b->begin, length);
	if (buffer != b->buffer)
		free(b->buffer);
	b->buffer = buffer;
	b->capacity = capacity;
	b->end = buffer + capacity;
	b->begin = b->end - length;
	return true;
}

/* The step in front of what was read; false, with *errno_r set: it cannot be had. */
static bool read_step(struct backwards *b, int *errno_r)
{
	size_t wanted = b->left_bytes < STEP_BYTES ? (size_t)b->left_bytes : STEP_BYTES, got = 0;

	if (b->begin - b->buffer < STEP_BYTES && !make_room(b)) {
		*errno_r = ENOMEM;
		return false;
	}
	while (got < wanted) {
		ssize_t some = pread(b->fd, b->begin - wanted + got, wanted - got, b->left_bytes - (int64_t)(wanted - got));

		if (some <= 0) {
			/* The file has become shorter. */
			*errno_r = some < 0 ? errno : EIO;
			return false;
		}
		got += (size_t)some;
	}
	b->begin -= wanted;
	b->left_bytes -= (int64_t)wanted;
	return true;
}

/* The last line of what was read becomes the one at hand; false: at the end, or *errno_r says why not. */
static bool take_line(struct backwards *b, int *errno_r)
{
	const char *newline = NULL;
	size_t seen = 0;

	while (!b->first_given) {
		size_t length = (size_t)(b->end - b->begin);

		newline = memrchr(b->begin, '\n', length - seen);
		seen = length;
		if (newline || b->left_bytes == 0 || length >= LINE_MAX_BYTES)
			break;
		if (!read_step(b, errno_r))
			return false;
		b->end -= !b->trimmed && b->end[-1] == '\n';
		b->trimmed = true;
	}
	if (b->first_given)
		return false;
	b->line = newline ? newline + 1 : b->begin;
	b->line_end = b->end;
	b->end = newline ? b->begin + (newline - b->begin) : b->begin;
	b->first_given = !newline && b->left_bytes == 0;
	/* The mark of UTF-8 at the head of a file. */
	if (b->first_given && b->line_end - b->line >= 3 && memcmp(b->line, "\xef\xbb\xbf", 3) == 0)
		b->line += 3;
	b->has_line = true;
	return true;
}

size_t backwards_read(struct backwards *backwards, char *bytes, size_t size, int *errno_r)
{
	size_t length = 0;

	*errno_r = 0;
	while (length < size && (backwards->has_line || take_line(backwards, errno_r))) {
		size_t left = (size_t)(backwards->line_end - backwards->line), room = size - length;
		size_t some = left < room ? left : room;

		memcpy(bytes + length, backwards->line, some);
		backwards->line += some;
		length += some;
		if (some == left && length < size) {
			bytes[length++] = '\n';
			backwards->has_line = false;
		}
	}
	return length;
}

int64_t backwards_left(const struct backwards *backwards)
{
	return backwards->left_bytes;
}
