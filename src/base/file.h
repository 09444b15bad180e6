/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files into memory, and out of it. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

extern const char file_no_memory[];	/* "out of memory" */

/*
 * Reads a regular file (or "-": standard input) of at most max_bytes.  On true *bytes_r is the caller's to free and has
 * a NUL behind its length.  On false *error_r says why: "no such file or directory", "larger than 1048576 bytes",
 * "not a regular file", file_no_memory; it points to static or thread-local text.
 */
bool file_read(const char *path, size_t max_bytes, char **bytes_r, size_t *length_r, const char **error_r);

/*
 * Writes a file whole, in place of what it held; a new one is for its owner and group.  A symbolic link is not followed.
 * NULL, or why it could not: a constant.
 */
const char *file_write(const char *path, const char *bytes, size_t length);

#endif
