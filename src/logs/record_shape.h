/* SPDX-License-Identifier: BSD-2-Clause */
/* How the members of a record stand in its JSON form: one table for writing and reading. */
#ifndef LOGS_RECORD_SHAPE_H
#define LOGS_RECORD_SHAPE_H

#include "logs/record.h"

enum field_type {
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_MICROS,
	FIELD_FLAG,
	FIELD_ADDRESS,
	FIELD_INSTANT,	/* struct micros, as RFC 3339 */
	FIELD_SOURCE,
	FIELD_MTA,
	FIELD_VERB,	/* null: not known which */
	FIELD_STRINGS,	/* const char ** */
	FIELD_OBJECT,	/* its members are those of the same struct */
	FIELD_ARRAY,	/* of objects */
	FIELD_COMMANDS
};

struct shape;

/* A row: the key, and where its value lies from the begin of the struct. */
struct field {
	const char *name;
	enum field_type type;
	unsigned offset;
	/* of STRINGS, OBJECT and ARRAY: */
	unsigned presence_offset;
	/* of STRINGS and ARRAY: */
	unsigned count_offset;
	/* of OBJECT and ARRAY: */
	const struct shape *shape;
};

struct shape {
	const struct field *fields;
	size_t count;
	size_t element_bytes;	/* of an ARRAY's element */
};

#define RECORD_SCHEMA "ehlo-milter.session/1"

/* The record itself, without "schema" and "enc"; the order is that of the output. */
extern const struct shape record_shape;

#endif
