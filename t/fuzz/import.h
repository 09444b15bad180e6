/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzz targets of import share: a draft loads without an error, an error has its line, the same gives the same. */
#ifndef FUZZ_IMPORT_H
#define FUZZ_IMPORT_H

#include "fuzz.h"

#include "conf/load.h"
#include "import/import.h"

/* Expected of every line of a draft. */
static inline bool import_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text != '\n' && (*text < 0x20 || *text > 0x7e))
			return false;
	return true;
}

static inline bool import_draft(const struct import_source *source, const char *text, struct buf *out)
{
	struct import import = { .text = text, .file = "input" };
	struct arena arena;
	struct diag diag;
	bool made;

	arena_init(&arena, NULL, 0, 4096);
	diag_init(&diag);
	import.diag = &diag;
	made = import_make(source, &import, &arena);
	promise(made == (diag.error_count == 0));
	if (made)
		draft_print(&import.draft, out);
	promise(!out->failed);
	diag_clear(&diag);
	arena_clear(&arena);
	return made;
}

static inline void import_load(const struct buf *draft)
{
	struct diag diag;
	struct policy *policy;

	diag_init(&diag);
	policy = policy_load_text("/draft.yaml", draft->text, draft->length, &diag);
	if (!policy && diag.count > 0)
		fprintf(stderr, "line %u: %s\n%s", diag.entries[0].place.line, diag.entries[0].text, draft->text);
	/* A policy has at most 1 MiB; a draft may grow beyond it. */
	promise(policy || draft->length > 1000000);
	policy_free(&policy);
	diag_clear(&diag);
}

static inline int import_fuzz(const struct import_source *source, const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct buf once, again;

	buf_init(&once);
	buf_init(&again);
	if (import_draft(source, text, &once)) {
		promise(import_draft(source, text, &again) && strcmp(once.text, again.text) == 0);
		promise(import_printable(once.text));
		import_load(&once);
	}
	buf_clear(&again);
	buf_clear(&once);
	free(text);
	return 0;
}

#endif
