/* SPDX-License-Identifier: BSD-2-Clause */
/* import: a draft of a policy from what another program is configured to do. */
#include "app/command.h"
#include "base/buf.h"
#include "base/file.h"
#include "import/import.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES_MAX ((size_t)4 << 20)
#define NAMES_MAX 16

struct options {
	const struct import_source *source;
	const char *path;
	bool help;
};

static int unknown_source(const char *word)
{
	const char *names[NAMES_MAX], *near;
	struct buf known;
	size_t count = 0;
	int status;

	buf_init(&known);
	for (; import_sources[count] && count < NAMES_MAX; count++) {
		names[count] = import_sources[count]->name;
		buf_addf(&known, "%s%s", count > 0 ? ", " : "", names[count]);
	}
	near = diag_nearest(word, names, count);
	status = near ? command_usage(&command_import, "unknown source '%s'; did you mean '%s'?", word, near) :
			command_usage(&command_import, "unknown source '%s'; expected one of %s", word, known.text);
	buf_clear(&known);
	return status;
}

static int parse_options(int argc, char **argv, struct options *options_r)
{
	static const struct option names[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*options_r = (struct options){ .help = false };
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
		if (option != 'h')
			return command_usage(&command_import, "unknown option '%s'", argv[optind - 1]);
		options_r->help = true;
		return EXIT_FINE;
	}
	if (optind + 2 != argc)
		return command_usage(&command_import, "expected a source and a FILE");
	for (size_t i = 0; import_sources[i]; i++)
		if (strcmp(import_sources[i]->name, argv[optind]) == 0)
			options_r->source = import_sources[i];
	options_r->path = argv[optind + 1];
	return options_r->source ? EXIT_FINE : unknown_source(argv[optind]);
}

/* A copy of the file in the arena, or NULL. */
static const char *read_text(struct arena *arena, const char *path, const char **error_r)
{
	char *bytes, *copy;
	size_t length;

	if (!file_read(path, INPUT_BYTES_MAX, &bytes, &length, error_r))
		return NULL;
	*error_r = strlen(bytes) == length ? "out of memory" : "a NUL byte is in it; expected text";
	copy = strlen(bytes) == length ? arena_strndup(arena, bytes, length) : NULL;
	free(bytes);
	return copy;
}

static int print_draft(const struct draft *draft)
{
	struct buf out;
	int status;

	buf_init(&out);
	draft_print(draft, &out);
	status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

static int make(const struct options *options, struct arena *arena, struct diag *diag)
{
	struct import import = {
		.file = strcmp(options->path, "-") == 0 ? "(standard input)" : options->path,
		.read = read_text, .diag = diag,
	};
	const char *error;

	import.text = read_text(arena, options->path, &error);
	if (!import.text) {
		diag_error(diag, (struct place){ .file = import.file }, "%s", error);
		return EXIT_INPUT;
	}
	if (!import_make(options->source, &import, arena))
		return diag->error_count > 0 ? EXIT_INPUT : EXIT_SYSTEM;
	return print_draft(&import.draft);
}

static int run(int argc, char **argv)
{
	struct options options;
	struct arena arena;
	struct diag diag;
	int status = parse_options(argc, argv, &options);

	if (status != EXIT_FINE)
		return status;
	if (options.help)
		return command_manual(&command_import);
	arena_init(&arena, NULL, 0, 65536);
	diag_init(&diag);
	status = make(&options, &arena, &diag);
	diag_sort(&diag);
	command_print_diag(&diag);
	if (status == EXIT_SYSTEM)
		(void)fputs("ehlo-milter import: out of memory\n", stderr);
	diag_clear(&diag);
	arena_clear(&arena);
	return status;
}

const struct command command_import = {
	.name = "import",
	.synopsis = "postfix|stalwart|messaging-server FILE",
	.summary = "a draft of a policy from what another program does",
	.manual =
		"Prints a policy, in mode observe, that does what the restrictions of Postfix, the settings of Stalwart or the\n"
		"channel keywords and options of Messaging Server do now. Each line bears its origin; what is not translated\n"
		"is a comment that says why. The same FILE gives the same bytes. FILE '-' is standard input.\n"
		"\n"
		"  postfix           the output of (postconf -n; postconf -M), also of postconf -P; the access(5) tables\n"
		"                    that it names are read too, from their text\n"
		"  stalwart          config.toml, or the JSON of its settings\n"
		"  messaging-server  imta.cnf and option.dat, one behind the other or alone\n"
		"\n"
		"Exit status: 0 printed, 65 FILE cannot be read or understood.\n"
		"\n"
		"Examples:\n"
		"  (postconf -n; postconf -M) | ehlo-milter import postfix - > policy.yaml\n"
		"  ehlo-milter import stalwart /opt/stalwart/etc/config.toml\n"
		"  cat imta.cnf option.dat | ehlo-milter import messaging-server -\n"
		"  ehlo-milter check -c policy.yaml\n",
	.run = run,
};
