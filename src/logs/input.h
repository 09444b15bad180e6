/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a log: a file, a pipe or standard input, plain or compressed, told by the first bytes. */
#ifndef LOGS_INPUT_H
#define LOGS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct input;

/* A file that can be read twice: its size as it lies there, and which it is. */
struct input_file {
	int64_t size_bytes;
	dev_t device;
	ino_t inode;
};
bool input_is_file(const char *path, struct input_file *file_r);

/*
 * "-" is standard input.  NULL with *error_r set: "no such file or directory", "is a directory",
 * file_no_memory, ... (a constant).
 */
struct input *input_open(const char *path, const char **error_r);

/*
 * From now on the lines come from the last to the first, whatever was read before.  false: that needs a plain file, whose bytes
 * lie there as they are; or memory is out.
 */
bool input_turn_round(struct input *input);

/* Bytes in memory, which outlive the input. */
struct input *input_open_bytes(const char *bytes, size_t length, const char **error_r);

void input_close(struct input **input);		/* NULL inside is fine */

/*
 * Up to size bytes into bytes; 0 only at the end of the input.  *error_r is then NULL, or why the end came early
 * ("gzip data is damaged or cut off"): what was read before it is good.
 */
size_t input_read(struct input *input, char *bytes, size_t size, const char **error_r);

/* Is it known that something is left to read?  Never of a pipe, which may keep a reader waiting. */
bool input_has_more(const struct input *input);

/* Why an input ended early that a signal has ended: one that the caller catches, to read no more. */
extern const char input_interrupted[];

/* Of the file as it lies there, compressed: for a progress bar. */
int64_t input_position_bytes(const struct input *input);

/* When a regular file was last written to; for everything else now.  Microseconds since 1970-01-01 UTC. */
int64_t input_time_us(const struct input *input);

#endif
