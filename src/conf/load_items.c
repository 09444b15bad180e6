/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of lists that stand in the policy file: domains, networks, patterns, other lists. */
#include "conf/loader.h"

#include <string.h>

const char domain_item_expected[] =
	"'example.org', '.example.org' (and below) or '*.example.org' (only below)";

/* 192.0.2.1 has the form of a domain, but a domain's last label is never a number (RFC 3696 2). */
static bool is_address(const char *text)
{
	struct network network;
	const char *error;

	return network_parse(text, &network, &error);
}

bool domain_item_parse(const char *text, size_t length, char domain_r[NAME_TEXT_BYTES],
		       unsigned *scope_r)
{
	*scope_r = DOMAIN_SELF;
	if (length > 1 && text[0] == '*' && text[1] == '.') {
		*scope_r = DOMAIN_BELOW;
		text += 2;
		length -= 2;
	} else if (length > 0 && text[0] == '.') {
		*scope_r = DOMAIN_SELF | DOMAIN_BELOW;
		text++;
		length--;
	}
	return domain_normalise(text, length, domain_r) && !is_address(domain_r);
}

static struct list_source source_of(const struct node *item)
{
	return (struct list_source){ .file = 0, .line = item->place.line };
}

static void add_domain(struct loader *loader, const struct node *item, struct list *list)
{
	char domain[NAME_TEXT_BYTES];
	unsigned scope;

	if (!domain_item_parse(item->text, strlen(item->text), domain, &scope))
		error_at(loader, item, "'%s' is no domain; expected %s", item->text,
			 domain_item_expected);
	else if (!list_add_domain(list, domain, scope, source_of(item)))
		loader->no_memory = true;
}

static void add_network(struct loader *loader, const struct node *item, struct list *list)
{
	struct network network;
	const char *error;

	if (!network_parse(item->text, &network, &error))
		error_at(loader, item, "'%s' %s", item->text, error);
	else if (!list_add_network(list, &network, source_of(item)))
		loader->no_memory = true;
}

static void add_pattern(struct loader *loader, const struct node *item, struct list *list)
{
	const char *text = policy_copy(loader, item->text);
	struct pattern_error error;

	if (item->text[0] == '\0')
		error_at(loader, item, "an empty pattern matches everything; expected one that does not");
	else if (text && !is_cut_by_comment(loader, item) && !list_add_pattern(list, text, source_of(item), &error))
		diag_error(loader->diag, node_place_at(item, &loader->source, error.offset), "bad pattern: %s",
			   error.text);
}

static const struct list *find_named_list(const struct loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->named_list_count; i++)
		if (strcmp(loader->policy->lists[i].name, name) == 0)
			return &loader->policy->lists[i];
	return NULL;
}

static const char *nearest_list(const struct loader *loader, const char *name)
{
	const char *names[LIST_BUILT_IN_COUNT + 100];
	size_t count = 0;

	for (; count < loader->named_list_count && count < COUNT_OF(names); count++)
		names[count] = loader->policy->lists[count].name;
	return diag_nearest(name, names, count);
}

/* The list that "$name" stands for. */
static const struct list *find_part(struct loader *loader, const struct node *item,
				    enum item_kind kind)
{
	const struct list *part = find_named_list(loader, item->text + 1);
	const char *near;

	if (part && part->holds_names != part->holds_addresses && kind != ITEMS_BOTH &&
	    part->holds_names != ((kind & (ITEMS_DOMAINS | ITEMS_PATTERNS)) != 0)) {
		error_at(loader, item, "list '%s' holds %s; expected %s", item->text,
			 part->holds_names ? "names" : "networks",
			 part->holds_names ? "networks" : "names");
		return NULL;
	}
	if (part)
		return part;
	near = nearest_list(loader, item->text + 1);
	if (near)
		error_at(loader, item, "unknown list '%s'; did you mean '$%s'?", item->text, near);
	else
		error_at(loader, item, "unknown list '%s'; expected one that stands in 'lists'",
			 item->text);
	return NULL;
}

static bool looks_like_network(const char *text)
{
	return is_address(text) || text[strcspn(text, "[:/")] != '\0';
}

static void add_item(struct loader *loader, const struct node *item, struct list *list,
		     enum item_kind kind)
{
	if (item->text[0] == '$') {
		const struct list *part = find_part(loader, item, kind);

		if (part)
			list->parts[list->part_count++] = part;
		return;
	}
	if (kind == ITEMS_PATTERNS)
		add_pattern(loader, item, list);
	else if (!(kind & ITEMS_DOMAINS) || (kind == ITEMS_BOTH && looks_like_network(item->text)))
		add_network(loader, item, list);
	else
		add_domain(loader, item, list);
}

static const char *expected_items(enum item_kind kind)
{
	switch (kind) {
	case ITEMS_NETWORKS:
	case ITEMS_NETWORKS_AND_LITERALS:
		return "addresses, networks and $LISTs";
	case ITEMS_DOMAINS:	return "domains and $LISTs";
	case ITEMS_PATTERNS:	return "patterns and $LISTs";
	case ITEMS_BOTH:	break;
	}
	return "names, addresses and $LISTs";
}

/* Messaging Server writes [64.94.110.11], which is a list of one here. */
static const struct node *without_brackets(const struct node *item, enum item_kind kind)
{
	bool is_literal = kind == ITEMS_NETWORKS_AND_LITERALS && item->kind == NODE_SEQUENCE && item->count == 1 &&
			  item->first->kind == NODE_SCALAR && is_address(item->first->text);

	return is_literal ? item->first : item;
}

/* Several keys of a list may name others. */
static bool reserve_parts(struct loader *loader, struct list *list, size_t more)
{
	const struct list **parts = policy_array(loader, list->part_count + more, sizeof *parts);

	if (!parts)
		return false;
	for (size_t i = 0; i < list->part_count; i++)
		parts[i] = list->parts[i];
	list->parts = parts;
	return true;
}

void load_items(struct loader *loader, const struct node *node, struct list *list,
		enum item_kind kind)
{
	const char *expected = expected_items(kind);

	if (!is_items(loader, node, expected))
		return;
	if (!reserve_parts(loader, list, item_count(node)))
		return;
	for (const struct node *item = first_item(node); item; item = next_item(node, item)) {
		const struct node *text = without_brackets(item, kind);

		if (is_text(loader, text, expected))
			add_item(loader, text, list, kind);
	}
}

const struct list *load_unnamed_list(struct loader *loader, const struct node *node,
				     enum item_kind kind)
{
	const struct node *only = item_count(node) == 1 ? first_item(node) : NULL;
	struct list *list;
	char name[40];

	if (only && only->kind == NODE_SCALAR && only->text[0] == '$')
		return find_part(loader, only, kind);
	/* For messages; no '$' in a policy can name it. */
	snprintf(name, sizeof name, "(%s)", node->key->text);
	list = list_new(loader, policy_copy(loader, name));
	if (!list)
		return NULL;
	list->holds_addresses = (kind & ITEMS_NETWORKS) != 0;
	list->holds_names = (kind & ITEMS_DOMAINS) != 0;
	load_items(loader, node, list, kind);
	if (!list_finish(list))
		loader->no_memory = true;
	list_flatten(loader, list);
	return list;
}
