/* SPDX-License-Identifier: BSD-2-Clause */
/* TOML 1.0 as configuration files use it: tables, arrays of tables, dotted keys, strings, arrays, inline tables. */
#include "import/settings.h"

#include "base/ascii.h"
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_BYTES 24
#define WORD_END " \t\r\n,]}#"

struct toml {
	struct settings *settings;
	const char *at;
	unsigned line;
	const char *table;	/* of the last header */
	unsigned tables;	/* of [[ ]], numbered through: which array they belong to does not matter here */
};

static bool error(const struct toml *t, const char *text)
{
	return settings_error(t->settings, t->line, text);
}

static void skip_blanks(struct toml *t)
{
	t->at += strspn(t->at, " \t\r");
}

/* Also over line ends and comments. */
static void skip_space(struct toml *t)
{
	for (;;) {
		skip_blanks(t);
		if (*t->at == '#')
			t->at += strcspn(t->at, "\n");
		if (*t->at != '\n')
			return;
		t->at++;
		t->line++;
	}
}

/* --- strings --- */

static bool add_escape(struct toml *t, struct buf *out)
{
	static const char from[] = "btnfr\"\\e", to[] = "\b\t\n\f\r\"\\\033";
	const char *found = *t->at != '\0' ? strchr(from, *t->at) : NULL;

	if (!found)
		return error(t, "an escape in a string that is not known here");
	buf_add_char(out, to[found - from]);
	t->at++;
	return true;
}

/* Up to the closing quotes, which are length times quote. */
static bool read_quoted(struct toml *t, char quote, size_t length, struct buf *out)
{
	const char close[] = { quote, quote, quote, '\0' };
	unsigned begin = t->line;

	while (*t->at != '\0' && strncmp(t->at, close, length) != 0) {
		if (*t->at == '\n' && length == 1)
			break;
		t->line += *t->at == '\n';
		if (*t->at == '\\' && quote == '"') {
			t->at++;
			if (!add_escape(t, out))
				return false;
		} else {
			buf_add_char(out, *t->at++);
		}
	}
	if (*t->at == '\0' || strncmp(t->at, close, length) != 0) {
		t->line = begin;
		return error(t, "a string that is not closed");
	}
	t->at += length;
	return true;
}

static const char *read_string(struct toml *t)
{
	char quote = *t->at;
	size_t length = t->at[1] == quote && t->at[2] == quote ? 3 : 1;
	const char *text = NULL;
	struct buf out;

	buf_init(&out);
	t->at += length;
	if (read_quoted(t, quote, length, &out)) {
		text = out.failed ? NULL : arena_strdup(t->settings->arena, out.text);
		t->settings->failed = t->settings->failed || !text;
	}
	buf_clear(&out);
	return text;
}

/* --- keys --- */

static bool is_bare(char c)
{
	return ascii_is_alphanum(c) || c == '_' || c == '-' || c == ':';
}

/* One part of a dotted key, put behind prefix. */
static const char *read_part(struct toml *t, const char *prefix)
{
	const char *start = t->at;

	if (*t->at == '"' || *t->at == '\'') {
		const char *text = read_string(t);

		return text ? settings_join(t->settings, prefix, text, strlen(text)) : NULL;
	}
	while (is_bare(*t->at))
		t->at++;
	if (t->at == start) {
		(void)error(t, "expected a key");
		return NULL;
	}
	return settings_join(t->settings, prefix, start, (size_t)(t->at - start));
}

static const char *read_key(struct toml *t, const char *prefix)
{
	const char *key = prefix;
	unsigned parts = 0;

	for (;;) {
		if (++parts > SETTINGS_DEPTH_MAX) {
			(void)error(t, "a key of more than 16 parts");
			return NULL;
		}
		key = read_part(t, key);
		skip_blanks(t);
		if (!key || *t->at != '.')
			return key;
		t->at++;
		skip_blanks(t);
	}
}

/* --- values --- */

static bool read_value(struct toml *t, const char *key, unsigned depth);

static bool read_pair(struct toml *t, const char *prefix, unsigned depth)
{
	const char *key = read_key(t, prefix);

	if (!key)
		return false;
	if (*t->at != '=')
		return error(t, "expected '=' behind a key");
	t->at++;
	skip_blanks(t);
	return read_value(t, key, depth);
}

static bool read_array(struct toml *t, const char *key, unsigned depth)
{
	char number[NUMBER_BYTES];

	t->at++;
	for (unsigned i = 0;; i++) {
		int length = snprintf(number, sizeof number, "%u", i);
		const char *inner;

		skip_space(t);
		if (*t->at == ']')
			break;
		inner = settings_join(t->settings, key, number, (size_t)length);
		if (!inner || !read_value(t, inner, depth + 1))
			return false;
		skip_space(t);
		if (*t->at == ',')
			t->at++;
		else if (*t->at != ']')
			return error(t, "expected ',' or ']' in an array");
	}
	t->at++;
	return true;
}

static bool read_inline_table(struct toml *t, const char *key, unsigned depth)
{
	t->at++;
	for (;;) {
		skip_space(t);
		if (*t->at == '}')
			break;
		if (!read_pair(t, key, depth + 1))
			return false;
		skip_space(t);
		if (*t->at == ',')
			t->at++;
		else if (*t->at != '}')
			return error(t, "expected ',' or '}' in an inline table");
	}
	t->at++;
	return true;
}

static bool read_value(struct toml *t, const char *key, unsigned depth)
{
	unsigned line = t->line;
	const char *text;
	size_t length;

	if (depth > SETTINGS_DEPTH_MAX)
		return error(t, "nested too deeply; at most 16 levels are read");
	if (*t->at == '[')
		return read_array(t, key, depth);
	if (*t->at == '{')
		return read_inline_table(t, key, depth);
	if (*t->at == '"' || *t->at == '\'') {
		text = read_string(t);
		return text && settings_add(t->settings, key, text, line);
	}
	length = strcspn(t->at, WORD_END);
	if (length == 0)
		return error(t, "expected a value");
	text = arena_strndup(t->settings->arena, t->at, length);
	t->at += length;
	return settings_add(t->settings, key, text, line);
}

/* --- lines --- */

static bool read_header(struct toml *t)
{
	bool array = t->at[1] == '[';
	char number[NUMBER_BYTES];
	int length;

	t->at += array ? 2 : 1;
	skip_blanks(t);
	t->table = read_key(t, "");
	if (!t->table)
		return false;
	if (strncmp(t->at, array ? "]]" : "]", array ? 2 : 1) != 0)
		return error(t, "a header of a table that is not closed");
	t->at += array ? 2 : 1;
	if (!array)
		return true;
	length = snprintf(number, sizeof number, "%u", t->tables++);
	t->table = settings_join(t->settings, t->table, number, (size_t)length);
	return t->table != NULL;
}

bool settings_read_toml(struct settings *settings, const char *text)
{
	struct toml t = { .settings = settings, .at = text, .line = 1, .table = "" };

	for (;;) {
		skip_space(&t);
		if (*t.at == '\0')
			return true;
		if (!(*t.at == '[' ? read_header(&t) : read_pair(&t, t.table, 0)))
			return false;
		skip_blanks(&t);
		if (*t.at != '\0' && *t.at != '\n' && *t.at != '#')
			return error(&t, "something stands behind a value on its line");
	}
}
