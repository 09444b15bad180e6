/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration as a flat list of dotted keys, read from TOML or from JSON. */
#ifndef IMPORT_SETTINGS_H
#define IMPORT_SETTINGS_H

#include "base/arena.h"
#include "base/diag.h"

#define SETTINGS_DEPTH_MAX 16
#define SETTINGS_MAX 20000

/* "session.ehlo.require" = "true"; items of an array have their number as a key. */
struct setting {
	const char *key;
	const char *value;	/* numbers and words as they stand, strings without quotes and escapes */
	unsigned line;
	struct setting *next;
};

struct settings {
	struct setting *first, **last;
	unsigned count;
	struct arena *arena;
	struct diag *diag;
	const char *file;
	bool failed;		/* memory is out */
};

/* Appends one; an error beyond SETTINGS_MAX.  False then, and when memory is out. */
bool settings_add(struct settings *settings, const char *key, const char *value, unsigned line);

/* "PREFIX.KEY", or KEY alone behind an empty prefix; NULL when memory is out. */
const char *settings_join(struct settings *settings, const char *prefix, const char *key, size_t length);

bool settings_error(struct settings *settings, unsigned line, const char *text);

/* The subset of TOML 1.0 that configuration files use; dates are words.  False on an error, which has its line. */
bool settings_read_toml(struct settings *settings, const char *text);

bool settings_read_json(struct settings *settings, const char *text);

#endif
