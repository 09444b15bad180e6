/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of sources. */
#include "import/import.h"

const struct import_source *const import_sources[] = {
	&import_postfix,
	&import_stalwart,
	&import_messaging_server,
	NULL
};

bool import_make(const struct import_source *source, struct import *import, struct arena *arena)
{
	bool made;

	import->draft = (struct draft){ .arena = arena, .source = source->name, .file = import->file };
	made = source->make(import);
	import->draft.failed = import->draft.failed || arena->failed;
	return made && !import->draft.failed;
}

void import_tell_settings(import_tell *tell, void *context, const char *word, const char *key, const char *const *settings)
{
	struct buf text;

	buf_init(&text);
	buf_addf(&text, "%s: {", key);
	for (size_t i = 0; settings[i]; i++)
		buf_addf(&text, "%s %s", i > 0 ? "," : "", settings[i]);
	buf_add(&text, " }");
	tell(context, word, text.failed ? "" : text.text);
	buf_clear(&text);
}
