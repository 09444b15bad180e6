/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists that every policy has: $loopback $private $undeliverable $self. */
#include "core/list.h"

struct built_in {
	const char *name;
	const char *const *networks;
	const char *const *domains;
	bool self;
};

static const char *const loopback[] = { "127.0.0.0/8", "::1", NULL };
static const char *const private[] = {
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", NULL
};
static const char *const undeliverable[] = {
	"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3",
	"::", "::1", "fe80::/10", "ff00::/8", NULL
};
static const char *const localhost[] = { "localhost", "localhost.localdomain", NULL };
static const char *const nothing[] = { NULL };

static const struct built_in built_ins[LIST_BUILT_IN_COUNT] = {
	{ .name = "loopback", .networks = loopback, .domains = nothing },
	{ .name = "private", .networks = private, .domains = nothing },
	{ .name = "undeliverable", .networks = undeliverable, .domains = nothing },
	{ .name = "self", .networks = nothing, .domains = localhost, .self = true },
};

static bool fill_built_in(const struct built_in *row, struct list *list)
{
	const struct list_source source = { 0 };
	struct network network;
	const char *error;

	for (const char *const *text = row->networks; *text; text++)
		if (!network_parse(*text, &network, &error) ||
		    !list_add_network(list, &network, source))
			return false;
	for (const char *const *text = row->domains; *text; text++)
		if (!list_add_domain(list, *text, DOMAIN_SELF, source))
			return false;
	return list_finish(list);
}

bool list_built_in(size_t index, struct list *list_r)
{
	const struct built_in *row;

	if (index >= LIST_BUILT_IN_COUNT)
		return false;
	row = &built_ins[index];
	list_init(list_r, row->name);
	list_r->self = row->self;
	list_r->holds_addresses = row->self || row->networks[0];
	list_r->holds_names = row->self;
	if (fill_built_in(row, list_r))
		return true;
	list_clear(list_r);
	return false;
}
