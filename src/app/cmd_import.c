/* SPDX-License-Identifier: BSD-2-Clause */
/* import: a draft of a policy from what another program is configured to do. */
#include "app/command.h"
#include "base/buf.h"
#include "base/file.h"
#include "import/import.h"

#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES_MAX ((size_t)4 << 20)
#define NAMES_MAX 16

struct options {
	const struct import_source *source;
	const char *path;
	bool json;
};

static int find_source(const char *word, const struct import_source **source_r)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (; import_sources[count] && count < NAMES_MAX; count++) {
		names[count] = import_sources[count]->name;
		if (strcmp(names[count], word) == 0) {
			*source_r = import_sources[count];
			return EXIT_FINE;
		}
	}
	return command_unknown(&command_import, "source", word, names, count);
}

/* A copy of the file in the arena, or NULL. */
static const char *read_text(struct arena *arena, const char *path, const char **error_r)
{
	char *bytes, *copy;
	size_t length;

	if (!file_read(path, INPUT_BYTES_MAX, &bytes, &length, error_r))
		return NULL;
	*error_r = strlen(bytes) == length ? file_no_memory : "a NUL byte is in it; expected text";
	copy = strlen(bytes) == length ? arena_strndup(arena, bytes, length) : NULL;
	free(bytes);
	return copy;
}

static void add_json(const struct options *options, const char *file, const char *draft, const struct diag *diag,
		     struct buf *out)
{
	struct json json;

	json_init(&json, out);
	json_open_object(&json, NULL);
	json_string(&json, "source", options->source->name);
	json_string(&json, "file", file);
	json_string(&json, "policy", draft);
	command_add_diag(&json, diag);
	json_close_object(&json);
	buf_add_char(out, '\n');
}

/* Makes the draft, as text.  EXIT_FINE, or the status of what is wrong, in diag or because memory is out. */
static int make(const struct options *options, const char *file, struct arena *arena, struct diag *diag, struct buf *draft)
{
	struct import import = { .file = file, .read = read_text, .diag = diag };
	const char *error;

	import.text = read_text(arena, options->path, &error);
	if (!import.text && error == file_no_memory)
		return EXIT_SYSTEM;
	if (!import.text) {
		diag_error(diag, (struct place){ .file = import.file }, "%s", error);
		return EXIT_INPUT;
	}
	if (!import_make(options->source, &import, arena))
		return import.draft.failed ? EXIT_SYSTEM : command_diag_status(diag, EXIT_INPUT);
	draft_print(&import.draft, draft);
	return draft->failed ? EXIT_SYSTEM : EXIT_FINE;
}

static int show(const struct options *options, struct arena *arena, struct diag *diag)
{
	const char *file = strcmp(options->path, "-") == 0 ? "(standard input)" : options->path;
	struct buf draft, out;
	int status, printed = EXIT_FINE;

	buf_init(&draft);
	buf_init(&out);
	status = make(options, file, arena, diag, &draft);
	diag_sort(diag);
	if (options->json && status != EXIT_SYSTEM) {
		add_json(options, file, status == EXIT_FINE ? draft.text : NULL, diag, &out);
		printed = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	} else if (status == EXIT_FINE) {
		printed = command_print(draft.text, draft.length);
	}
	buf_clear(&out);
	buf_clear(&draft);
	return status == EXIT_FINE ? printed : status;
}

static int run(int argc, char **argv)
{
	struct options options = { .source = NULL };
	struct arena arena;
	struct diag diag;
	int status;
	char **words = command_options(&command_import, argc, argv, &options, &status);

	if (words)
		status = find_source(words[0], &options.source);
	if (status != EXIT_FINE || !words)
		return status;
	options.path = words[1];
	arena_init(&arena, NULL, 0, 65536);
	diag_init(&diag);
	status = show(&options, &arena, &diag);
	/* Without memory nothing is known of the input. */
	if (status == EXIT_SYSTEM)
		(void)command_no_memory(&command_import);
	else
		command_print_diag(&diag);
	diag_clear(&diag);
	arena_clear(&arena);
	return status;
}

static const struct command_option own_options[] = {
	{ .name = "json", .help = "the draft as a string of an object, with the messages, for programs",
	  .at = offsetof(struct options, json) },
	{ .name = NULL },
};

const struct command command_import = {
	.name = "import",
	.summary = "a draft of a policy from what another program does",
	.options = { { .rows = own_options } },
	.arguments = "postfix|stalwart|messaging-server FILE",
	.argument_min = 2,
	.argument_max = 2,
	.about =
		"Prints a policy, in mode observe, that does what the restrictions of Postfix, the settings of Stalwart or the "
		"channel keywords and options of Messaging Server do now. Each line bears its origin; what is not translated is a "
		"comment that says why. The same FILE gives the same bytes. FILE '-' is standard input.\n"
		"\n"
		"postfix: the output of (postconf -n; postconf -M), also of postconf -P; the access(5) tables that it names are "
		"read too, from their text. stalwart: config.toml, or the JSON of its settings. messaging-server: imta.cnf and "
		"option.dat, one behind the other or alone. What becomes of each word: 'ehlo-milter help import-words', "
		"ehlo-milter-mta(7).",
	.statuses = "0 printed; 65 FILE cannot be read or understood",
	.examples =
		"(postconf -n; postconf -M) | ehlo-milter import postfix - > policy.yaml\n"
		"ehlo-milter check -c policy.yaml\n"
		"ehlo-milter import stalwart /opt/stalwart/etc/config.toml\n"
		"cat imta.cnf option.dat | ehlo-milter import messaging-server -\n",
	.run = run,
};
