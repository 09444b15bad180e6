/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads lines for a command. */
#include "app/line_input.h"

#include "base/file.h"
#include "logs/lines.h"

/* *more: cleared when take() wants no more.  What was read in part was read. */
static int read_one(const struct command *command, const char *path, line_take *take, void *context, bool *more)
{
	int status = EXIT_FINE;
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
	if (*more && lines.seen.error) {
		status = command_bad_input(command, path, lines.seen.error);
		if (status == EXIT_INPUT && lines.seen.count > 0)
			status = EXIT_FINE;
	}
	lines_close(&lines);
	input_close(&input);
	return status;
}

int line_input_run(const struct command *command, char **paths, size_t count, line_take *take, void *context)
{
	size_t unread_count = 0;
	bool more = true;

	if (count == 0)
		return read_one(command, "-", take, context, &more);
	for (size_t i = 0; i < count && more; i++) {
		int status = read_one(command, paths[i], take, context, &more);

		if (status == EXIT_SYSTEM)
			return status;
		unread_count += status != EXIT_FINE;
	}
	return unread_count < count ? EXIT_FINE : EXIT_INPUT;
}
