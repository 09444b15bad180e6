/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads access(5) tables: the text that a map is made of, where there is one. */
#include "import/postfix_access.h"

#include "base/ascii.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/name.h"
#include "core/pattern.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"
#define ENTRIES_MAX 5000

void access_note_at(struct access_table *table, unsigned line, const char *text, const char *reason)
{
	struct draft *draft = &table->walk->import->draft;

	draft_note(draft, &table->walk->listener->notes,
		   draft_origin(draft, table->file, table->in_place ? table->walk->line : line, text), reason);
}

void access_note(struct access_table *table, const char *reason)
{
	struct postfix_walk *walk = table->walk;

	draft_note(&walk->import->draft, &walk->listener->notes, postfix_place(walk, table->whole).origin, reason);
}

/* --- an entry --- */

static enum access_class class_of(const char *action)
{
	static const struct {
		const char *word;
		enum access_class class;
	} words[] = {
		{ "REJECT", CLASS_REJECT }, { "DEFER", CLASS_TEMPFAIL }, { "DEFER_IF_REJECT", CLASS_OTHER },
		{ "DEFER_IF_PERMIT", CLASS_TEMPFAIL }, { "HOLD", CLASS_QUARANTINE }, { "WARN", CLASS_LOG },
		{ "INFO", CLASS_LOG }, { "OK", CLASS_PERMIT }, { "RELAY", CLASS_PERMIT }, { "DUNNO", CLASS_LEAVES },
	};
	size_t length = strcspn(action, BLANKS), digits = strspn(action, "0123456789");

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == length && strncasecmp(action, words[i].word, length) == 0)
			return words[i].class;
	if (digits == 3 && digits == length && action[0] == '5')
		return CLASS_REJECT;
	if (digits == 3 && digits == length && action[0] == '4')
		return CLASS_TEMPFAIL;
	return digits > 0 && digits == length ? CLASS_PERMIT : CLASS_OTHER;
}

/* "192.0.2" of a hash stands for 192.0.2.0/24, "2001:db8" for 2001:db8::/32. */
static const char *network_of(struct draft *draft, const char *key)
{
	struct network network;
	const char *error;
	char text[IP_TEXT_BYTES + 4];
	unsigned dots = 0;

	if (!network_parse(key, &network, &error)) {
		if (key[strspn(key, "0123456789.")] != '\0' || !ascii_is_digit(key[0]))
			return NULL;
		for (const char *c = key; *c != '\0'; c++)
			dots += *c == '.';
		if (dots > 2)
			return NULL;
		key = draft_textf(draft, "%s%s/%u", key, dots == 2 ? ".0" : dots == 1 ? ".0.0" : ".0.0.0", 8 * (dots + 1));
		if (!network_parse(key, &network, &error))
			return NULL;
	}
	network_format(&network, text);
	return draft_textf(draft, "'%s'", text);
}

static void set_domain(struct draft *draft, const char *key, struct access_entry *entry)
{
	const char *name = key + (key[0] == '.');

	if (key[0] == '@' || !domain_valid(name, strlen(name)))
		return;
	entry->kind = KIND_DOMAIN;
	entry->value = draft_textf(draft, "'%s.%s'", name == key ? "" : "*", name);
	for (entry->labels = 1; *name != '\0'; name++)
		entry->labels += *name == '.';
}

static void set_key(const struct access_table *table, const char *key, struct access_entry *entry)
{
	struct draft *draft = &table->walk->import->draft;
	bool addresses = table->networks_only || (table->use && table->use->addresses);

	entry->kind = KIND_BAD;
	entry->value = addresses ? network_of(draft, key) : NULL;
	if (entry->value)
		entry->kind = KIND_NETWORK;
	else if (!table->networks_only)
		set_domain(draft, key, entry);
}

/* /pattern/flags: the pattern, and what stands behind it; NULL: it cannot be taken as it is. */
static const char *take_pattern(struct access_table *table, char *line, char **rest_r)
{
	char delimiter = line[0];
	struct pattern *pattern;
	struct pattern_error error;
	size_t end = 1;
	const char *quoted;

	if (ascii_is_alphanum(delimiter) || delimiter == '!' || delimiter == '\\')
		return NULL;
	while (line[end] != '\0' && line[end] != delimiter)
		end += line[end] == '\\' && line[end + 1] != '\0' ? 2 : 1;
	/* Flags change what a pattern of ours cannot change. */
	if (line[end] == '\0' || !strchr(BLANKS, line[end + 1]) || line[end + 1] == '\0')
		return NULL;
	line[end] = '\0';
	*rest_r = line + end + 1;
	pattern = pattern_new(line + 1, &error);
	quoted = pattern && line[1] != '\0' ? draft_quoted(&table->walk->import->draft, line + 1) : NULL;
	pattern_free(&pattern);
	return quoted;
}

static void add_entry(struct access_table *table, const struct access_entry *entry, const char *text)
{
	if (entry->kind == KIND_BAD || !entry->value)
		access_note_at(table, entry->line, text, "no list of a policy holds such a key");
	else if (entry->class == CLASS_OTHER)
		access_note_at(table, entry->line, text, "no action of a policy does this");
	else if (table->count < ENTRIES_MAX)
		table->entries[table->count++] = *entry;
	else
		table->stopped = true;
}

/* A logical line of the table; line may be written to. */
static void read_entry(struct access_table *table, char *line, unsigned number)
{
	struct draft *draft = &table->walk->import->draft;
	const char *text = draft_textf(draft, "%s", line);
	struct access_entry entry = { .line = number, .kind = KIND_BAD };
	char *action = line + strcspn(line, BLANKS);

	entry.origin = draft_origin(draft, table->file, table->in_place ? table->walk->line : number, text);
	if ((table->regular || table->networks_only) &&
	    (strncasecmp(line, "if", 2) == 0 || strncasecmp(line, "endif", 5) == 0)) {
		access_note_at(table, number, text, "conditions inside a table; what follows is left out");
		table->stopped = true;
		return;
	}
	if (table->regular) {
		entry.value = take_pattern(table, line, &action);
		entry.kind = entry.value ? KIND_PATTERN : KIND_BAD;
	} else if (*action != '\0') {
		*action++ = '\0';
		set_key(table, line, &entry);
	}
	entry.class = class_of(action + strspn(action, BLANKS));
	add_entry(table, &entry, text);
}

/* Behind what is there already, with blanks for tabs and none at the end. */
static void add_part(struct buf *logical, const char *text, size_t length)
{
	while (length > 0 && strchr(BLANKS, text[length - 1]))
		length--;
	if (logical->length > 0)
		buf_add_char(logical, ' ');
	for (size_t i = logical->length > 0 ? strspn(text, BLANKS) : 0; i < length; i++)
		buf_add_char(logical, text[i] == '\t' ? ' ' : text[i]);
}

/* Lines that begin with a blank go on with the one before. */
static void read_lines(struct access_table *table, const char *text)
{
	struct draft *draft = &table->walk->import->draft;
	unsigned number = 0, begin = 0;
	struct buf logical;

	buf_init(&logical);
	while (!table->stopped) {
		size_t length = strcspn(text, "\n");
		const char *content = text + strspn(text, " \t\r");
		bool empty = *content == '\n' || *content == '\0' || *content == '#';

		number++;
		if (logical.length > 0 && ((!empty && content == text) || *text == '\0')) {
			read_entry(table, logical.text, begin);
			logical.length = 0;
		}
		if (*text == '\0')
			break;
		if (!empty) {
			begin = logical.length == 0 ? number : begin;
			add_part(&logical, text, length);
		}
		text += length + (text[length] == '\n');
	}
	draft->failed = draft->failed || logical.failed;
	buf_clear(&logical);
}

/* --- where the text is --- */

/* inline:{KEY=ACTION, {KEY = ACTION WORDS}} as lines of a table. */
static const char *inline_text(struct draft *draft, const char *braces)
{
	const char *inner = draft_textf(draft, "%.*s", (int)strlen(braces) - 2, braces + 1), *item, *text;
	struct buf out;

	buf_init(&out);
	while ((item = postfix_next_item(&inner, draft->arena)) != NULL) {
		size_t length = strlen(item);
		const char *equal;

		if (item[0] == '{' && length >= 2)
			item = draft_textf(draft, "%.*s", (int)length - 2, item + 1);
		item += strspn(item, BLANKS);
		equal = strchr(item, '=');
		if (equal)
			buf_addf(&out, "%.*s %s\n", (int)(equal - item), item, equal + 1 + strspn(equal + 1, BLANKS));
	}
	text = draft_textf(draft, "%s", out.text);
	draft->failed = draft->failed || out.failed;
	buf_clear(&out);
	return text;
}

/* The text of the table; NULL with a note. */
static const char *open_table(struct access_table *table, const char *name)
{
	static const char *const types[] = { "hash", "btree", "dbm", "lmdb", "cdb", "texthash", "cidr", "regexp", "pcre",
					     "inline" };
	struct import *import = table->walk->import;
	size_t type = strcspn(name, ":"), i = 0, count = sizeof types / sizeof *types;
	const char *path = name + type + 1, *text, *error;

	while (i < count && !(strlen(types[i]) == type && strncmp(name, types[i], type) == 0))
		i++;
	if (i == count || name[type] == '\0') {
		access_note(table, "a table of this type has no text to read");
		return NULL;
	}
	table->networks_only = strcmp(types[i], "cidr") == 0;
	table->regular = strcmp(types[i], "regexp") == 0 || strcmp(types[i], "pcre") == 0;
	table->file = path;
	if (strcmp(types[i], "inline") == 0 || path[0] == '{') {
		table->file = import->file;
		table->in_place = true;
		if (path[0] == '{' && postfix_braces_length(path) == strlen(path) && strcmp(types[i], "inline") == 0)
			return inline_text(&import->draft, path);
		access_note(table, "this table is written in a way that is not read here");
		return NULL;
	}
	if (!import->read) {
		access_note(table, "its file is not read");
		return NULL;
	}
	text = import->read(import->draft.arena, path, &error);
	if (text)
		return text;
	import->draft.failed = import->draft.failed || error == file_no_memory;
	access_note(table, draft_textf(&import->draft, "its file cannot be read: %s", error));
	return NULL;
}

/* --- the whole --- */

bool access_table_read(struct access_table *table, const char *name)
{
	struct draft *draft = &table->walk->import->draft;
	const char *text = open_table(table, name);

	if (!text)
		return false;
	table->entries = arena_array(draft->arena, ENTRIES_MAX, sizeof *table->entries);
	if (!table->entries) {
		draft->failed = true;
		return false;
	}
	read_lines(table, text);
	if (table->count == ENTRIES_MAX)
		access_note(table, "it holds more than 5000 entries; use domains_file or networks_file");
	return true;
}
