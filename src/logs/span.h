/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of a line that stay where they are. */
#ifndef LOGS_SPAN_H
#define LOGS_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes inside a line: not terminated, any value. */
struct span {
	const char *text;
	size_t length;
};

static inline bool span_is(struct span span, const char *text, size_t length)
{
	return span.length == length && __builtin_memcmp(span.text, text, length) == 0;
}

static inline bool span_begins(struct span span, const char *text, size_t length)
{
	return span.length >= length && __builtin_memcmp(span.text, text, length) == 0;
}

/* With the length of a literal. */
#define SPAN_IS(span, literal) span_is(span, "" literal, sizeof(literal) - 1)
#define SPAN_BEGINS(span, literal) span_begins(span, "" literal, sizeof(literal) - 1)

/* Where needle stands in the span, NULL: nowhere; quick where its first byte is rare. */
static inline const char *span_find(struct span span, const char *needle, size_t length)
{
	const char *at = span.text, *end = span.text + span.length;

	while ((size_t)(end - at) >= length && (at = memchr(at, needle[0], (size_t)(end - at) - length + 1)) != NULL) {
		if (__builtin_memcmp(at, needle, length) == 0)
			return at;
		at++;
	}
	return NULL;
}

#define SPAN_FIND(span, literal) span_find(span, "" literal, sizeof(literal) - 1)

static inline bool span_begins_any(struct span span, const char *const begins[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_begins(span, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static inline struct span span_after(struct span span, size_t length)
{
	return (struct span){ span.text + length, span.length - length };
}

/* The bytes between two points of one line. */
static inline struct span span_between(const char *begin, const char *end)
{
	return (struct span){ begin, (size_t)(end - begin) };
}

/* Up to its first newline, without it. */
static inline struct span span_first_line(struct span span)
{
	const char *newline = memchr(span.text, '\n', span.length);

	return newline ? span_between(span.text, newline) : span;
}

#endif
