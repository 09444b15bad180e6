/* SPDX-License-Identifier: BSD-2-Clause */
/* access(5) tables as lists and rules. */
#include "import/postfix_access.h"

#include <stdlib.h>
#include <string.h>

const struct access_use postfix_access_uses[] = {
	{ "check_helo_access", "ehlo", NULL, "helo_access" },
	{ "check_client_access", "client_name", "client", "client_access" },
	{ "check_reverse_client_hostname_access", "client_ptr", NULL, "ptr_access" },
	{ "check_sender_access", "sender_domain", NULL, "sender_access" },
	{ NULL, NULL, NULL, NULL }
};

/* In hashes the name with more labels counts first; in tables of lines the first line. */
static int compare_entries(const void *a, const void *b)
{
	const struct access_entry *x = a, *y = b;

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
static const char *list_of(struct access_table *table, const struct access_entry *entries, size_t count,
			   const char *origin)
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
static void add_group(struct access_table *table, const struct access_entry *entries, size_t count,
		      struct buf *against)
{
	struct postfix_walk *walk = table->walk;
	struct draft *draft = &walk->import->draft;
	struct draft_place place = postfix_place(walk, table->whole);
	const char *name = list_of(table, entries, count, place.origin);
	const char *fact = entries[0].kind == KIND_NETWORK ? table->use->addresses : table->use->names;
	const char *condition = draft_textf(draft, "%s in $%s%s", fact, name, against->text);

	if (entries[0].class == CLASS_PERMIT && strcmp(fact, "client_ptr") == 0)
		access_note(table, "a name that is not confirmed cannot exempt");
	else if (entries[0].class == CLASS_PERMIT)
		walk->permits |= draft_permit(walk->listener, draft_textf(draft, "%s", draft_quoted(draft, condition)),
					      place.origin);
	else if (action_for(entries[0].class))
		draft_rule(draft, walk->listener, condition, action_for(entries[0].class), &place);
	buf_addf(against, " and not (%s in $%s)", fact, name);
}

static void add_groups(struct access_table *table)
{
	struct draft *draft = &table->walk->import->draft;
	struct buf against;

	buf_init(&against);
	for (size_t i = 0; i < table->count;) {
		size_t end = i + 1;

		while (end < table->count && table->entries[end].class == table->entries[i].class &&
		       table->entries[end].kind == table->entries[i].kind)
			end++;
		/* More turns of actions than anybody can read, or an expression may hold. */
		if (against.length > 1000) {
			access_note_at(table, table->entries[i].line, "...", "too many changes of action in one table");
			break;
		}
		add_group(table, table->entries + i, end - i, &against);
		i = end;
	}
	draft->failed = draft->failed || against.failed;
	buf_clear(&against);
}

void postfix_access(struct postfix_walk *walk, const struct access_use *use, const char *name)
{
	const char *whole = draft_textf(&walk->import->draft, "%s %s", use->restriction, name);
	struct access_table table = { .walk = walk, .use = use, .whole = whole };

	if (!access_table_read(&table, name))
		return;
	if (!table.regular && !table.networks_only)
		qsort(table.entries, table.count, sizeof *table.entries, compare_entries);
	if (table.networks_only && !use->addresses)
		access_note(&table, "a table of networks says nothing of names");
	else
		add_groups(&table);
}

void postfix_blocked_ips(struct postfix_walk *walk, const char *name)
{
	struct draft *draft = &walk->import->draft;
	const char *whole = draft_textf(draft, "check_sender_mx_access %s", name);
	struct access_table table = { .walk = walk, .whole = whole, .networks_only = true };
	struct draft_place place = postfix_place(walk, whole);
	struct buf ips;

	if (!access_table_read(&table, name))
		return;
	if (!table.networks_only) {
		access_note(&table, "only networks (cidr) can stand in blocked_ips");
		return;
	}
	buf_init(&ips);
	for (size_t i = 0; i < table.count; i++) {
		if (table.entries[i].class == CLASS_REJECT || table.entries[i].class == CLASS_TEMPFAIL)
			buf_addf(&ips, "%s%s", ips.length > 0 ? ", " : "", table.entries[i].value);
		else
			access_note_at(&table, table.entries[i].line, table.entries[i].value, "blocked_ips has no exceptions");
	}
	if (ips.length > 0) {
		draft_check(draft, walk->listener, "mail_from_dns", draft_textf(draft, "blocked_ips: [%s]", ips.text), &place);
		draft_check(draft, walk->listener, "mail_from_dns", "blocked_when: any", &place);
		draft_check(draft, walk->listener, "mail_from_dns", "blocked: reject", &place);
	}
	draft->failed = draft->failed || ips.failed;
	buf_clear(&ips);
}
