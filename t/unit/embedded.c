/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that hold their host's address, as access networks write them, and names that only look so. */
#include "core/embedded.h"

#include "base/arena.h"
#include "core/facts.h"
#include "core/reverse.h"
#include "tap.h"

#include <string.h>

static const struct {
	const char *name;
	const char *address;
	bool expected;
} names[] = {
	/* decimal octets, in order and reversed */
	{ "12-34-56-78.dsl.example", "12.34.56.78", true },
	{ "12.34.56.78.dsl.example.net", "12.34.56.78", true },
	{ "12_34_56_78.dsl.example.net", "12.34.56.78", true },
	{ "12x34x56x78.static-business.example.ru", "12.34.56.78", true },
	{ "ip12-34-56-78.adsl2.example.net", "12.34.56.78", true },
	{ "HOST-12-34-56-78.Example.NET", "12.34.56.78", true },
	{ "78-56-34-12.pool.example.net", "12.34.56.78", true },
	{ "78.56.34.12.pool.example.net", "12.34.56.78", true },
	{ "dsl-78.56-34.12.pool.example.net", "12.34.56.78", true },
	{ "c-12-34-56-78.hsd1.ma.example.net", "12.34.56.78", true },
	{ "1-12-34-56-78.pool.example.net", "12.34.56.78", true },
	{ "12-34-56-78-9.pool.example.net", "12.34.56.78", true },
	{ "host-12-34-56-78.dynamic.example.co.uk", "12.34.56.78", true },
	{ "012-034-056-078.dsl.example", "12.34.56.78", true },
	{ "012-034-056-078.dsl.example.net", "12.34.56.78", true },
	{ "host-012034056078.x.example.net", "12.34.56.78", true },
	{ "host078056034012.x.example.net", "12.34.56.78", true },
	{ "p5-0-0-0.dsl.example.net", "5.0.0.0", true },
	{ "mail.12-34-56-78.dsl.example.net.", "12.34.56.78", true },
	/* hexadecimal octets */
	{ "0c22384e.pool.example.net", "12.34.56.78", true },
	{ "p0C22384E.dip0.example.de", "12.34.56.78", true },
	{ "4e38220c.pool.example.net", "12.34.56.78", true },
	{ "cable0c22384e.example.net", "12.34.56.78", true },
	{ "0c-22-38-4e.pool.example.net", "12.34.56.78", true },
	{ "4e.38.22.0c.pool.example.net", "12.34.56.78", true },
	/* IPv6 */
	{ "2001-0db8-0000-0000-0000-0000-0000-0001.v6.example.net", "2001:db8::1", true },
	{ "2001-db8-0-0-0-0-0-1.v6.example.net", "2001:db8::1", true },
	{ "2001-db8--1.v6.example.net", "2001:db8::1", true },
	{ "ip6-2001-db8--1.v6.example.net", "2001:db8::1", true },
	{ "1-0-0-0-0-0-db8-2001.v6.example.net", "2001:db8::1", true },
	{ "p200300C0271B3F01021122FFFE334455.dip0.example.de", "2003:c0:271b:3f01:211:22ff:fe33:4455", true },
	{ "2a01-e0a-123-4560-211-22ff-fe33-4455.ipv6.example.fr", "2a01:e0a:123:4560:211:22ff:fe33:4455", true },
	{ "20010db8000000000000000000000001.v6.example.net", "2001:db8::1", true },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.v6.example.net", "2001:db8::1", true },
	{ "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.v6.example.net", "2001:db8::1", true },
	{ "20-01-0d-b8-00-00-00-00-00-00-00-00-00-00-00-01.v6.example.net", "2001:db8::1", true },
	{ "2001-db8--.v6.example.net", "2001:db8::", true },
	/* other addresses, or not all of it */
	{ "12-34-56-79.dsl.example.net", "12.34.56.78", false },
	{ "34-56-78.dsl.example.net", "12.34.56.78", false },
	{ "112-34-56-78.dsl.example.net", "12.34.56.78", false },
	{ "12-34-56-780.dsl.example.net", "12.34.56.78", false },
	{ "12-34-78-56.dsl.example.net", "12.34.56.78", false },
	{ "12-34--56-78.dsl.example.net", "12.34.56.78", false },
	{ "12345678.dsl.example.net", "12.34.56.78", false },
	{ "0120340560789.x.example.net", "12.34.56.78", false },
	{ "0c22384ef.pool.example.net", "12.34.56.78", false },
	{ "10c22384e.pool.example.net", "12.34.56.78", false },
	{ "c22384e.pool.example.net", "12.34.56.78", false },
	{ "2001-db8--2.v6.example.net", "2001:db8::1", false },
	{ "2001-db8-0-0-0-1.v6.example.net", "2001:db8::1", false },
	{ "2001-db8-1.v6.example.net", "2001:db8::1", false },
	{ "2001-db8--10.v6.example.net", "2001:db8::1", false },
	{ "0-0-0-1.v6.example.net", "2001:db8::1", false },
	/* names that people give */
	{ "mail.example.org", "12.34.56.78", false },
	{ "mail1.mx2.s3.dc4.example.org", "1.2.3.4", false },
	{ "mx-10-1.2.3.example", "10.1.2.3", false },
	{ "smtp-out-12.eu-west-34.example.org", "12.34.56.78", false },
	{ "20260824.release.example.org", "12.34.56.78", false },
	{ "12-34.example.org", "12.34.56.78", false },
	/* in the organisational domain */
	{ "12-34-56-78.example", "12.34.56.78", false },
	{ "12-34-56-78.co.uk", "12.34.56.78", false },
	{ "mail.12-34-56-78.co.uk", "12.34.56.78", false },
	{ "mail.12-34-56-78.com", "12.34.56.78", false },
	{ "12-34.56-78.example.org", "12.34.56.78", true },
	{ "12.34.56.78", "12.34.56.78", false },
	{ "localhost", "127.0.0.1", false },
	{ "", "12.34.56.78", false },
	{ ".", "12.34.56.78", false },
	{ "...", "12.34.56.78", false },
};

static const struct {
	const char *name;
	const char *host;
} parts[] = {
	{ "a.b.example.org", "a.b" },
	{ "a.example.org.", "a" },
	{ "example.org", "" },
	{ "org", "" },
	{ "", "" },
	{ "a.example.co.uk", "a" },
	{ "example.co.uk", "" },
	{ "a.example.CO.UK", "a" },
	{ "a.co.com", "a" },
	{ "a.b.com.net", "a.b" },
	{ "dsl.example.de", "dsl" },
	{ "a.ab.de", "a" },
};

static void test_names(void)
{
	struct ip ip;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ok(ip_parse(names[i].address, &ip) && name_embeds_address(names[i].name, &ip) == names[i].expected,
		   "%s: %s %s", names[i].address, names[i].name, names[i].expected ? "holds it" : "does not");
}

static void test_parts(void)
{
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		size_t length = name_host_part(parts[i].name, strlen(parts[i].name));

		ok(length == strlen(parts[i].host) && strncmp(parts[i].name, parts[i].host, length) == 0,
		   "host part of %s: '%s'", parts[i].name, parts[i].host);
	}
}

/* --- the fact --- */

static struct session session;
static struct facts facts;
static struct dns_answer ptr;
static const struct dns_item item = { .name = "78.56.34.12.in-addr.arpa", .type = DNS_PTR, .answer = &ptr };
static const struct answers answers = { &item, 1, &dns_answer_unknown, &dns_answer_unknown };

static struct fact_value get(bool by_mta)
{
	struct context context = { .session = &session, .facts = &facts, .listener = "mx", .stage = STAGE_MAIL,
				   .dns = &answers };

	facts_derive(&session, &facts);
	facts.dns = &answers;
	facts.reverse_by_mta = by_mta;
	return fact_get(fact_find("client_ptr_embeds_address"), &context);
}

static void test_fact_by_dns(void)
{
	static const struct dns_record records[] = {
		{ .host = { .name = "mail.example.org", .usable = true } },
		{ .host = { .name = "12-34-56-78.dsl.example.net", .usable = true } },
	};

	session = (struct session){ .client.presence = PRESENCE_KNOWN };
	ip_parse("12.34.56.78", &session.client.value);
	ptr = (struct dns_answer){ .status = DNS_NOERROR, .count = 2, .records = records };
	ok(get(false).presence == PRESENCE_KNOWN && get(false).flag, "one of several names is enough");
	ptr.count = 1;
	ok(get(false).presence == PRESENCE_KNOWN && !get(false).flag, "another name is false");
	ptr = (struct dns_answer){ .status = DNS_NXDOMAIN };
	ok(get(false).presence == PRESENCE_NONE, "no PTR record: none");
	ptr.status = DNS_TIMEOUT;
	ok(get(false).presence == PRESENCE_UNKNOWN, "no answer: unknown");
	session.client.presence = PRESENCE_NONE;
	ok(get(false).presence == PRESENCE_NONE, "no client address: none");
	session.client.presence = PRESENCE_UNKNOWN;
	ok(get(false).presence == PRESENCE_UNKNOWN, "client unknown: unknown");
}

static void test_fact_by_mta(void)
{
	session.client.presence = PRESENCE_KNOWN;
	session.client_ptr = text_known("12-34-56-78.dsl.example.net");
	ok(get(true).presence == PRESENCE_KNOWN && get(true).flag, "the MTA's word");
	session.client_ptr = text_none();
	ok(get(true).presence == PRESENCE_NONE, "the MTA says that there is none");
	session.client_ptr = (struct text){ .presence = PRESENCE_UNKNOWN };
	session.client_name = text_known("12-34-56-78.dsl.example.net");
	ok(get(true).presence == PRESENCE_KNOWN && get(true).flag, "a confirmed name decides when it holds it");
	session.client_name = text_known("mail.example.org");
	ok(get(true).presence == PRESENCE_UNKNOWN, "and leaves it open when it does not");
}

int main(void)
{
	test_names();
	test_parts();
	test_fact_by_dns();
	test_fact_by_mta();
	return tap_done();
}
