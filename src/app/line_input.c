/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads lines for a command. */
#include "app/line_input.h"

#include "base/file.h"
#include "logs/lines.h"

/* *more: cleared when take() wants no more. */
static int read_one(const struct command *command, const char *path, line_take *take, void *context, bool *more)
{
	const char *error = NULL;
	struct input *input = input_open(path, &error);
	struct lines lines;
	size_t length;
	char *text;

	if (!input || !lines_open(&lines, input)) {
		input_close(&input);
		return command_bad_input(command, path, error ? error : file_no_memory);
	}
	while (*more && lines_next(&lines, &text, &length))
		*more = take(context, text, length, lines.seen.count);
	*more = *more && lines.seen.error != input_interrupted;
	error = *more ? lines.seen.error : NULL;
	lines_close(&lines);
	input_close(&input);
	return error ? command_bad_input(command, path, error) : EXIT_FINE;
}

int line_input_run(const struct command *command, char **paths, size_t count, line_take *take, void *context)
{
	int status = EXIT_FINE;
	bool more = true;

	if (count == 0)
		return read_one(command, "-", take, context, &more);
	for (size_t i = 0; i < count && more; i++) {
		int found = read_one(command, paths[i], take, context, &more);

		if (found != EXIT_FINE && status != EXIT_SYSTEM)
			status = found;
	}
	return status;
}
