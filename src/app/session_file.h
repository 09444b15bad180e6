/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of session records: opened, rotated and thinned out; several processes may write to it. */
#ifndef APP_SESSION_FILE_H
#define APP_SESSION_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session_file {
	const char *path;
	uint64_t max_bytes;		/* of it and its predecessors together */
	int64_t max_age_us;
	int fd;				/* -1: it is not open */
	bool is_pipe;			/* somebody else's reader: nothing is rotated */
	const char *stuck;		/* why it did not give way to a new one when it last should have; NULL: it did */
	int64_t stuck_us;		/* since when */
	int64_t first_us;		/* when its first record was written, about */
	int64_t thinned_us;		/* when old files were last looked for */
};

/* Opens nothing yet.  The path must outlive it. */
void session_file_init(struct session_file *file, const char *path, uint64_t max_bytes, uint32_t max_age_s);
void session_file_close(struct session_file *file);

/*
 * Appends a line, its newline included, by one write(); opens the file, or another one that has taken its name, where
 * need be.  A file that has reached an eighth of max_bytes or of max_age gives way to a new one first: it is
 * renamed to PATH.20261126T030251.123456Z, and the oldest such files go until all is within the bounds.  One that
 * cannot be renamed goes on, and stuck tells why; that is tried again each minute.
 *
 * NULL, or what went wrong (a constant of the C library, or of ours): the line is lost then.  May wait for as long as
 * the file system does, or the reader of a named pipe.
 */
const char *session_file_write(struct session_file *file, const char *line, size_t length, int64_t now_us);

/* Removes what is older than max_age; to be called now and then, also while nothing is written. */
void session_file_tick(struct session_file *file, int64_t now_us);

/*
 * The file and its predecessors, compressed ones too, the newest first: as an array of count paths, each and the array
 * itself the caller's to free.  NULL when memory is out.
 */
char **session_file_list(const char *path, size_t *count_r);

#endif
