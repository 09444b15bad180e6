/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of domains, networks or patterns, one a line, of a million lines if need be. */
#include "conf/loader.h"

#include "base/ascii.h"
#include "base/file.h"
#include "base/name.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)256 << 20)
#define ERRORS_MAX 20

struct list_file {
	struct loader *loader;
	struct list *list;
	enum item_kind kind;
	const char *name;	/* in messages */
	struct list_source source;	/* of the line at hand */
	size_t error_count;
};

/* A line without indentation, line end and comment; NUL-terminated. */
struct line {
	char *text;
	size_t length;
	size_t skipped;		/* blanks before it */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* at: a byte of the line, counted from its text. */
static void line_error(struct list_file *file, const struct line *line, size_t at,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

static void line_error(struct list_file *file, const struct line *line, size_t at,
		       const char *format, ...)
{
	struct place place = { file->name, file->source.line, (unsigned)(line->skipped + 1) };
	char text[400];
	va_list args;

	if (++file->error_count > ERRORS_MAX)
		return;
	for (size_t i = 0; i < at; i++)
		place.column += ((unsigned char)line->text[i] & 0xc0) != 0x80;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	diag_error(file->loader->diag, place, "%s", text);
}

/* What most lines of a long file are: nothing in them that domain_normalise() would change. */
static bool is_normal(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') || ascii_is_digit(text[i]) || text[i] == '-' || text[i] == '.'))
			return false;
	return length > 0 && text[length - 1] >= 'a' && text[length - 1] <= 'z' &&
	       domain_valid(text, length);
}

static void add_domain(struct list_file *file, const struct line *line)
{
	char normal[NAME_TEXT_BYTES];
	const char *domain = line->text;
	unsigned scope = DOMAIN_SELF;

	if (line->text[0] == '.') {
		scope |= DOMAIN_BELOW;
		domain++;
	}
	if (!is_normal(domain, line->length - (size_t)(domain - line->text))) {
		domain = normal;
		if (!domain_item_parse(line->text, line->length, normal, &scope)) {
			line_error(file, line, 0, "'%s' is no domain; expected %s", line->text,
				   domain_item_expected);
			return;
		}
	}
	if (!list_add_domain(file->list, domain, scope, file->source))
		file->loader->no_memory = true;
}

static void add_network(struct list_file *file, const struct line *line)
{
	struct network network;
	const char *error;

	if (!network_parse(line->text, &network, &error))
		line_error(file, line, 0, "'%s' %s", line->text, error);
	else if (!list_add_network(file->list, &network, file->source))
		file->loader->no_memory = true;
}

static void add_pattern(struct list_file *file, const struct line *line)
{
	const char *text = policy_copy(file->loader, line->text);
	struct pattern_error error;

	if (text && !list_add_pattern(file->list, text, file->source, &error))
		line_error(file, line, error.offset, "bad pattern: %s", error.text);
}

/* Cuts the line down to its first column and what stands behind that, without a comment. */
static struct line trim_line(char *text, char *end)
{
	struct line line = { .text = text };

	while (line.text < end && is_blank(*line.text))
		line.text++;
	line.skipped = (size_t)(line.text - text);
	for (char *at = line.text; at < end; at++) {
		if (*at == '#' && (at == line.text || is_blank(at[-1]))) {
			end = at;
			break;
		}
	}
	while (end > line.text && is_blank(end[-1]))
		end--;
	*end = '\0';
	line.length = (size_t)(end - line.text);
	return line;
}

/* Writes a NUL to *end. */
static void add_line(struct list_file *file, char *text, char *end)
{
	static const char *const words[] = {
		[ITEMS_NETWORKS] = "network", [ITEMS_DOMAINS] = "domain", [ITEMS_PATTERNS] = "pattern",
	};
	struct line line = trim_line(text, end);
	size_t column_bytes = strcspn(line.text, " \t\r");

	if (line.length == 0)
		return;
	if (column_bytes < line.length && line.text[column_bytes] == '\0') {
		line_error(file, &line, column_bytes, "a NUL byte; expected text");
		return;
	}
	if (column_bytes < line.length) {
		size_t second = column_bytes + strspn(line.text + column_bytes, " \t\r");

		line_error(file, &line, second, "a second column; expected one %s a line", words[file->kind]);
		return;
	}
	if (file->kind == ITEMS_DOMAINS)
		add_domain(file, &line);
	else if (file->kind == ITEMS_PATTERNS)
		add_pattern(file, &line);
	else
		add_network(file, &line);
}

/* bytes[length] may be written to. */
static void add_lines(struct list_file *file, char *bytes, size_t length)
{
	char *end = bytes + length;
	char *next;

	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		bytes += 3;
	for (char *line = bytes; line < end && !file->loader->no_memory; line = next) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *line_end = newline ? newline : end;

		next = line_end + 1;
		file->source.line++;
		add_line(file, line, line_end);
	}
	if (file->error_count > ERRORS_MAX)
		diag_error(file->loader->diag, (struct place){ file->name, file->source.line, 0 },
			   "... and %zu more errors in this file", file->error_count - ERRORS_MAX);
}

/* Relative to the folder of the policy file. */
static char *file_path(struct loader *loader, const char *name)
{
	const char *policy_path = loader->policy->path;
	const char *slash = strrchr(policy_path, '/');
	size_t folder_bytes = slash && name[0] != '/' ? (size_t)(slash + 1 - policy_path) : 0;
	size_t bytes = folder_bytes + strlen(name) + 1;
	char *path = policy_array(loader, bytes, 1);

	if (path)
		snprintf(path, bytes, "%.*s%s", (int)folder_bytes, policy_path, name);
	return path;
}

void load_list_file(struct loader *loader, const struct node *node, struct list *list,
		    enum item_kind kind)
{
	struct list_file file = { .loader = loader, .list = list, .kind = kind };
	const char *name = load_text(loader, node, "the path of a file");
	const char *path = name ? file_path(loader, name) : NULL;
	const char *error;
	size_t length;
	char *bytes;

	if (!path)
		return;
	if (strcmp(path, "-") == 0) {
		error_at(loader, node,
			 "a list cannot be read from standard input; expected a path");
		return;
	}
	if (!file_read(path, FILE_BYTES_MAX, &bytes, &length, &error)) {
		error_at(loader, node->key, "%s: %s", path, error);
		loader->diag->no_memory = loader->diag->no_memory || error == file_no_memory;
		return;
	}
	file.name = diag_file(loader->diag, path);
	if (file.name == path) { /* no copy: the path dies with a policy that is not loaded */
		loader->no_memory = true;
		free(bytes);
		return;
	}
	file.source.file = (uint16_t)list->file_count;
	list->files[list->file_count++] = path;
	add_lines(&file, bytes, length);
	free(bytes);
}
