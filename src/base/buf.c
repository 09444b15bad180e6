/* SPDX-License-Identifier: BSD-2-Clause */
/* Text building with sticky errors, and the one escaper. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 256

static char empty[1];	/* what an empty heap buf shows; never written */

void buf_init(struct buf *buf)
{
	*buf = (struct buf){ .text = empty };
}

void buf_init_fixed(struct buf *buf, char *space, size_t bytes)
{
	*buf = (struct buf){ .text = space, .capacity = bytes, .fixed = true };
	space[0] = '\0';
}

void buf_clear(struct buf *buf)
{
	if (!buf->fixed && buf->capacity > 0)
		free(buf->text);
	buf_init(buf);
}

/* Room for length more bytes and a NUL. */
static bool reserve(struct buf *buf, size_t length)
{
	size_t capacity = buf->capacity > 0 ? buf->capacity : CAPACITY_FIRST;
	char *text;

	if (length < buf->capacity && buf->length < buf->capacity - length)
		return true;
	if (buf->fixed || length > SIZE_MAX / 4 || buf->length > SIZE_MAX / 4)
		return false;
	while (capacity <= buf->length + length)
		capacity *= 2;
	text = realloc(buf->capacity > 0 ? buf->text : NULL, capacity);
	if (!text)
		return false;
	buf->text = text;
	buf->capacity = capacity;
	return true;
}

void buf_add_bytes(struct buf *buf, const char *bytes, size_t length)
{
	if (!reserve(buf, length)) {
		buf->failed = true;
		return;
	}
	if (length > 0)
		memcpy(buf->text + buf->length, bytes, length);
	buf->length += length;
	buf->text[buf->length] = '\0';
}

void buf_add(struct buf *buf, const char *text)
{
	buf_add_bytes(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add_bytes(buf, &c, 1);
}

void buf_add_number(struct buf *buf, int64_t number)
{
	char digits[20];
	size_t at = sizeof digits;
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (number < 0)
		digits[--at] = '-';
	buf_add_bytes(buf, digits + at, sizeof digits - at);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0 || !reserve(buf, (size_t)length)) {
		buf->failed = true;
		return;
	}
	va_start(args, format);
	(void)vsnprintf(buf->text + buf->length, (size_t)length + 1, format, args);
	va_end(args);
	buf->length += (size_t)length;
}

/* One byte as it is shown: 1, 2 or 4 characters. */
static size_t escape(unsigned char c, const char *also, char shown_r[4])
{
	static const char hex[] = "0123456789abcdef";

	if (c == '\\') {
		memcpy(shown_r, "\\\\", 2);
		return 2;
	}
	if (c >= 0x20 && c <= 0x7e && !strchr(also, c)) {
		shown_r[0] = (char)c;
		return 1;
	}
	memcpy(shown_r, "\\x", 2);
	shown_r[2] = hex[c >> 4];
	shown_r[3] = hex[c & 15];
	return 4;
}

void buf_add_escaped(struct buf *buf, const char *text, const char *also, size_t max)
{
	size_t written = 0, cut_at = 0;	/* the last point at which "..." still fits */
	size_t start = buf->length;
	char shown[4];

	for (; *text != '\0'; text++) {
		size_t length = escape((unsigned char)*text, also, shown);

		if (max > 0 && written + length > max) {
			if (buf->length >= start + cut_at)
				buf->length = start + cut_at;
			buf_add(buf, "...");
			return;
		}
		buf_add_bytes(buf, shown, length);
		written += length;
		if (max > 3 && written <= max - 3)
			cut_at = written;
	}
}

void buf_add_yaml(struct buf *buf, const char *text)
{
	buf_add_char(buf, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_add_char(buf, '\'');
		buf_add_char(buf, *text);
	}
	buf_add_char(buf, '\'');
}
