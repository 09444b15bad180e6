/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads lines for a command. */
#include "app/line_input.h"

#include "base/buf.h"
#include "base/file.h"
#include "logs/lines.h"

#include <stdio.h>

static void tell(const struct command *command, const char *path, const char *error)
{
	struct buf out;

	buf_init(&out);
	buf_addf(&out, "ehlo-milter %s: ", command->name);
	buf_add_escaped(&out, path, "", 0);
	buf_addf(&out, ": %s\n", error);
	(void)fputs(out.text, stderr);
	buf_clear(&out);
}

static int status_of(const char *error)
{
	if (!error)
		return EXIT_FINE;
	return error == file_no_memory ? EXIT_SYSTEM : EXIT_INPUT;
}

/* *more: cleared when take() wants no more. */
static int read_one(const struct command *command, const char *path, line_take *take, void *context, bool *more)
{
	const char *error = NULL;
	struct input *input = input_open(path, &error);
	struct lines lines;
	size_t length;
	char *text;

	if (!input || !lines_open(&lines, input)) {
		error = input ? file_no_memory : error;
		tell(command, path, error);
		input_close(&input);
		return status_of(error);
	}
	while (*more && lines_next(&lines, &text, &length))
		*more = take(context, text, length, lines.seen.count);
	*more = *more && lines.seen.error != input_interrupted;
	error = *more ? lines.seen.error : NULL;
	if (error)
		tell(command, path, error);
	lines_close(&lines);
	input_close(&input);
	return status_of(error);
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
