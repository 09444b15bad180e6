/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that grows, or fills a space of the caller's, with errors that stick. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * After each call text is NUL-terminated.  A failure (memory out, or the fixed space full) sets
 * failed and what did not fit is left out; the caller looks once, at the end.
 */
struct buf {
	char *text;
	size_t length;		/* without the final NUL */
	size_t capacity;	/* with it */
	bool fixed;		/* text is the caller's space */
	bool failed;
};

void buf_init(struct buf *buf);					/* on the heap; buf_clear() frees */
void buf_init_fixed(struct buf *buf, char *space, size_t bytes);	/* bytes >= 1 */
void buf_clear(struct buf *buf);

void buf_add(struct buf *buf, const char *text);
void buf_add_bytes(struct buf *buf, const char *bytes, size_t length);
void buf_add_char(struct buf *buf, char c);
void buf_add_number(struct buf *buf, int64_t number);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The one escaper for text that a peer chose, for log lines, replies and terminals: a byte outside
 * printable ASCII, and each byte of also, becomes \xNN; a backslash becomes two.  At most max bytes
 * are written (0 = no limit), whole escapes only; a cut is shown by "..." within max.
 */
void buf_add_escaped(struct buf *buf, const char *text, const char *also, size_t max);

/* As a single-quoted scalar of YAML, in which only the quote itself is doubled; text is printable. */
void buf_add_yaml(struct buf *buf, const char *text);

#endif
