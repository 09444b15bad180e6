/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources of configuration that a policy can be drafted from: one file and one row in the table each. */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "base/diag.h"
#include "import/draft.h"

/* Bytes of a further file that the configuration names, NUL-terminated and the arena's; NULL with *error_r. */
typedef const char *import_read(struct arena *arena, const char *path, const char **error_r);

struct import {
	const char *text;	/* NUL-terminated, without NULs inside */
	const char *file;	/* its name */
	import_read *read;	/* NULL: nothing else is read */
	struct diag *diag;
	struct draft draft;	/* its arena, source and file are set */
};

/* What becomes of a word of the other program, for the manual. */
typedef void import_tell(void *context, const char *word, const char *becomes);

struct import_source {
	const char *name;	/* as on the command line */
	const char *summary;	/* what FILE is */
	bool (*make)(struct import *import);	/* false: an error in diag, or memory is out */
	void (*describe)(import_tell *tell, void *context);	/* every word that it knows */
};

extern const struct import_source import_postfix, import_stalwart, import_messaging_server;

/* All of them, NULL after the last. */
extern const struct import_source *const import_sources[];

/* Tells of a word that becomes settings, NULL after the last, of a check or another key: "iprev: { no_ptr: tag }". */
void import_tell_settings(import_tell *tell, void *context, const char *word, const char *key, const char *const *settings);

/* Prepares import->draft, whose memory is arena's, and has the source make it; false as make. */
bool import_make(const struct import_source *source, struct import *import, struct arena *arena);

#endif
