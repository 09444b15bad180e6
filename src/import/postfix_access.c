/* SPDX-License-Identifier: BSD-2-Clause */
/* access(5) tables as lists and rules: the text that a map is made of is read where it can be. */
#include "import/postfix_work.h"

#include "base/ascii.h"
#include "base/ip.h"
#include "base/name.h"
#include "core/pattern.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"
#define ENTRIES_MAX 5000

const struct access_use postfix_access_uses[] = {
	{ "check_helo_access", "ehlo", NULL, "helo_access" },
	{ "check_client_access", "client_name", "client", "client_access" },
	{ "check_reverse_client_hostname_access", "client_ptr", NULL, "ptr_access" },
	{ "check_sender_access", "sender_domain", NULL, "sender_access" },
	{ NULL, NULL, NULL, NULL }
};

/* What an entry does; LEAVES: this table has nothing more to say (DUNNO). */
enum access_class { CLASS_REJECT, CLASS_TEMPFAIL, CLASS_QUARANTINE, CLASS_LOG, CLASS_PERMIT, CLASS_LEAVES, CLASS_OTHER };

enum access_kind { KIND_NETWORK, KIND_DOMAIN, KIND_PATTERN, KIND_BAD };

struct entry {
	const char *value;		/* quoted, as an item of a list */
	const char *origin;
	enum access_kind kind;
	enum access_class class;
	unsigned labels;		/* of a domain: the more, the earlier it counts */
	unsigned line;
};

struct table {
	struct postfix_walk *walk;
	const struct access_use *use;	/* NULL: networks for blocked_ips */
	const char *whole;		/* "check_helo_access hash:/etc/postfix/helo" */
	const char *file;
	struct entry *entries;
	size_t count;
	bool regular;			/* patterns */
	bool networks_only;		/* cidr */
	bool in_place;			/* inline: its lines are no lines of a file */
	bool stopped;
};

static void note_at(struct table *table, unsigned line, const char *text, const char *reason)
{
	struct draft *draft = &table->walk->import->draft;

	draft_note(draft, &table->walk->listener->notes,
		   draft_origin(draft, table->file, table->in_place ? table->walk->line : line, text), reason);
}

static void note_whole(struct postfix_walk *walk, const char *whole, const char *reason)
{
	draft_note(&walk->import->draft, &walk->listener->notes, postfix_place(walk, whole).origin, reason);
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

static void set_domain(struct draft *draft, const char *key, struct entry *entry)
{
	const char *name = key + (key[0] == '.');

	if (key[0] == '@' || !domain_valid(name, strlen(name)))
		return;
	entry->kind = KIND_DOMAIN;
	entry->value = draft_textf(draft, "'%s.%s'", name == key ? "" : "*", name);
	for (entry->labels = 1; *name != '\0'; name++)
		entry->labels += *name == '.';
}

static void set_key(const struct table *table, const char *key, struct entry *entry)
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
static const char *take_pattern(struct table *table, char *line, char **rest_r)
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

static void add_entry(struct table *table, const struct entry *entry, const char *text)
{
	if (entry->kind == KIND_BAD || !entry->value)
		note_at(table, entry->line, text, "no list of a policy holds such a key");
	else if (entry->class == CLASS_OTHER)
		note_at(table, entry->line, text, "no action of a policy does this");
	else if (table->count < ENTRIES_MAX)
		table->entries[table->count++] = *entry;
	else
		table->stopped = true;
}

/* A logical line of the table; line may be written to. */
static void read_entry(struct table *table, char *line, unsigned number)
{
	struct draft *draft = &table->walk->import->draft;
	const char *text = draft_textf(draft, "%s", line);
	struct entry entry = { .line = number, .kind = KIND_BAD };
	char *action = line + strcspn(line, BLANKS);

	entry.origin = draft_origin(draft, table->file, table->in_place ? table->walk->line : number, text);
	if (table->regular) {
		if (strncasecmp(line, "if", 2) == 0 || strncasecmp(line, "endif", 5) == 0) {
			note_at(table, number, text, "conditions inside a table; what follows is left out");
			table->stopped = true;
			return;
		}
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
static void read_lines(struct table *table, const char *text)
{
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
			buf_clear(&logical);
			buf_init(&logical);
		}
		if (*text == '\0')
			break;
		if (!empty) {
			begin = logical.length == 0 ? number : begin;
			add_part(&logical, text, length);
		}
		text += length + (text[length] == '\n');
	}
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
	buf_clear(&out);
	return text;
}

/* The text of the table; NULL with a note. */
static const char *open_table(struct table *table, const char *name)
{
	static const char *const types[] = { "hash", "btree", "dbm", "lmdb", "cdb", "texthash", "cidr", "regexp", "pcre",
					     "inline" };
	struct import *import = table->walk->import;
	size_t type = strcspn(name, ":"), i = 0, count = sizeof types / sizeof *types;
	const char *path = name + type + 1, *text, *error;

	while (i < count && !(strlen(types[i]) == type && strncmp(name, types[i], type) == 0))
		i++;
	if (i == count || name[type] == '\0') {
		note_whole(table->walk, table->whole, "a table of this type has no text to read");
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
		note_whole(table->walk, table->whole, "this table is written in a way that is not read here");
		return NULL;
	}
	if (!import->read) {
		note_whole(table->walk, table->whole, "its file is not read");
		return NULL;
	}
	text = import->read(import->draft.arena, path, &error);
	if (!text)
		note_whole(table->walk, table->whole, draft_textf(&import->draft, "its file cannot be read: %s", error));
	return text;
}

/* --- as lists and rules --- */

/* In hashes the name with more labels counts first; in tables of lines the first line. */
static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->labels != y->labels)
		return x->labels > y->labels ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return 0;
}

static const char *list_kind(enum access_kind kind)
{
	static const char *const words[] = {
		[KIND_NETWORK] = "networks:", [KIND_DOMAIN] = "domains:", [KIND_PATTERN] = "patterns:",
	};

	return words[kind];
}

static const char *action_for(enum access_class class)
{
	static const char *const words[] = {
		[CLASS_REJECT] = "reject", [CLASS_TEMPFAIL] = "tempfail", [CLASS_QUARANTINE] = "quarantine",
		[CLASS_LOG] = "log", [CLASS_PERMIT] = NULL, [CLASS_LEAVES] = NULL, [CLASS_OTHER] = NULL,
	};

	return words[class];
}

/* Another listener may have read the same table. */
static const char *list_of(struct table *table, const struct entry *entries, size_t count, const char *origin)
{
	struct draft *draft = &table->walk->import->draft;
	const char *kind = list_kind(entries[0].kind), *name;
	struct draft_list *list;

	for (list = draft->lists; list; list = list->next)
		if (list->items.first && strcmp(list->origin, origin) == 0 && strcmp(list->kind, kind) == 0 &&
		    list->items.first->origin && strcmp(list->items.first->origin, entries[0].origin) == 0)
			return list->name;
	name = draft_textf(draft, "%s_%u", table->use->label, ++draft->list_count);
	list = draft_list_new(draft, name, kind, origin);
	for (size_t i = 0; list && i < count; i++)
		draft_add(draft, &list->items, entries[i].value, entries[i].origin);
	return name;
}

/* entries[0..count) are of one kind and class; conditions: what stands against the groups before. */
static void add_group(struct table *table, const struct entry *entries, size_t count, struct buf *against)
{
	struct postfix_walk *walk = table->walk;
	struct draft *draft = &walk->import->draft;
	struct draft_place place = postfix_place(walk, table->whole);
	const char *name = list_of(table, entries, count, place.origin);
	const char *fact = entries[0].kind == KIND_NETWORK ? table->use->addresses : table->use->names;
	const char *condition = draft_textf(draft, "%s in $%s%s", fact, name, against->text);

	if (entries[0].class == CLASS_PERMIT && strcmp(fact, "client_ptr") == 0)
		note_whole(walk, table->whole, "a name that is not confirmed cannot exempt");
	else if (entries[0].class == CLASS_PERMIT)
		walk->permits |= draft_permit(walk->listener, draft_textf(draft, "%s", draft_quoted(draft, condition)),
					      place.origin);
	else if (action_for(entries[0].class))
		draft_rule(draft, walk->listener, condition, action_for(entries[0].class), &place);
	buf_addf(against, " and not (%s in $%s)", fact, name);
}

static void add_groups(struct table *table)
{
	struct buf against;

	buf_init(&against);
	for (size_t i = 0; i < table->count;) {
		size_t end = i + 1;

		while (end < table->count && table->entries[end].class == table->entries[i].class &&
		       table->entries[end].kind == table->entries[i].kind)
			end++;
		/* More turns of actions than anybody can read, or an expression may hold. */
		if (against.length > 1000) {
			note_at(table, table->entries[i].line, "...", "too many changes of action in one table");
			break;
		}
		add_group(table, table->entries + i, end - i, &against);
		i = end;
	}
	buf_clear(&against);
}

static bool read_table(struct table *table, const char *name)
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
		note_whole(table->walk, table->whole, "it holds more than 5000 entries; use domains_file or networks_file");
	return true;
}

void postfix_access(struct postfix_walk *walk, const struct access_use *use, const char *name)
{
	const char *whole = draft_textf(&walk->import->draft, "%s %s", use->restriction, name);
	struct table table = { .walk = walk, .use = use, .whole = whole };

	if (!read_table(&table, name))
		return;
	if (!table.regular && !table.networks_only)
		qsort(table.entries, table.count, sizeof *table.entries, compare_entries);
	if (table.networks_only && !use->addresses)
		note_whole(walk, whole, "a table of networks says nothing of names");
	else
		add_groups(&table);
}

void postfix_blocked_ips(struct postfix_walk *walk, const char *name)
{
	struct draft *draft = &walk->import->draft;
	const char *whole = draft_textf(draft, "check_sender_mx_access %s", name);
	struct table table = { .walk = walk, .whole = whole, .networks_only = true };
	struct draft_place place = postfix_place(walk, whole);
	struct buf ips;

	if (!read_table(&table, name))
		return;
	if (!table.networks_only) {
		note_whole(walk, whole, "only networks (cidr) can stand in blocked_ips");
		return;
	}
	buf_init(&ips);
	for (size_t i = 0; i < table.count; i++) {
		if (table.entries[i].class == CLASS_REJECT || table.entries[i].class == CLASS_TEMPFAIL)
			buf_addf(&ips, "%s%s", ips.length > 0 ? ", " : "", table.entries[i].value);
		else
			note_at(&table, table.entries[i].line, table.entries[i].value, "blocked_ips has no exceptions");
	}
	if (ips.length > 0) {
		draft_check(draft, walk->listener, "mail_from_dns", draft_textf(draft, "blocked_ips: [%s]", ips.text), &place);
		draft_check(draft, walk->listener, "mail_from_dns", "blocked_when: any", &place);
		draft_check(draft, walk->listener, "mail_from_dns", "blocked: reject", &place);
	}
	draft->failed = draft->failed || ips.failed;
	buf_clear(&ips);
}
