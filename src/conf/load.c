/* SPDX-License-Identifier: BSD-2-Clause */
/* From a policy file to a policy: the top of the file, and the order of the load. */
#include "conf/load.h"

#include "base/clock.h"
#include "base/file.h"
#include "conf/loader.h"
#include "conf/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLICY_BYTES_MAX ((size_t)1 << 20)
#define NODE_BLOCK_BYTES 65536

static void load_version(struct loader *loader, const struct node *node, void *target)
{
	unsigned version;

	(void)target;
	if (load_number(loader, node, 1000000, &version) && version != 1)
		error_at(loader, node, "version %u is not supported; expected 1", version);
}

static const struct key policy_keys[] = {
	{ .name = "version", .load = load_version, .use = KEY_REQUIRED,
	  .expected = "'version: 1'",
	  .help = "always 1" },
	{ .name = "server", .load = load_server, .use = KEY_ALWAYS,
	  .below = &server_table,
	  .help =
		  "the daemon: its sockets, limits, log, and what goes into mail. What is changed of socket, socket_group, "
		  "socket_mode, metrics and user takes effect at the next start" },
	{ .name = "dns", .load = load_dns, .use = KEY_ALWAYS,
	  .below = &dns_table,
	  .help = "the name servers, and how long they may take" },
	{ .name = "lists", .load = load_lists, .use = KEY_ALWAYS,
	  .below = &list_table, .each = ".NAME",
	  .help =
		  "named lists, used as $NAME. A list holds either networks or names, of several kinds side by side; an item may "
		  "be another list. Files are relative to the policy file, one entry a line, with comments behind '#'. Built in: "
		  "$loopback, $private, $undeliverable, and $self: what the MTA says of itself, and localhost" },
	{ .name = "commands", .load = load_policy_commands,
	  .below = &commands_table,
	  .help = "what only the MTA can do with commands, of all listeners that do not name the key" },
	{ .name = "listeners", .load = load_listeners, .use = KEY_REQUIRED,
	  .expected = "a list of at least one listener",
	  .below = &listener_table, .each = "[]",
	  .help =
		  "a list of listeners, of which the first that matches judges; the last one must be 'match: any'. If a match is "
		  "unknown before one is true, the last listener only observes" },
	{ .name = "outbound", .load = load_outbound,
	  .below = &outbound_table,
	  .help = "the greeting and manners of the MTA's own client" },
};
const struct key_table policy_table = KEY_TABLE(policy_keys);

static void load_tree(struct loader *loader)
{

	if (!source_check(&loader->source, loader->diag))
		return;
	loader->root = yaml_read(&loader->source, &loader->arena, loader->diag);
	if (!loader->root)
		return;
	load_map(loader, loader->root, &policy_table, loader->policy);
	if (loader->diag->error_count > 0 || loader->no_memory)
		return;
	add_recorded_listeners(loader);
	lint_policy(loader);
}

/* The tree and the source need a NUL behind the text. */
static bool prepare(struct loader *loader, const char *path, const char *text, size_t length)
{
	char *copy = arena_alloc(&loader->arena, length + 1);

	loader->policy = policy_new();
	if (!copy || !loader->policy)
		return false;
	loader->kept = &loader->policy->arena;
	memcpy(copy, text, length);
	loader->policy->path = policy_copy(loader, path);
	digest_sha256(text, length, loader->policy->sha256);
	return loader->policy->path &&
	       source_init(&loader->source, diag_file(loader->diag, path), copy, length);
}

struct policy *policy_load_text_on(int32_t today, const char *path, const char *text, size_t length,
				   struct diag *diag)
{
	struct loader loader = { .diag = diag, .today = today };
	size_t errors_before = diag->error_count;

	arena_init(&loader.arena, NULL, 0, NODE_BLOCK_BYTES);
	if (prepare(&loader, path, text, length))
		load_tree(&loader);
	else
		loader.no_memory = true;
	if (loader.no_memory)
		diag_no_memory(diag, diag_file(diag, path));
	if (diag->failed || diag->error_count > errors_before)
		policy_free(&loader.policy);
	source_clear(&loader.source);
	arena_clear(&loader.arena);
	diag_sort(diag);
	return loader.policy;
}

struct policy *policy_load_text(const char *path, const char *text, size_t length,
				struct diag *diag)
{
	return policy_load_text_on(date_of_us(clock_realtime_us()), path, text, length, diag);
}

static struct policy *load_file(const char *path, struct diag *diag)
{
	struct policy *policy;
	const char *error;
	size_t length;
	char *text;

	if (!file_read(path, POLICY_BYTES_MAX, &text, &length, &error)) {
		if (error == file_no_memory)
			diag_no_memory(diag, diag_file(diag, path));
		else
			diag_error(diag, (struct place){ .file = diag_file(diag, path) }, "%s", error);
		return NULL;
	}
	policy = policy_load_text(path, text, length, diag);
	free(text);
	return policy;
}

struct policy *policy_load(const char *path, struct diag *diag)
{
	if (path)
		return load_file(path, diag);
	if (access(POLICY_DEFAULT_PATH, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return policy_load_text(POLICY_BUILT_IN_NAME, policy_built_in, strlen(policy_built_in),
					diag);
	return load_file(POLICY_DEFAULT_PATH, diag);
}
