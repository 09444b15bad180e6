/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON written as a stream: the keys in the order in which they are written. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Commas are put where they belong; opening and closing calls must match (not checked). */
struct json {
	struct buf *out;	/* the caller's; a failure sticks there */
	bool comma;		/* the next value needs one before it */
	bool latin1;		/* each byte above 0x7f is written as the character of that number: none is lost */
	bool lossy;		/* set when a string held bytes that are not UTF-8, and latin1 was not */
};

void json_init(struct json *json, struct buf *out);

/* key is NULL inside an array and at the top. */
void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);
/* Without latin1, bytes that are not UTF-8 are written as the four characters \\xNN; value NULL writes null. */
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

#endif
