/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors and warnings about files, each with its place, all of one run. */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/* 1-based; line 0 = the file as a whole, column 0 = the line as a whole. */
struct place {
	const char *file;	/* outlives the diag, or is copied by diag_file() */
	unsigned line;
	unsigned column;
};

struct diag_entry {
	struct place place;
	enum severity severity;
	char *text;
	size_t order;		/* of arrival, for a stable sort */
};

struct diag {
	struct diag_entry *entries;
	size_t count;
	size_t capacity;
	size_t error_count;
	size_t warning_count;
	char **files;		/* names kept by diag_file() */
	size_t file_count;
	bool failed;		/* memory was out: a message is missing */
	bool no_memory;		/* memory was out for something else, which is among the errors */
};

void diag_init(struct diag *diag);
void diag_clear(struct diag *diag);

/* Keeps a copy of the name as long as the diag; name itself when memory is out. */
const char *diag_file(struct diag *diag, const char *name);

/* Lower case, no full stop: what is wrong; what was expected. */
void diag_error(struct diag *diag, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* That memory is out, which is no fault of the file that was to be read. */
void diag_no_memory(struct diag *diag, const char *file);
/* Was it, at any time?  Then nothing is known of the files. */
bool diag_out_of_memory(const struct diag *diag);
void diag_warn(struct diag *diag, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* By file (in order of appearance), line, column, arrival; equal messages at one place only once. */
void diag_sort(struct diag *diag);

struct buf;
/* "FILE:LINE:COL: error: TEXT\n" for each entry, escaped for a terminal. */
void diag_print(const struct diag *diag, struct buf *out);

/* The candidate nearest to word (Levenshtein distance at most 1 + length / 4), or NULL. */
const char *diag_nearest(const char *word, const char *const *candidates, size_t count);

#endif
