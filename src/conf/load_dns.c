/* SPDX-License-Identifier: BSD-2-Clause */
/* The section dns: whom to ask, how long to wait, and what holds when nobody answers. */
#include "conf/loader.h"

#include <string.h>

#define SERVERS_MAX 8
#define CACHE_MAX 10000000
#define WAIT_MIN_MS 100
#define DEADLINE_MAX_MS 20000	/* Postfix waits 30 s for a milter */

static const char server_expected[] = "an address, 'ADDRESS:PORT' or '[IPV6]:PORT'";

/* ":53" behind the address; 0 when it is none. */
static unsigned port_of(const char *text)
{
	unsigned port = 0;

	if (text[0] != ':' || strlen(text) > 6 || text[1] == '\0' || text[1 + strspn(text + 1, "0123456789")] != '\0')
		return 0;
	for (text++; *text != '\0'; text++)
		port = port * 10 + (unsigned)(*text - '0');
	return port <= 65535 ? port : 0;
}

/* An address; or one and a port, an IPv6 address then in brackets. */
static bool is_server(const char *text)
{
	size_t length = text[0] == '[' ? strcspn(text, "]") : strcspn(text, ":");
	const char *begin = text + (text[0] == '[');
	struct ip ip;

	if (ip_parse(text, &ip))
		return true;
	if (text[0] == '[' && text[length] == ']')
		length--;
	if (!ip_parse_bytes(begin, length, &ip) || (ip.family == IP_V6) != (text[0] == '['))
		return false;
	begin += length + (text[0] == '[');
	return begin[0] == '\0' || port_of(begin) > 0;
}

static void load_servers(struct loader *loader, const struct node *node, void *target)
{
	struct dns_policy *dns = target;

	if (node->kind == NODE_SCALAR && strcmp(node->text, "system") == 0)
		return;
	dns->servers = load_texts(loader, node, "'system' or addresses of name servers", &dns->server_count);
	for (const struct node *item = first_item(node); item; item = next_item(node, item))
		if (item->kind == NODE_SCALAR && !is_server(item->text))
			error_at(loader, item, "'%s' is no name server; expected %s", item->text, server_expected);
	if (node->kind == NODE_SEQUENCE && node->count == 0)
		error_at(loader, node, "no name server; expected at least one, or 'servers: system'");
	if (dns->server_count > SERVERS_MAX)
		error_at(loader, node, "%zu name servers; expected at most %d", dns->server_count, SERVERS_MAX);
}

static void load_deadline(struct loader *loader, const struct node *node, void *target)
{
	struct dns_policy *dns = target;

	(void)load_duration(loader, node, WAIT_MIN_MS, DEADLINE_MAX_MS, &dns->deadline_ms);
}

static void load_timeout(struct loader *loader, const struct node *node, void *target)
{
	struct dns_policy *dns = target;

	if (!node) {
		if (dns->timeout_ms > dns->deadline_ms)
			dns->timeout_ms = dns->deadline_ms;
		return;
	}
	if (load_duration(loader, node, WAIT_MIN_MS, DEADLINE_MAX_MS, &dns->timeout_ms) &&
	    dns->timeout_ms > dns->deadline_ms)
		error_at(loader, node, "'timeout' is longer than 'deadline' (%u ms), which ends the wait for all "
			 "questions; expected less", dns->deadline_ms);
}

static void load_cache(struct loader *loader, const struct node *node, void *target)
{
	struct dns_policy *dns = target;

	(void)load_number(loader, node, CACHE_MAX, &dns->cache_entries);
}

static void load_on_failure(struct loader *loader, const struct node *node, void *target)
{
	static const char *const words[] = { "pass", "tempfail", NULL };
	struct dns_policy *dns = target;
	size_t i;

	if (load_choice(loader, node, words, &i))
		dns->on_failure = i == 0 ? ACTION_OFF : ACTION_TEMPFAIL;
}

static const struct key dns_keys[] = {
	{ .name = "servers", .load = load_servers,
	  .help =
		  "system (the name servers of /etc/resolv.conf, also when that changes) or a list of at most eight: "
		  "192.0.2.53, 192.0.2.53:5353, [2001:db8::53]:53 (default: system). A validating resolver on this host is best: its answers cannot be forged "
		  "on the way, and it keeps what others ask too" },
	{ .name = "deadline", .load = load_deadline,
	  .help = "for all questions of one SMTP command, at most 20s (default: 5s)" },
	{ .name = "timeout", .load = load_timeout, .use = KEY_ALWAYS,
	  .help = "for one question, its attempts together (default: 2s)" },
	{ .name = "cache", .load = load_cache,
	  .help = "answers that are kept (default: 100000)" },
	{ .name = "on_failure", .load = load_on_failure,
	  .help =
		  "while most questions of unrelated names fail, the fault is the resolver's: pass or tempfail then stands in "
		  "place of every action of a temperror (default: pass). Both changes are logged once" },
};
const struct key_table dns_table = KEY_TABLE(dns_keys);

void load_dns(struct loader *loader, const struct node *node, void *target)
{
	struct policy *policy = target;

	policy->dns = (struct dns_policy){
		.deadline_ms = 5000,
		.timeout_ms = 2000,
		.cache_entries = 100000,
		.on_failure = ACTION_OFF,
	};
	if (node)
		load_map(loader, node, &dns_table, &policy->dns);
}
