/* SPDX-License-Identifier: BSD-2-Clause */
/* The section lists: all are declared before any is filled, so that each may include each. */
#include "conf/loader.h"

#include <string.h>

#define LISTS_MAX 1000
#define LIST_FILES_MAX 4	/* the policy file, networks_file, domains_file, patterns_file */

/* Lists without name that a listener may have: match.client, commands.etrn_domains, parameters of its checks. */
static size_t unnamed_per_listener(void)
{
	size_t count = 2;

	for (size_t i = 0; i < CHECK_COUNT; i++)
		count += checks[i]->parameter_count;
	return count;
}

/* The array never moves: expressions and other lists point into it. */
static bool reserve_lists(struct loader *loader, const struct node *node)
{
	const struct node *listeners = node_get(loader->root, "listeners");
	size_t capacity = LIST_BUILT_IN_COUNT + 1;	/* etrn_domains at the top level */

	if (node && node->kind == NODE_MAP)
		capacity += node->count;
	if (listeners && listeners->kind == NODE_SEQUENCE)
		capacity += listeners->count * unnamed_per_listener();
	loader->policy->lists = policy_array(loader, capacity, sizeof(struct list));
	loader->list_capacity = capacity;
	return loader->policy->lists != NULL;
}

static void add_built_in_lists(struct loader *loader)
{
	struct policy *policy = loader->policy;

	for (size_t i = 0; i < LIST_BUILT_IN_COUNT; i++) {
		if (!list_built_in(i, &policy->lists[policy->list_count])) {
			loader->no_memory = true;
			return;
		}
		policy->list_count++;
	}
}

struct list *list_new(struct loader *loader, const char *name)
{
	struct policy *policy = loader->policy;
	const char **files = policy_array(loader, LIST_FILES_MAX, sizeof *files);
	struct list *list;

	if (!files || !name || policy->list_count == loader->list_capacity)
		return NULL;
	list = &policy->lists[policy->list_count++];
	list_init(list, name);
	files[0] = policy->path;
	list->files = files;
	list->file_count = 1;
	return list;
}

static bool is_built_in(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < LIST_BUILT_IN_COUNT; i++)
		if (strcmp(policy->lists[i].name, name) == 0)
			return true;
	return false;
}

static bool is_list_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* Its type is told by its keys, before its entries are read. */
static void declare(struct loader *loader, const struct node *node)
{
	const char *name = node->key->text;
	struct list *list;

	if (!is_list_name(name)) {
		error_at(loader, node->key,
			 "'%s' is no name for a list; expected small letters, digits and '_', a "
			 "letter first",
			 name);
		return;
	}
	if (is_built_in(loader->policy, name)) {
		error_at(loader, node->key, "list '%s' is built in; expected another name", name);
		return;
	}
	list = list_new(loader, policy_copy(loader, name));
	if (!list || node->kind != NODE_MAP)
		return;
	list->holds_addresses = node_get(node, "networks") || node_get(node, "networks_file");
	list->holds_names = node_get(node, "domains") || node_get(node, "domains_file") ||
			    node_get(node, "patterns") || node_get(node, "patterns_file");
	/* Beside others a zone is asked for what they hold, by itself for either. */
	if (!list->holds_addresses && !list->holds_names && node_get(node, "dns_zone"))
		list->holds_addresses = list->holds_names = true;
}

static void load_networks(struct loader *loader, const struct node *node, void *list)
{
	load_items(loader, node, list, ITEMS_NETWORKS);
}

static void load_networks_file(struct loader *loader, const struct node *node, void *list)
{
	load_list_file(loader, node, list, ITEMS_NETWORKS);
}

static void load_domains(struct loader *loader, const struct node *node, void *list)
{
	load_items(loader, node, list, ITEMS_DOMAINS);
}

static void load_domains_file(struct loader *loader, const struct node *node, void *list)
{
	load_list_file(loader, node, list, ITEMS_DOMAINS);
}

static void load_patterns(struct loader *loader, const struct node *node, void *list)
{
	load_items(loader, node, list, ITEMS_PATTERNS);
}

static void load_patterns_file(struct loader *loader, const struct node *node, void *list)
{
	load_list_file(loader, node, list, ITEMS_PATTERNS);
}

static void load_dns_zone(struct loader *loader, const struct node *node, void *list)
{
	load_zone(loader, node, list);
}

static const struct key list_keys[] = {
	{ .name = "networks", .load = load_networks,
	  .help = "addresses and networks; the narrowest decides" },
	{ .name = "networks_file", .load = load_networks_file,
	  .help = "the same from a file" },
	{ .name = "domains", .load = load_domains,
	  .help = "'example' is the name alone, '.example' the name and all below it, '*.example' all below it" },
	{ .name = "domains_file", .load = load_domains_file,
	  .help = "the same from a file" },
	{ .name = "patterns", .load = load_patterns,
	  .help =
		  "PCRE2, unanchored, without case, tried one after the other. One that runs into its limits is unknown, and "
		  "warns once in the log" },
	{ .name = "patterns_file", .load = load_patterns_file,
	  .help = "the same from a file" },
	{ .name = "dns_zone", .load = load_dns_zone,
	  .below = &zone_table,
	  .help =
		  "a DNS list (RFC 5782). An address is asked for by its octets or nibbles below the zone, a name as NAME.ZONE, "
		  "side by side with all other questions. An answer in 127.255.255.0/24 or outside 127/8 is an error of the list: "
		  "it counts as unknown, and warns once in the log; one in 127/8 outside answers is \"not listed\". At start the "
		  "daemon asks for the test entries that every list must have, and warns of what is wrong. A zone by itself can "
		  "be asked for addresses and for names. It cannot choose a listener, nor stand for names of our own" },
};
const struct key_table list_table = KEY_TABLE(list_keys);

static void fill(struct loader *loader, const struct node *node, struct list *list)
{
	load_map(loader, node, &list_table, list);
	if (list->holds_names && list->holds_addresses && node->count > 1)
		error_at(loader, node->key,
			 "list '%s' mixes names and networks; expected two lists", list->name);
	if (node->kind == NODE_MAP && node->count == 0)
		error_at(loader, node,
			 "a list without entries; expected networks, networks_file, domains, domains_file, "
			 "patterns, patterns_file or dns_zone");
	if (!list_finish(list))
		loader->no_memory = true;
}

static void add_part(const struct policy *policy, const struct list *part, bool *seen,
		     struct list *list)
{
	size_t index = (size_t)(part - policy->lists);

	if (!seen[index])
		list->parts[list->part_count++] = part;
	seen[index] = true;
}

void list_flatten(struct loader *loader, struct list *list)
{
	const struct policy *policy = loader->policy;
	const struct list direct = *list;
	bool *seen;

	if (direct.part_count == 0)
		return;
	seen = arena_array(&loader->arena, policy->list_count, sizeof *seen);
	list->part_count = 0;
	list->parts = policy_array(loader, policy->list_count, sizeof *list->parts);
	if (!list->parts || !seen) {
		loader->no_memory = true;
		return;
	}
	for (size_t i = 0; i < direct.part_count; i++)
		add_part(policy, direct.parts[i], seen, list);
	/* The array is its own queue. */
	for (size_t i = 0; i < list->part_count; i++)
		for (size_t j = 0; list->parts[i] != list && j < list->parts[i]->part_count; j++)
			add_part(policy, list->parts[i]->parts[j], seen, list);
}

static void link_parts(struct loader *loader, struct list *list, const struct node *node)
{
	list_flatten(loader, list);
	for (size_t i = 0; i < list->part_count; i++) {
		if (list->parts[i] != list)
			continue;
		error_at(loader, node->key, "list '%s' includes itself", list->name);
		list->part_count = 0;
		return;
	}
}

void load_lists(struct loader *loader, const struct node *node, void *target)
{
	struct policy *policy = target;

	if (!reserve_lists(loader, node))
		return;
	add_built_in_lists(loader);
	loader->named_list_count = policy->list_count;
	if (!node || loader->no_memory || !is_map(loader, node, "names of lists and their entries"))
		return;
	if (node->count > LISTS_MAX) {
		error_at(loader, node, "%zu lists; expected at most %d", node->count, LISTS_MAX);
		return;
	}
	for (const struct node *value = node->first; value; value = value->next)
		declare(loader, value);
	loader->named_list_count = policy->list_count;
	for (size_t i = LIST_BUILT_IN_COUNT; i < policy->list_count; i++)
		fill(loader, node_get(node, policy->lists[i].name), &policy->lists[i]);
	for (size_t i = LIST_BUILT_IN_COUNT; i < policy->list_count; i++)
		link_parts(loader, &policy->lists[i], node_get(node, policy->lists[i].name));
}
