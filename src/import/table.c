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
	import->draft = (struct draft){ .arena = arena, .source = source->name, .file = import->file };
	return source->make(import) && !import->draft.failed;
}
