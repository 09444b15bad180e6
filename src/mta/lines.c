/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of configuration lines in an arena. */
#include "mta/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void config_lines_init(struct config_lines *lines, struct arena *arena)
{
	*lines = (struct config_lines){ .arena = arena };
}

struct config_line *config_lines_add(struct config_lines *lines, const char *origin, const char *name,
				     const char *value)
{
	struct config_line *line = arena_alloc(lines->arena, sizeof *line);

	if (!line || !value) {
		lines->failed = true;
		return NULL;
	}
	*line = (struct config_line){ .origin = origin, .name = name, .value = value };
	if (lines->last)
		lines->last->next = line;
	else
		lines->first = line;
	lines->last = line;
	lines->count++;
	return line;
}

void config_lines_append(struct config_lines *lines, const struct config_lines *more)
{
	if (lines->last)
		lines->last->next = more->first;
	else
		lines->first = more->first;
	if (more->last)
		lines->last = more->last;
	lines->count += more->count;
	lines->failed = lines->failed || more->failed;
}

const char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text = NULL;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0)
		text = arena_alloc(arena, (size_t)length + 1);
	if (text)
		(void)vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

/* An expression may be folded over several lines of the policy. */
static char *one_line(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *at = copy; at && *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	return copy;
}

const char *setting_text(struct arena *arena, enum command_id id, const struct command_setting *setting)
{
	const char *value = command_value_word(setting->value);
	const char *condition = setting->condition ? one_line(arena, setting->text) : "";

	if (!condition)
		return NULL;
	if (!setting->condition)
		return arena_format(arena, "commands.%s: %s", command_table[id].name, value);
	return arena_format(arena, "commands.%s: %s if %s, else %s", command_table[id].name, value, condition,
			    command_value_word(setting->otherwise));
}

const char *join_origins(struct arena *arena, const char *a, const char *b)
{
	if (!a || !b)
		return a ? a : b;
	return arena_format(arena, "%s\n%s", a, b);
}

void add_origin(struct buf *out, const char *prefix, const char *origin)
{
	while (origin) {
		size_t length = strcspn(origin, "\n");

		buf_add(out, prefix);
		buf_add_bytes(out, origin, length);
		buf_add_char(out, '\n');
		origin = origin[length] == '\n' ? origin + length + 1 : NULL;
	}
}

static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool config_lines_equal(const struct config_lines *a, const struct config_lines *b)
{
	const struct config_line *x = a->first, *y = b->first;

	while (x && y && text_equal(x->name, y->name) && text_equal(x->value, y->value)) {
		x = x->next;
		y = y->next;
	}
	return !x && !y;
}
