/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads a file of cases: its layers, and the order of its keys. */
#include "conf/cases.h"

#include "base/file.h"
#include "conf/case_loader.h"
#include "conf/yaml.h"

#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define BLOCK_BYTES 65536
#define NAMES_MAX 200

struct case_memory {
	struct arena kept;	/* of the cases */
	struct arena nodes;
	struct source source;
	char *text;
};

/* --- names of the policy --- */

static void error_no_name(struct loader *loader, const struct node *node, const char *what,
			  const char *const *names, size_t count)
{
	if (count > 0)
		error_unknown(loader, node, what, &(struct words){ names, count, count < 10 ? count : 10 });
	else
		error_at(loader, node, "unknown %s '%s'; the policy has none", what, node->text);
}

bool is_listener_of(struct loader *loader, const struct node *node, const struct policy *policy)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	if (!is_scalar(loader, node, "the name of a listener"))
		return false;
	if (policy_find_listener(policy, node->text))
		return true;
	for (size_t i = 0; i < policy->listener_count && count < NAMES_MAX; i++)
		names[count++] = policy->listeners[i].name;
	error_no_name(loader, node, "listener", names, count);
	return false;
}

bool is_rule_of(struct loader *loader, const struct node *node, const struct policy *policy)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	if (!is_scalar(loader, node, "the name of a rule"))
		return false;
	for (size_t i = 0; i < policy->listener_count; i++) {
		const struct listener *listener = &policy->listeners[i];

		for (size_t r = 0; r < listener->rule_count; r++) {
			if (strcmp(listener->rules[r].name, node->text) == 0)
				return true;
			if (count < NAMES_MAX)
				names[count++] = listener->rules[r].name;
		}
	}
	error_no_name(loader, node, "rule", names, count);
	return false;
}

/* --- cases --- */

/* A file under way. */
struct file {
	struct cases *cases;
	const struct policy *policy;
	int32_t today;
	struct case_draft defaults;
};

static void load_case_name(struct loader *loader, const struct node *node, void *target)
{
	((struct case_draft *)target)->test.name = load_text(loader, node, "a name for the case");
}

static void load_nothing(struct loader *loader, const struct node *node, void *target)
{
	(void)loader;
	(void)node;
	(void)target;
}

/* Behind the keys of the session: one of them in defaults, two in rows, all in cases. */
static const struct key layer_keys[] = {
	{ .name = "expect", .load = load_expect },
	{ .name = "name", .load = load_case_name },
	{ .name = "each", .load = load_nothing },
};

enum layer { LAYER_DEFAULTS = 1, LAYER_ROW = 2, LAYER_CASE = 3 };

static void load_layer(struct loader *loader, const struct node *map, struct case_draft *draft, enum layer layer)
{
	size_t count = case_session_key_count + (size_t)layer;
	struct key *keys = arena_array(&loader->arena, count, sizeof *keys);
	struct key_table table = { keys, count };

	if (!keys) {
		loader->no_memory = true;
		return;
	}
	memcpy(keys, case_session_keys, case_session_key_count * sizeof *keys);
	memcpy(keys + case_session_key_count, layer_keys, (size_t)layer * sizeof *keys);
	load_map(loader, map, &table, draft);
	case_session_check(loader, map);
}

static void add_case(struct loader *loader, struct file *file, const struct case_draft *draft,
		     const struct node *node)
{
	struct cases *cases = file->cases;

	if (!draft->has_expected && node->kind == NODE_MAP) {
		error_at(loader, node, "key 'expect' is missing; expected an action: accept, tempfail, reject or "
			 "quarantine, or a map");
		return;
	}
	cases->items[cases->count] = draft->test;
	cases->items[cases->count].place = node->place;
	cases->items[cases->count++].tape = case_tape_of(loader, draft, cases);
}

static const struct node *rows_of(const struct node *node)
{
	const struct node *rows = node_get(node, "each");

	return rows && rows->kind == NODE_SEQUENCE ? rows : NULL;
}

static void load_case(struct loader *loader, struct file *file, const struct node *node)
{
	struct case_draft draft = file->defaults;
	const struct node *each = node_get(node, "each");

	load_layer(loader, node, &draft, LAYER_CASE);
	if (!each) {
		add_case(loader, file, &draft, node);
		return;
	}
	if (each->kind != NODE_SEQUENCE || each->count == 0) {
		error_at(loader, each, "expected a list of rows, '- ehlo: ...'");
		return;
	}
	for (const struct node *row = each->first; row; row = row->next) {
		struct case_draft one = draft;

		load_layer(loader, row, &one, LAYER_ROW);
		add_case(loader, file, &one, row);
	}
}

static size_t count_cases(const struct node *list)
{
	size_t count = 0;

	for (const struct node *item = list->first; item; item = item->next)
		count += rows_of(item) ? rows_of(item)->count : 1;
	return count;
}

static void load_version(struct loader *loader, const struct node *node, void *target)
{
	unsigned version;

	(void)target;
	if (load_number(loader, node, 1000000, &version) && version != 1)
		error_at(loader, node, "version %u is not supported; expected 1", version);
}

static void load_defaults(struct loader *loader, const struct node *node, void *target)
{
	struct file *file = target;

	load_layer(loader, node, &file->defaults, LAYER_DEFAULTS);
}

static void load_list(struct loader *loader, const struct node *node, void *target)
{
	struct file *file = target;
	size_t count;

	if (node->kind != NODE_SEQUENCE || node->count == 0) {
		error_at(loader, node, "no cases; expected a list of at least one, '- ehlo: ...'");
		return;
	}
	count = count_cases(node);
	file->cases->items = policy_array(loader, count, sizeof *file->cases->items);
	file->cases->tapes = policy_array(loader, count, sizeof *file->cases->tapes);
	if (!file->cases->items || !file->cases->tapes)
		return;
	for (const struct node *item = node->first; item; item = item->next)
		load_case(loader, file, item);
}

static const struct key file_keys[] = {
	{ .name = "version", .load = load_version, .use = KEY_REQUIRED, .expected = "'version: 1'" },
	{ .name = "defaults", .load = load_defaults },
	{ .name = "cases", .load = load_list, .use = KEY_REQUIRED, .expected = "a list of cases" },
};

/* --- the file --- */

static void load_tree(struct loader *loader, struct file *file)
{
	static const struct key_table table = KEY_TABLE(file_keys);

	if (!source_check(&loader->source, loader->diag))
		return;
	loader->root = yaml_read(&loader->source, &loader->arena, loader->diag);
	if (!loader->root)
		return;
	file->defaults = (struct case_draft){
		.policy = file->policy,
		.test.session = session_by_hand(file->today),
	};
	load_map(loader, loader->root, &table, file);
}

static struct cases *cases_new(const char *path)
{
	struct cases *cases = calloc(1, sizeof *cases);

	if (!cases)
		return NULL;
	cases->path = path;
	cases->memory = calloc(1, sizeof *cases->memory);
	if (!cases->memory) {
		free(cases);
		return NULL;
	}
	arena_init(&cases->memory->kept, NULL, 0, BLOCK_BYTES);
	arena_init(&cases->memory->nodes, NULL, 0, BLOCK_BYTES);
	return cases;
}

void cases_free(struct cases **cases)
{
	struct cases *c = *cases;

	if (!c)
		return;
	source_clear(&c->memory->source);
	arena_clear(&c->memory->kept);
	arena_clear(&c->memory->nodes);
	free(c->memory->text);
	free(c->memory);
	free(c);
	*cases = NULL;
}

/* Takes text, which ends with a NUL behind its length. */
static void load_text_of(struct file *file, char *text, size_t length, struct diag *diag, bool *no_memory_r)
{
	struct case_memory *memory = file->cases->memory;
	struct loader loader = { .diag = diag, .today = file->today, .kept = &memory->kept };

	memory->text = text;
	loader.arena = memory->nodes;
	if (source_init(&loader.source, file->cases->path, text, length))
		load_tree(&loader, file);
	else
		loader.no_memory = true;
	memory->nodes = loader.arena;
	memory->source = loader.source;
	*no_memory_r = loader.no_memory;
}

struct cases *cases_load(const char *path, const struct policy *policy, int32_t today, struct diag *diag)
{
	struct file file = { .policy = policy, .today = today };
	struct place whole = { .file = diag_file(diag, path) };
	size_t errors_before = diag->error_count, length;
	bool no_memory = true;
	const char *error;
	char *text;

	if (!file_read(path, FILE_BYTES_MAX, &text, &length, &error)) {
		if (error == file_no_memory)
			diag_no_memory(diag, whole.file);
		else
			diag_error(diag, whole, "%s", error);
		return NULL;
	}
	file.cases = cases_new(whole.file);
	if (file.cases)
		load_text_of(&file, text, length, diag, &no_memory);
	else
		free(text);
	if (no_memory)
		diag_no_memory(diag, whole.file);
	if (diag->failed || diag->error_count > errors_before)
		cases_free(&file.cases);
	diag_sort(diag);
	return file.cases;
}

struct place case_tape_place(const struct cases *cases, const struct case_tape *tape, unsigned line,
			     unsigned column)
{
	return case_piece_place(tape, &cases->memory->source, line, column);
}
