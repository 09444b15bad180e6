/* SPDX-License-Identifier: BSD-2-Clause */
/* Says where the entry of a list stands. */
#include "app/hit_text.h"

const char *hit_file(const struct list_hit *hit)
{
	if (hit->source.line == 0 || hit->list->file_count <= hit->source.file)
		return NULL;
	return hit->list->files[hit->source.file];
}

void hit_add_text(struct buf *out, const struct list_hit *hit)
{
	const char *file = hit_file(hit);

	buf_add_escaped(out, hit->entry, "", 0);
	buf_addf(out, " in $%s, ", hit->list->name);
	if (!file) {
		buf_add(out, "built in");
		return;
	}
	buf_add_escaped(out, file, "", 0);
	buf_addf(out, ":%u", hit->source.line);
}
