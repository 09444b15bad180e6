/* SPDX-License-Identifier: BSD-2-Clause */
/* Searches the files of the session log for one record. */
#include "app/session_find.h"

#include "app/session_file.h"
#include "base/buf.h"
#include "base/file.h"
#include "logs/lines.h"
#include "logs/record_json.h"

#include <stdlib.h>
#include <string.h>

struct search {
	const char *id;
	struct buf needle;	/* what its line must hold */
	struct arena *arena;
	struct record *record;
	const char *error;	/* of a file that could not be read, or file_no_memory */
};

/* Most lines are told to be others without being read. */
static bool is_it(struct search *search, const char *line, size_t length)
{
	const char *problem;

	if (!memmem(line, length, search->needle.text, search->needle.length))
		return false;
	problem = record_read(line, length, search->arena, search->record);
	if (problem == file_no_memory)
		search->error = problem;
	return !problem && search->record->id.presence == PRESENCE_KNOWN && strcmp(search->record->id.value, search->id) == 0;
}

static bool search_file(struct search *search, const char *path)
{
	struct lines lines;
	const char *error;
	struct input *input = input_open(path, &error);
	bool found = false;
	size_t length;
	char *line;

	if (!input || !lines_open(&lines, input)) {
		search->error = input ? file_no_memory : error;
		input_close(&input);
		return false;
	}
	while (!found && lines_next(&lines, &line, &length))
		found = is_it(search, line, length);
	if (!found && lines.seen.error)
		search->error = lines.seen.error;
	lines_close(&lines);
	input_close(&input);
	return found;
}

bool session_find(const char *path, const char *id, struct arena *arena, struct record *record_r,
		  const char **error_r)
{
	struct search search = { .id = id, .arena = arena, .record = record_r };
	size_t count;
	char **paths = session_file_list(path, &count);
	bool found = false;

	*error_r = file_no_memory;
	if (!paths)
		return false;
	buf_init(&search.needle);
	buf_addf(&search.needle, "\"%s\"", id);
	for (size_t i = 0; i < count; i++) {
		found = found || (!search.needle.failed && search_file(&search, paths[i]));
		free(paths[i]);
	}
	free(paths);
	if (!search.needle.failed)
		*error_r = search.error ? search.error : "no such session in it";
	buf_clear(&search.needle);
	return found;
}
