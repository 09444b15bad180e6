/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON read as a stream: values are taken one after the other, nothing is built. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 64

/*
 * One text (RFC 8259), which outlives the reader.  An error sticks: every call after it returns false, as at the
 * end of an object, so a caller looks once, at the end.  Bytes that are not UTF-8 inside strings are taken as
 * they are.
 */
struct json_reader {
	const char *begin;
	const char *at;
	const char *end;
	const char *error;	/* NULL while all is well; else what is wrong, a constant */
	unsigned depth;
	bool fresh;		/* just behind an opening bracket */
	char key[64];		/* a key that had escapes */
};

enum json_kind { JSON_NONE, JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY };

/* Bytes of the text; of a string: what stands between its quotes, escapes and all. */
struct json_slice {
	const char *text;
	size_t length;
	bool escaped;		/* there are some in it */
};

void json_read_init(struct json_reader *reader, const char *text, size_t length);

/* What the next value is; JSON_NONE at the end, on an error, and for what is no JSON. */
enum json_kind json_peek(struct json_reader *reader);

/*
 * Enters the object or array that comes next; it is left when json_next_key() or json_next_item() returns false.
 * Between two calls of these exactly one value is taken (json_skip() takes any).
 */
bool json_enter(struct json_reader *reader, enum json_kind kind);
bool json_next_key(struct json_reader *reader, struct json_slice *key_r);	/* decoded; until the next key */
bool json_next_item(struct json_reader *reader);

bool json_take_null(struct json_reader *reader);	/* true if it was null; else nothing is taken */
bool json_take_bool(struct json_reader *reader, bool *value_r);
bool json_take_integer(struct json_reader *reader, int64_t *value_r);	/* no fraction, no exponent */
bool json_take_number(struct json_reader *reader, struct json_slice *text_r);
bool json_take_string(struct json_reader *reader, struct json_slice *raw_r);
bool json_skip(struct json_reader *reader);

/* A value is well formed, and yet wrong: error, a constant.  The first error stays.  Returns false. */
bool json_fail(struct json_reader *reader, const char *error);

/* Nothing is left but white space, and nothing was wrong? */
bool json_finished(struct json_reader *reader);

/*
 * The value of a string as a NUL-terminated copy, cut at its first NUL as an MTA cuts; NULL when memory is
 * out.  latin1: each character up to U+00FF stands for the byte of that value.
 */
char *json_decode(struct arena *arena, struct json_slice raw, bool latin1);

/* The same without the NUL to out, which has room for raw.length bytes; how many were written. */
size_t json_decode_to(struct json_slice raw, bool latin1, char *out);

/* json_take_string() and json_decode(); without memory the error is file_no_memory (base/file.h). */
bool json_take_text(struct json_reader *reader, struct arena *arena, bool latin1, const char **text_r);

bool json_slice_is(struct json_slice slice, const char *text);

#endif
