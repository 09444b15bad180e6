/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists: scopes of domains, longest prefixes, parts, what $self knows of a session. */
#include "core/list.h"

#include "core/domain_set.h"
#include "core/facts.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct ip ip_of(const char *text)
{
	struct ip ip = { .family = IP_NONE };

	(void)ip_parse(text, &ip);
	return ip;
}

static void add_name(struct list *list, const char *item, uint32_t line)
{
	const struct list_source source = { .file = 1, .line = line };

	if (strncmp(item, "*.", 2) == 0)
		(void)list_add_domain(list, item + 2, DOMAIN_BELOW, source);
	else if (item[0] == '.')
		(void)list_add_domain(list, item + 1, DOMAIN_SELF | DOMAIN_BELOW, source);
	else
		(void)list_add_domain(list, item, DOMAIN_SELF, source);
}

static void add_net(struct list *list, const char *item, uint32_t line)
{
	struct network network;
	const char *error;

	if (network_parse(item, &network, &error))
		(void)list_add_network(list, &network, (struct list_source){ .line = line });
}

static const char *const domains[] = {
	"alone.example",	  ".with.example", "*.below.example", "deep.with.example",
	"*.star.below.example",	  "both.example",  "*.both.example",  "top",
	".xn--bcher-kva.example",
};

static const struct {
	const char *name;
	const char *entry;	/* that decides; NULL: not in the list */
	uint32_t line;		/* of that entry, from 1 */
} names[] = {
	{ "alone.example", "alone.example", 1 },
	{ "ALONE.Example.", "alone.example", 1 },
	{ "a.alone.example", NULL, 0 },
	{ "notalone.example", NULL, 0 },
	{ "alone.exampl", NULL, 0 },
	{ "example", NULL, 0 },
	{ "with.example", ".with.example", 2 },
	{ "a.with.example", ".with.example", 2 },
	{ "a.b.c.with.example", ".with.example", 2 },
	{ "deep.with.example", "deep.with.example", 4 },
	{ "x.deep.with.example", ".with.example", 2 },
	{ "awith.example", NULL, 0 },
	{ "below.example", NULL, 0 },
	{ "a.below.example", "*.below.example", 3 },
	{ "star.below.example", "*.below.example", 3 },
	{ "a.star.below.example", "*.star.below.example", 5 },
	{ "both.example", ".both.example", 6 },
	{ "a.both.example", ".both.example", 6 },
	{ "top", "top", 8 },
	{ "a.top", NULL, 0 },
	{ "mx.XN--BCHER-KVA.example", ".xn--bcher-kva.example", 9 },
	{ "", NULL, 0 },
	{ ".", NULL, 0 },
	{ "..", NULL, 0 },
	{ ".alone.example", NULL, 0 },
	{ "alone.example..", NULL, 0 },
	{ "a..with.example", ".with.example", 2 },
	{ "b\xc3\xbc" "cher.example", NULL, 0 },
};

static void test_names(void)
{
	struct list list;

	list_init(&list, "test");
	for (size_t i = 0; i < COUNT_OF(domains); i++)
		add_name(&list, domains[i], (uint32_t)i + 1);
	ok(list_finish(&list), "a list of names is finished");
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct list_hit hit = { 0 };
		enum tri found = list_has_name(&list, NULL, names[i].name, &hit);

		if (!names[i].entry)
			ok(found == TRI_NO, "'%s' is not in the list", names[i].name);
		else
			ok(found == TRI_YES && strcmp(hit.entry, names[i].entry) == 0 &&
				   hit.list == &list && hit.source.file == 1 &&
				   hit.source.line == names[i].line,
			   "'%s' is in the list by '%s'", names[i].name, hit.entry);
	}
	list_clear(&list);
}

static void test_long_names(void)
{
	struct list list;
	char labels[600] = "";
	char *end = labels;

	list_init(&list, "test");
	add_name(&list, ".a", 1);
	(void)list_finish(&list);
	for (int i = 0; i < 127; i++)
		end += snprintf(end, 3, i == 0 ? "a" : ".a");
	ok(list_has_name(&list, NULL, labels, NULL) == TRI_YES, "127 labels are looked up");
	for (int i = 0; i < 100; i++)
		end += snprintf(end, 3, ".a");
	ok(list_has_name(&list, NULL, labels, NULL) == TRI_NO,
	   "a name over 253 octets is in no list");
	list_clear(&list);
}

static const char *const networks[] = {
	"192.0.2.0/24", "192.0.2.128/25", "192.0.2.130",     "198.51.100.7",  "10.0.0.0/8",
	"10.1.0.0/16",	"2001:db8::/32",  "2001:db8:1::/48", "2001:db8:1::1", "::1",
	"10.1.0.0/16",
};

static const struct {
	const char *address;
	const char *entry;
	uint32_t line;
} addresses[] = {
	{ "192.0.2.1", "192.0.2.0/24", 1 },
	{ "192.0.2.127", "192.0.2.0/24", 1 },
	{ "192.0.2.129", "192.0.2.128/25", 2 },
	{ "192.0.2.130", "192.0.2.130", 3 },
	{ "192.0.2.131", "192.0.2.128/25", 2 },
	{ "192.0.2.255", "192.0.2.128/25", 2 },
	{ "192.0.3.0", NULL, 0 },
	{ "192.0.1.255", NULL, 0 },
	{ "198.51.100.7", "198.51.100.7", 4 },
	{ "198.51.100.8", NULL, 0 },
	{ "0.0.0.0", NULL, 0 },
	{ "255.255.255.255", NULL, 0 },
	{ "10.0.255.255", "10.0.0.0/8", 5 },
	{ "10.1.2.3", "10.1.0.0/16", 6 },
	{ "10.2.0.0", "10.0.0.0/8", 5 },
	{ "::ffff:10.2.0.0", "10.0.0.0/8", 5 },
	{ "2001:db8::1", "2001:db8::/32", 7 },
	{ "2001:db8:1::1", "2001:db8:1::1", 9 },
	{ "2001:db8:1::2", "2001:db8:1::/48", 8 },
	{ "2001:db8:2::1", "2001:db8::/32", 7 },
	{ "2001:db9::1", NULL, 0 },
	{ "::1", "::1", 10 },
	{ "::2", NULL, 0 },
};

/* How a hit on a single address is written is network_format()'s to say. */
static bool same_network(const char *a, const char *b)
{
	struct network x;
	struct network y;
	const char *error;

	return network_parse(a, &x, &error) && network_parse(b, &y, &error) &&
	       ip_equal(&x.ip, &y.ip) && x.prefix_bits == y.prefix_bits;
}

static void test_addresses(void)
{
	struct list list;

	list_init(&list, "test");
	for (size_t i = COUNT_OF(networks); i-- > 0;)
		add_net(&list, networks[i], (uint32_t)i + 1);
	ok(list_finish(&list), "a list of networks is finished");
	ok(list.networks.count == COUNT_OF(networks) - 1,
	   "a network that stands twice is held once");
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct ip ip = ip_of(addresses[i].address);
		struct list_hit hit = { 0 };
		enum tri found = list_has_address(&list, NULL, &ip, &hit);

		if (!addresses[i].entry)
			ok(found == TRI_NO, "%s is in no network", addresses[i].address);
		else
			ok(found == TRI_YES && same_network(hit.entry, addresses[i].entry) &&
				   hit.source.line == addresses[i].line,
			   "%s is in %s", addresses[i].address, hit.entry);
	}
	list_clear(&list);
}

static uint32_t pseudo_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* In 10.0.0.0/12. */
static struct ip random_ip(uint32_t *state)
{
	struct ip ip = { .family = IP_V4, .bytes = { 10 } };

	ip.bytes[1] = (uint8_t)(pseudo_random(state) & 15);
	ip.bytes[2] = (uint8_t)pseudo_random(state);
	ip.bytes[3] = (uint8_t)pseudo_random(state);
	return ip;
}

/* Wide and narrow ones, so that many lie within others. */
static struct network random_network(uint32_t *state)
{
	struct network network = { .ip = random_ip(state),
				   .prefix_bits = 15 + pseudo_random(state) % 18 };

	for (unsigned bit = network.prefix_bits; bit < 32; bit++)
		network.ip.bytes[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
	return network;
}

/* The longest prefix that holds ip by trying all; -1 for none. */
static int longest_of(const struct network *all, size_t count, const struct ip *ip)
{
	int longest = -1;

	for (size_t i = 0; i < count; i++)
		if (network_contains(&all[i], ip) && (int)all[i].prefix_bits > longest)
			longest = (int)all[i].prefix_bits;
	return longest;
}

static void test_against_brute_force(void)
{
	enum { COUNT = 100, LOOKUPS = 4000 };
	static struct network all[COUNT];
	struct list list;
	uint32_t state = 7;
	size_t wrong = 0;
	size_t found = 0;

	list_init(&list, "test");
	for (size_t i = 0; i < COUNT; i++) {
		all[i] = random_network(&state);
		(void)list_add_network(&list, &all[i], (struct list_source){ .line = 1 });
	}
	(void)list_finish(&list);
	for (size_t i = 0; i < LOOKUPS; i++) {
		struct ip wanted = random_ip(&state);
		struct list_hit hit;
		struct network network;
		const char *error;
		int longest = longest_of(all, COUNT, &wanted);
		enum tri in = list_has_address(&list, NULL, &wanted, &hit);

		found += in == TRI_YES;
		wrong += (in == TRI_YES) != (longest >= 0) ||
			 (in == TRI_YES && (!network_parse(hit.entry, &network, &error) ||
					    (int)network.prefix_bits != longest));
	}
	ok(wrong == 0 && found > LOOKUPS / 10 && found < LOOKUPS,
	   "the longest prefix is that of trying all "
	   "(%zu of %d found, %zu wrong)",
	   found, LOOKUPS, wrong);
	list_clear(&list);
}

struct self_row {
	const char *label;
	struct session session;
	const char *name;	/* or */
	const char *address;
	enum tri expected;
};

static struct address address_of(const char *text)
{
	return (struct address){ .presence = PRESENCE_KNOWN, .value = ip_of(text) };
}

static void test_self(void)
{
	const struct address none = { .presence = PRESENCE_NONE };
	const struct session host = { .host = text_known("mx.example.org") };
	const struct session no_host = { .host = text_none() };
	const struct session nothing = { 0 };
	const struct session postfix = { .daemon_addr = address_of("192.0.2.1") };
	const struct session sendmail = { .daemon_addr = address_of("0.0.0.0"),
					  .interface_addr = address_of("192.0.2.1") };
	const struct session only_loopback = { .daemon_addr = address_of("127.0.0.1") };
	const struct session no_address = { .daemon_addr = none, .interface_addr = none };
	const struct self_row rows[] = {
		{ "the host", host, "mx.example.org", NULL, TRI_YES },
		{ "the host in capitals, with a dot", host, "MX.Example.ORG.", NULL, TRI_YES },
		{ "below the host", host, "a.mx.example.org", NULL, TRI_NO },
		{ "another name", host, "example.org", NULL, TRI_NO },
		{ "localhost", host, "localhost", NULL, TRI_YES },
		{ "localhost.localdomain", host, "LocalHost.LocalDomain", NULL, TRI_YES },
		{ "localhost, host unknown", nothing, "localhost", NULL, TRI_YES },
		{ "a name, host unknown", nothing, "mx.example.org", NULL, TRI_UNKNOWN },
		{ "a name, no host", no_host, "mx.example.org", NULL, TRI_NO },
		{ "daemon_addr", postfix, NULL, "192.0.2.1", TRI_YES },
		{ "not daemon_addr, if_addr unknown", postfix, NULL, "192.0.2.2", TRI_NO },
		{ "if_addr", sendmail, NULL, "192.0.2.1", TRI_YES },
		{ "neither", sendmail, NULL, "192.0.2.2", TRI_NO },
		{ "both unknown", nothing, NULL, "192.0.2.2", TRI_UNKNOWN },
		{ "both none", no_address, NULL, "192.0.2.2", TRI_NO },
		{ "loopback, both unknown", nothing, NULL, "127.0.0.1", TRI_NO },
		{ "loopback as daemon_addr", only_loopback, NULL, "127.0.0.1", TRI_NO },
	};
	const struct context of_host = { .session = &host };
	struct list self;
	struct list_hit hit;

	ok(list_built_in(3, &self) && strcmp(self.name, "self") == 0, "$self is built in");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip ip = ip_of(rows[i].address ? rows[i].address : "::");
		const struct context context = { .session = &rows[i].session };
		enum tri found =
			rows[i].name ? list_has_name(&self, &context, rows[i].name, NULL)
				     : list_has_address(&self, &context, &ip, NULL);

		ok(found == rows[i].expected, "$self: %s", rows[i].label);
	}
	ok(list_has_name(&self, NULL, "localhost", NULL) == TRI_YES,
	   "$self without session: localhost");
	ok(list_has_name(&self, NULL, "mx.example.org", NULL) == TRI_UNKNOWN,
	   "$self without session: a name");
	ok(list_has_name(&self, &of_host, "mx.EXAMPLE.org", &hit) == TRI_YES && hit.list == &self &&
		   strcmp(hit.entry, "mx.example.org") == 0 && hit.source.line == 0,
	   "$self: the hit has no line");
	list_clear(&self);
}

static const struct {
	size_t index;
	const char *address;
	enum tri expected;
} built_in[] = {
	{ 0, "127.0.0.1", TRI_YES }, { 0, "127.255.255.255", TRI_YES }, { 0, "::1", TRI_YES },
	{ 0, "128.0.0.1", TRI_NO }, { 0, "::2", TRI_NO },
	{ 1, "10.0.0.1", TRI_YES }, { 1, "172.16.0.1", TRI_YES }, { 1, "172.31.255.255", TRI_YES },
	{ 1, "172.32.0.0", TRI_NO }, { 1, "192.168.1.1", TRI_YES }, { 1, "100.64.0.1", TRI_NO },
	{ 1, "fd00::1", TRI_YES }, { 1, "fe80::1", TRI_NO },
	{ 2, "0.0.0.0", TRI_YES }, { 2, "127.0.53.53", TRI_YES }, { 2, "169.254.1.1", TRI_YES },
	{ 2, "224.0.0.1", TRI_YES }, { 2, "255.255.255.255", TRI_YES }, { 2, "::", TRI_YES },
	{ 2, "::1", TRI_YES }, { 2, "fe80::1", TRI_YES }, { 2, "ff02::1", TRI_YES },
	{ 2, "192.0.2.1", TRI_NO }, { 2, "2001:db8::1", TRI_NO }, { 2, "10.0.0.1", TRI_NO },
};

static void test_built_in(void)
{
	struct list lists[LIST_BUILT_IN_COUNT];
	struct list other;

	for (size_t i = 0; i < LIST_BUILT_IN_COUNT; i++)
		ok(list_built_in(i, &lists[i]) && !list_empty(&lists[i]), "built-in list $%s",
		   lists[i].name);
	ok(!list_built_in(LIST_BUILT_IN_COUNT, &other), "no further one");
	for (size_t i = 0; i < COUNT_OF(built_in); i++) {
		struct ip ip = ip_of(built_in[i].address);
		const struct list *list = &lists[built_in[i].index];

		ok(list_has_address(list, NULL, &ip, NULL) == built_in[i].expected, "%s %s $%s",
		   built_in[i].address, built_in[i].expected == TRI_YES ? "in" : "not in",
		   list->name);
	}
	for (size_t i = 0; i < LIST_BUILT_IN_COUNT; i++)
		list_clear(&lists[i]);
}

static void test_parts(void)
{
	struct list whole, first, second, self;
	const struct list *parts[] = { &first, &second, &self };
	const struct session session = { .host = text_known("mx.example.org") };
	const struct context context = { .session = &session };
	struct list_hit hit;
	struct ip ip = ip_of("192.0.2.9");

	list_init(&whole, "whole");
	list_init(&first, "first");
	list_init(&second, "second");
	(void)list_built_in(3, &self);
	add_name(&first, ".example", 1);
	add_name(&second, ".deep.example", 2);
	add_net(&first, "192.0.2.0/28", 3);
	add_net(&second, "192.0.2.0/24", 4);
	(void)list_finish(&first);
	(void)list_finish(&second);
	ok(list_finish(&whole) && list_empty(&whole), "a list without entries and parts is empty");
	whole.parts = parts;
	whole.part_count = 2;
	ok(!list_empty(&whole), "a list with parts is not");
	ok(list_has_name(&whole, NULL, "a.deep.example", &hit) == TRI_YES && hit.list == &second &&
	   hit.source.line == 2, "the longest match decides, in whichever part it is");
	ok(list_has_name(&whole, NULL, "deep.deeper.example", &hit) == TRI_YES &&
		   hit.list == &first,
	   "the other part has the shorter one");
	ok(list_has_address(&whole, NULL, &ip, &hit) == TRI_YES && hit.list == &first &&
		   hit.source.line == 3,
	   "the narrowest network decides");
	ok(list_has_name(&whole, NULL, "mx.example.org", NULL) == TRI_NO, "no part has the name");
	whole.part_count = 3;
	ok(list_has_name(&whole, NULL, "mx.example.org", NULL) == TRI_UNKNOWN,
	   "$self as a part may have it");
	ok(list_has_name(&whole, NULL, "a.example", NULL) == TRI_YES,
	   "another part has it whatever $self is");
	ok(list_has_name(&whole, &context, "mx.example.org", &hit) == TRI_YES && hit.list == &self,
	   "$self as a part has it");
	list_clear(&first);
	list_clear(&second);
	list_clear(&self);
}

static void test_many(void)
{
	enum { COUNT = 100000 };
	struct list list;
	char name[64];
	size_t wrong = 0;
	size_t bytes;

	list_init(&list, "test");
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(name, sizeof name, "mail%u.host-%u.example", i % 7, i);
		add_name(&list, name, i + 1);
	}
	(void)list_finish(&list);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct list_hit hit;

		snprintf(name, sizeof name, "mail%u.host-%u.example", i % 7, i);
		wrong += list_has_name(&list, NULL, name, &hit) != TRI_YES ||
			 hit.source.line != i + 1;
		snprintf(name, sizeof name, "mail%u.host-%u.example", i % 7 + 1, i);
		wrong += list_has_name(&list, NULL, name, NULL) != TRI_NO;
	}
	bytes = list.domains.names_capacity + list.domains.capacity * sizeof(struct domain_entry) +
		list.domains.slot_count * sizeof *list.domains.slots;
	ok(wrong == 0, "of %d names each is found, and none beside them", COUNT);
	ok(bytes <= (size_t)COUNT * 64, "they take %zu bytes each, at most 64", bytes / COUNT);
	list_clear(&list);
}

int main(void)
{
	test_names();
	test_long_names();
	test_addresses();
	test_against_brute_force();
	test_self();
	test_built_in();
	test_parts();
	test_many();
	return tap_done();
}
