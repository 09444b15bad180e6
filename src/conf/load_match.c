/* SPDX-License-Identifier: BSD-2-Clause */
/* The key match of a listener: keys are ANDed, the values of a key ORed. */
#include "conf/loader.h"

#include <string.h>

static void load_daemon_port(struct loader *loader, const struct node *node, void *target)
{
	struct match *match = target;
	unsigned *ports = policy_array(loader, item_count(node), sizeof *ports);

	if (!ports || !is_items(loader, node, "ports"))
		return;
	match->daemon_ports = ports;
	for (const struct node *item = first_item(node); item; item = next_item(node, item)) {
		if (!load_number(loader, item, 65535, &ports[match->daemon_port_count]))
			continue;
		if (ports[match->daemon_port_count++] == 0)
			error_at(loader, item, "0 is no port; expected 1 to 65535");
	}
}

static void load_daemon_name(struct loader *loader, const struct node *node, void *target)
{
	struct match *match = target;

	match->daemon_names =
		load_texts(loader, node, "names of daemons", &match->daemon_name_count);
}

static void load_service(struct loader *loader, const struct node *node, void *target)
{
	struct match *match = target;

	match->services = load_texts(loader, node, "names of services", &match->service_count);
}

static void load_daemon_addr(struct loader *loader, const struct node *node, void *target)
{
	struct match *match = target;
	struct ip *addresses = policy_array(loader, item_count(node), sizeof *addresses);
	struct network network;
	const char *error;

	if (!addresses || !is_items(loader, node, "addresses"))
		return;
	match->daemon_addrs = addresses;
	for (const struct node *item = first_item(node); item; item = next_item(node, item)) {
		if (!is_scalar(loader, item, "an address"))
			continue;
		if (network_parse(item->text, &network, &error) && !strchr(item->text, '/'))
			addresses[match->daemon_addr_count++] = network.ip;
		else
			error_at(loader, item, "'%s' is no address", item->text);
	}
}

static void load_client(struct loader *loader, const struct node *node, void *target)
{
	struct match *match = target;

	match->clients = load_unnamed_list(loader, node, ITEMS_NETWORKS);
	if (match->clients && list_asks_dns(match->clients))
		error_at(loader, node, "a listener is chosen before DNS is asked; expected no list with a dns_zone");
}

static const struct key match_keys[] = {
	{ .name = "daemon_port", .load = load_daemon_port,
	  .help = "the port that the client connected to" },
	{ .name = "daemon_name", .load = load_daemon_name,
	  .help = "macro {daemon_name}: milter_macro_daemon_name of Postfix, Name= of Sendmail's DAEMON_OPTIONS" },
	{ .name = "daemon_addr", .load = load_daemon_addr,
	  .help = "the address that it connected to" },
	{ .name = "service", .load = load_service,
	  .help = "macro {service}, of milter_macro_defaults of Postfix" },
	{ .name = "client", .load = load_client,
	  .help = "addresses, networks and lists without a dns_zone" },
};
const struct key_table match_table = KEY_TABLE(match_keys);

/* A key with an empty list would match everything, not nothing. */
static void refuse_empty(struct loader *loader, const struct node *node)
{
	for (const struct node *value = node->first; value; value = value->next)
		if (value->kind == NODE_SEQUENCE && value->count == 0)
			error_at(loader, value, "an empty list; expected a value");
	if (node->count == 0)
		error_at(loader, node,
			 "no key; expected 'match: any' or one of daemon_port, daemon_name, "
			 "daemon_addr, service and client");
}

void load_match(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	if (node->kind == NODE_SCALAR && strcmp(node->text, "any") == 0) {
		listener->match_any = true;
		return;
	}
	if (!is_map(loader, node, "'any' or a map of keys"))
		return;
	load_map(loader, node, &match_table, &listener->match);
	refuse_empty(loader, node);
}
