/* SPDX-License-Identifier: BSD-2-Clause */
/* Macros of SPF, and names as questions. */
#include "spf/spf_macro.h"

#include "tap.h"

#include <string.h>

/* The examples of RFC 7208 7.4 and what stands at their edges. */
static const struct {
	const char *spec, *name;
} rows[] = {
	{ "%{s}", "strong-bad@email.example.com" },
	{ "%{o}", "email.example.com" },
	{ "%{d}", "email.example.com" },
	{ "%{d4}", "email.example.com" },
	{ "%{d3}", "email.example.com" },
	{ "%{d2}", "example.com" },
	{ "%{d1}", "com" },
	{ "%{dr}", "com.example.email" },
	{ "%{d2r}", "example.email" },
	{ "%{d1r}", "email" },
	{ "%{d99999999999999999999r}", "com.example.email" },
	{ "%{l}", "strong-bad" },
	{ "%{l-}", "strong.bad" },
	{ "%{lr}", "strong-bad" },
	{ "%{lr-}", "bad.strong" },
	{ "%{l1r-}", "strong" },
	{ "%{l1-}", "bad" },
	{ "%{LR-}", "bad.strong" },
	{ "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
	{ "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
	{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
	{ "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com" },
	{ "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net" },
	{ "%{i2}.x", "2.3.x" },
	{ "%{s.@-}", "strong.bad.email.example.com" },
	{ "%{S}.x", "strong-bad%40email.example.com.x" },
	{ "%{h}", "mx.example.org" },
	{ "%{h1-.}", "org" },
	{ "%{p}.x", "unknown.x" },
	{ "%%%_%-.x", "% %20.x" },
	{ "a.example.", "a.example" },
	{ "a.example..", "a.example." },
	{ "x", "x" },
	{ "%{d.}..y", "email.example.com..y" },
};

static struct spf_macro_values values_for(const struct spf_name *domain, const struct ip *client)
{
	static const char sender[] = "strong-bad@email.example.com";

	return (struct spf_macro_values){ .sender = sender, .sender_length = strlen(sender), .local_part_length = 10,
					  .domain = domain, .client = client, .ehlo = "mx.example.org", .ehlo_length = 14,
					  .client_name = "unknown" };
}

static void expand(const char *text, const struct spf_macro_values *values, struct spf_name *name_r)
{
	struct spf_domain_spec spec = { .text = text, .length = strlen(text) };

	spf_expand(&spec, values, name_r);
}

static void check_rows(void)
{
	struct spf_name domain, name;
	struct ip client;
	struct spf_macro_values values;

	(void)spf_name_set(&domain, "email.example.com", 17);
	(void)ip_parse("192.0.2.3", &client);
	values = values_for(&domain, &client);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		expand(rows[i].spec, &values, &name);
		ok(strcmp(name.bytes, rows[i].name) == 0 && strlen(name.bytes) == name.length, "%s: %s", rows[i].spec,
		   name.bytes);
	}
	(void)ip_parse("2001:db8::cb01", &client);
	expand("%{ir}.%{v}._spf.%{d2}", &values, &name);
	ok(strcmp(name.bytes, "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com") == 0,
	   "nibbles of an IPv6 address");
	expand("%{i1}.x", &values, &name);
	ok(strcmp(name.bytes, "1.x") == 0, "the last nibble");
	values.ehlo_length = 0;
	expand("a.%{h}", &values, &name);
	ok(strcmp(name.bytes, "a") == 0, "no EHLO name");
	values.sender = "a\0b.c@x.example";
	values.sender_length = 15;
	values.local_part_length = 5;
	expand("%{l}.y", &values, &name);
	ok(name.length == 7 && memcmp(name.bytes, "a\0b.c.y", 7) == 0, "a NUL in the local part");
}

/* Labels of length octets each, joined by dots. */
static size_t fill(char *text, size_t labels, size_t length)
{
	size_t at = 0;

	for (size_t i = 0; i < labels; i++) {
		memset(text + at, (char)('a' + (int)(i % 26)), length);
		at += length;
		text[at++] = '.';
	}
	text[--at] = '\0';
	return at;
}

/* RFC 7208 7.3: labels go on the left until 253 octets are left. */
static void check_truncation(void)
{
	static char text[6000];
	struct spf_name domain = { .length = 0 }, name;
	struct ip client = { .family = IP_V4 };
	struct spf_macro_values values = values_for(&domain, &client);
	size_t length = fill(text, 4, 62);
	bool all = true;

	text[length++] = '.';
	memcpy(text + length, "x", 2);
	expand(text, &values, &name);
	ok(name.length == 253 && name.bytes[0] == 'a', "253 octets stay");
	memcpy(text + length, "xy", 3);
	expand(text, &values, &name);
	ok(name.length == 191 && name.bytes[0] == 'b' && name.bytes[190] == 'y', "one more costs a label");
	memcpy(text + length, "xy.", 4);
	expand(text, &values, &name);
	ok(name.length == 191 && name.bytes[190] == 'y', "and a final dot does not count");
	for (size_t labels = 50; labels <= 1000; labels++) {
		(void)fill(text, labels, 5);
		expand(text, &values, &name);
		all = all && name.length == 251 && strcmp(name.bytes, text + strlen(text) - 251) == 0;
	}
	ok(all, "the last 42 labels of a long expansion");
	memset(text, 'a', sizeof text - 1);
	expand(text, &values, &name);
	ok(name.length == 0, "no label boundary, no name");
	values.sender = text;
	values.sender_length = sizeof text - 1;
	values.local_part_length = sizeof text - 11;
	expand("%{s}%{S}%{s}.%{o1r}.example", &values, &name);
	ok(strcmp(name.bytes, "aaaaaaaaa.example") == 0, "a long sender");
}

static void check_questions(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *question;
	} cases[] = {
		{ "A.Example", 9, "a.example" },
		{ "a b.c\\d.\"e\".\xc3\xa4", 14, "a\\032b.c\\092d.\\034e\\034.\\195\\164" },
		{ "a\0b", 3, "a\\000b" },
		{ "#$;()@.x", 8, "\\035\\036\\059\\040\\041\\064.x" },
		{ "foo:bar/baz_%+=.x", 17, "foo:bar/baz_%+=.x" },
		{ "", 0, "" }, { ".", 1, "" }, { "a..b", 4, "" }, { ".a", 2, "" }, { "a.", 2, "" },
	};
	char text[DNS_NAME_BYTES];
	struct spf_name name;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		(void)spf_name_set(&name, cases[i].bytes, cases[i].length);
		ok(spf_name_question(&name, text) == (cases[i].question[0] != '\0') && strcmp(text, cases[i].question) == 0,
		   "question %zu: %s", i, text);
	}
	memset(name.bytes, 'a', 64);
	name.length = 63;
	ok(spf_name_question(&name, text), "a label of 63 octets");
	name.length = 64;
	ok(!spf_name_question(&name, text), "a label of 64 octets");
	for (size_t i = 0; i < SPF_NAME_OCTETS_MAX; i++)
		name.bytes[i] = (char)(i % 64 == 63 ? '.' : 0x80);
	name.length = SPF_NAME_OCTETS_MAX;
	ok(spf_name_question(&name, text) && strlen(text) == 250 * 4 + 3, "the longest question");
}

static void check_under(void)
{
	static const struct {
		const char *name, *domain;
		bool under;
	} cases[] = {
		{ "x.example", "x.example", true }, { "A.X.Example", "x.example", true },
		{ "ax.example", "x.example", false }, { "x.example", "a.x.example", false },
		{ "a\\.x.example", "x.example", false }, { "a\\\\.x.example", "x.example", true },
		{ "\\.x.example", "x.example", false }, { ".x.example", "x.example", true },
		{ "", "x.example", false }, { "x.example", "", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ok(spf_name_is_under(cases[i].name, cases[i].domain) == cases[i].under, "%s under %s", cases[i].name,
		   cases[i].domain);
}

int main(void)
{
	check_rows();
	check_truncation();
	check_questions();
	check_under();
	return tap_done();
}
