/* SPDX-License-Identifier: BSD-2-Clause */
/* A way to unpack input that is compressed, or of another coding than UTF-8: one file and one row each. */
#ifndef LOGS_UNPACK_H
#define LOGS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

enum unpacked { UNPACK_MORE, UNPACK_END, UNPACK_BAD };

struct unpack_step {
	const char *in;		/* moved past what was used */
	size_t in_length;
	char *out;		/* moved past what was written */
	size_t out_length;
	bool in_ends;		/* there is no more input than this */
};

struct unpack {
	const char *name;			/* "gzip" */
	const char *magic;			/* the first bytes */
	size_t magic_length;
	const char *bad;			/* what is said of damaged data */
	void *(*open)(void);			/* NULL: out of memory */
	/*
	 * END: a member ends here, more input begins another one.  Makes progress as long as there is in and out.
	 */
	enum unpacked (*step)(void *state, struct unpack_step *step);
	void (*close)(void *state);
};

extern const struct unpack unpack_gzip;
extern const struct unpack unpack_utf16_le, unpack_utf16_be;
extern const struct unpack unpack_zstd;
extern const struct unpack unpack_xz;

#endif
