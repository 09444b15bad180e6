/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of a file from the last to the first: exports often begin with what is newest. */
#ifndef LOGS_BACKWARDS_H
#define LOGS_BACKWARDS_H

#include <stddef.h>
#include <stdint.h>

struct backwards;

/* fd is the caller's, of a file of so many bytes.  NULL: out of memory. */
struct backwards *backwards_new(int fd, int64_t size_bytes);
void backwards_free(struct backwards **backwards);

/*
 * The next bytes of the file with its lines turned round, each with an end; fewer than size at its end, or with *errno_r set,
 * which is 0 else.  A line longer than LINE_MAX_BYTES comes in pieces.
 */
size_t backwards_read(struct backwards *backwards, char *bytes, size_t size, int *errno_r);

/* Bytes of the file that were not read yet. */
int64_t backwards_left(const struct backwards *backwards);

#endif
