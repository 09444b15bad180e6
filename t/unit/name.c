/* SPDX-License-Identifier: BSD-2-Clause */
/* The argument of EHLO and domain names: every rule of RFC 5321 4.1.2 and 4.1.3, and what is tolerated. */
#include "base/name.h"

#include "samples.h"
#include "tap.h"

#include <string.h>

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *argument;
	enum ehlo_kind kind;
	enum name_syntax syntax;
	const char *reason;	/* its word; NULL: none */
	const char *address;	/* of literals and bare addresses */
} names[] = {
	{ "mail.example.com", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "MAIL.Example.COM", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "a.b", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "x.y.z.example", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "3com.example", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "1.2.3.4.example", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "1.2.3.4a", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "0x7f.1", EHLO_INVALID, NAME_FAIL, "numeric_last_label", NULL },
	{ "a--b.example", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "xn--bcher-kva.example", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "localhost.localdomain", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ "mail.example.c", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ L63 ".example", EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ L63 "." L63 "." L63 "." L61, EHLO_FQDN, NAME_PASS, NULL, NULL },
	{ L63 "." L63 "." L63 "." L61 ".", EHLO_FQDN, NAME_PASS, "trailing_dot", NULL },
	{ "localhost", EHLO_UNQUALIFIED, NAME_PASS, NULL, NULL },
	{ "a", EHLO_UNQUALIFIED, NAME_PASS, NULL, NULL },
	{ "DESKTOP-3507", EHLO_UNQUALIFIED, NAME_PASS, NULL, NULL },
	{ "deadbeef", EHLO_UNQUALIFIED, NAME_PASS, NULL, NULL },
	{ "a.", EHLO_UNQUALIFIED, NAME_PASS, "trailing_dot", NULL },
	{ "mail.example.com.", EHLO_FQDN, NAME_PASS, "trailing_dot", NULL },
	{ "under_score.example.com", EHLO_FQDN, NAME_PASS, "underscore", NULL },
	{ "_x.example", EHLO_FQDN, NAME_PASS, "underscore", NULL },
	{ "x_.example", EHLO_FQDN, NAME_PASS, "underscore", NULL },
	{ "_", EHLO_UNQUALIFIED, NAME_PASS, "underscore", NULL },
	/* plain intent, wrong form */
	{ "-bad.example", EHLO_FQDN, NAME_SOFTFAIL, "hyphen_at_edge", NULL },
	{ "bad-.example", EHLO_FQDN, NAME_SOFTFAIL, "hyphen_at_edge", NULL },
	{ "a.-.example", EHLO_FQDN, NAME_SOFTFAIL, "hyphen_at_edge", NULL },
	{ "host-", EHLO_UNQUALIFIED, NAME_SOFTFAIL, "hyphen_at_edge", NULL },
	{ "192.0.2.1", EHLO_BARE_IP, NAME_SOFTFAIL, "bare_address", "192.0.2.1" },
	{ "192.0.2.1.", EHLO_BARE_IP, NAME_SOFTFAIL, "bare_address", "192.0.2.1" },
	{ "010.000.002.001", EHLO_BARE_IP, NAME_SOFTFAIL, "bare_address", "10.0.2.1" },
	{ "2001:db8::1", EHLO_BARE_IP, NAME_SOFTFAIL, "bare_address", "2001:db8::1" },
	{ "::1", EHLO_BARE_IP, NAME_SOFTFAIL, "bare_address", "::1" },
	{ "::ffff:192.0.2.1", EHLO_BARE_IP, NAME_SOFTFAIL, "bare_address", "192.0.2.1" },
	{ "[2001:db8::1]", EHLO_IPV6_LITERAL, NAME_SOFTFAIL, "untagged_literal", "2001:db8::1" },
	{ "[::]", EHLO_IPV6_LITERAL, NAME_SOFTFAIL, "untagged_literal", "::" },
	{ "[192.0.2.1] mail", EHLO_IPV4_LITERAL, NAME_SOFTFAIL, "text_after_literal", "192.0.2.1" },
	{ "[192.0.2.1].", EHLO_IPV4_LITERAL, NAME_SOFTFAIL, "text_after_literal", "192.0.2.1" },
	{ "[IPv6:::1]x", EHLO_IPV6_LITERAL, NAME_SOFTFAIL, "text_after_literal", "::1" },
	{ "[192.0.2.1]]", EHLO_IPV4_LITERAL, NAME_SOFTFAIL, "text_after_literal", "192.0.2.1" },
	/* literals */
	{ "[192.0.2.1]", EHLO_IPV4_LITERAL, NAME_PASS, NULL, "192.0.2.1" },
	{ "[0.0.0.0]", EHLO_IPV4_LITERAL, NAME_PASS, NULL, "0.0.0.0" },
	{ "[255.255.255.255]", EHLO_IPV4_LITERAL, NAME_PASS, NULL, "255.255.255.255" },
	{ "[010.000.002.001]", EHLO_IPV4_LITERAL, NAME_PASS, "leading_zeros", "10.0.2.1" },
	{ "[IPv6:2001:db8::1]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "2001:db8::1" },
	{ "[IPV6:2001:DB8::1]", EHLO_IPV6_LITERAL, NAME_PASS, "tag_case", "2001:db8::1" },
	{ "[ipv6:::]", EHLO_IPV6_LITERAL, NAME_PASS, "tag_case", "::" },
	{ "[IPv6:1:2:3:4:5:6:7:8]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "1:2:3:4:5:6:7:8" },
	{ "[IPv6:1:2:3:4:5:6::]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "1:2:3:4:5:6::" },
	{ "[IPv6:::3:4:5:6:7:8]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "::3:4:5:6:7:8" },
	{ "[IPv6:1::8]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "1::8" },
	{ "[IPv6:0001:0002::0008]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "1:2::8" },
	{ "[IPv6:1:2:3:4:5:6:192.0.2.1]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "1:2:3:4:5:6:c000:201" },
	{ "[IPv6:::192.0.2.1]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "::192.0.2.1" },
	{ "[IPv6:1:2:3:4::192.0.2.1]", EHLO_IPV6_LITERAL, NAME_PASS, NULL, "1:2:3:4::c000:201" },
	{ "[IPv6:::ffff:192.0.2.1]", EHLO_IPV6_LITERAL, NAME_PASS, "v4_mapped", "192.0.2.1" },
	{ "[IPv6:::ffff:c000:201]", EHLO_IPV6_LITERAL, NAME_PASS, "v4_mapped", "192.0.2.1" },
	{ "[IPv6:0:0:0:0:0:ffff:192.0.2.1]", EHLO_IPV6_LITERAL, NAME_PASS, "v4_mapped", "192.0.2.1" },
	/* no literals */
	{ "[]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[192.0.2.1", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[192.0.2]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[192.0.2.1.5]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[192.0.2.256]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[999.1.1.1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[192.0.2.0001]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[192.0.2.]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[192..2.1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[ 192.0.2.1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[mail.example]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv4:192.0.2.1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:192.0.2.1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:1:2:3:4:5:6:7]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:1:2:3:4:5:6:7:8:9]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:1:2:3:4:5:6:7::]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:1:2:3::5:6:7:8]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:1:2:3:4:5::192.0.2.1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:1:2:3:4:5:6:7:192.0.2.1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:192.0.2.1::]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:::192.0.2]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:1::2::3]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6::::1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:12345::1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:g::1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6::1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:1:]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:fe80::1%eth0]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6:2001:db8::1/64]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "[IPv6 2001:db8::1]", EHLO_INVALID, NAME_FAIL, "bad_literal", NULL },
	{ "IPv6:2001:db8::1", EHLO_INVALID, NAME_FAIL, "bad_character", NULL },
	{ "192.0.2.1]", EHLO_INVALID, NAME_FAIL, "bad_character", NULL },
	/* no names */
	{ "", EHLO_INVALID, NAME_FAIL, "empty", NULL },
	{ ".", EHLO_INVALID, NAME_FAIL, "empty_label", NULL },
	{ "..", EHLO_INVALID, NAME_FAIL, "empty_label", NULL },
	{ "..a", EHLO_INVALID, NAME_FAIL, "empty_label", NULL },
	{ "a..", EHLO_INVALID, NAME_FAIL, "empty_label", NULL },
	{ "mail..example.com", EHLO_INVALID, NAME_FAIL, "empty_label", NULL },
	{ "*.example.com", EHLO_INVALID, NAME_FAIL, "bad_character", NULL },
	{ "a/b.example", EHLO_INVALID, NAME_FAIL, "bad_character", NULL },
	{ "joe@example.com", EHLO_INVALID, NAME_FAIL, "bad_character", NULL },
	{ "mail.example.com:25", EHLO_INVALID, NAME_FAIL, "bad_character", NULL },
	{ "<mail.example>", EHLO_INVALID, NAME_FAIL, "bad_character", NULL },
	{ "a b", EHLO_INVALID, NAME_FAIL, "control_byte", NULL },
	{ " a.example", EHLO_INVALID, NAME_FAIL, "control_byte", NULL },
	{ "a\tb", EHLO_INVALID, NAME_FAIL, "control_byte", NULL },
	{ "a\x7f.example", EHLO_INVALID, NAME_FAIL, "control_byte", NULL },
	{ "b\xc3\xbc" "cher.example", EHLO_INVALID, NAME_FAIL, "eight_bit", NULL },
	{ "\xff", EHLO_INVALID, NAME_FAIL, "eight_bit", NULL },
	{ "mx1.example.7", EHLO_INVALID, NAME_FAIL, "numeric_last_label", NULL },
	{ "12345", EHLO_INVALID, NAME_FAIL, "numeric_last_label", NULL },
	{ "192.0.2", EHLO_INVALID, NAME_FAIL, "numeric_last_label", NULL },
	{ "192.0.2.256", EHLO_INVALID, NAME_FAIL, "numeric_last_label", NULL },
	{ "1.2.3.4.5", EHLO_INVALID, NAME_FAIL, "numeric_last_label", NULL },
	{ "mail.-1", EHLO_FQDN, NAME_SOFTFAIL, "hyphen_at_edge", NULL },
	{ "a" L63 ".example", EHLO_INVALID, NAME_FAIL, "label_too_long", NULL },
	{ "-" L63 ".example", EHLO_INVALID, NAME_FAIL, "label_too_long", NULL },
	{ L63 "." L63 "." L63 "." L61 "a", EHLO_INVALID, NAME_FAIL, "name_too_long", NULL },
	{ "2001:db8::1%eth0", EHLO_INVALID, NAME_FAIL, "bad_character", NULL },
};

static void test_names(void)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct ehlo_name name;
		struct ip address = { .family = IP_NONE };

		ehlo_name_parse(names[i].argument, &name);
		if (names[i].address)
			ip_parse(names[i].address, &address);
		ok(name.kind == names[i].kind && name.syntax == names[i].syntax &&
		   strcmp(name.reason ? name.reason->word : "", names[i].reason ? names[i].reason : "") == 0 &&
		   (!names[i].address || ip_equal(&name.address, &address)),
		   "row %zu: kind %s, syntax %d, %s", i, ehlo_kind_word(name.kind), name.syntax,
		   name.reason ? name.reason->word : "no reason");
	}
}

/* Columns: argument, ehlo_syntax (pass, or fail which includes softfail), ehlo_fqdn. */
static void check_sample(char *const columns[], size_t line)
{
	struct ehlo_name name;
	const char *syntax, *fqdn = "none";

	ehlo_name_parse(columns[0], &name);
	syntax = name.syntax == NAME_PASS ? "pass" : "fail";
	if (name.syntax == NAME_PASS)
		fqdn = name.kind == EHLO_UNQUALIFIED ? "fail" : "pass";
	ok(!strcmp(syntax, columns[1]) && !strcmp(fqdn, columns[2]), "sample, line %zu: %s %s", line, syntax, fqdn);
}

static const struct {
	const char *text;
	const char *normal;	/* NULL: no domain */
} domains[] = {
	{ "Example.ORG", "example.org" },
	{ "example.org.", "example.org" },
	{ "a_b.example", "a_b.example" },
	{ "M\xc3\xbcnchen.example", "xn--mnchen-3ya.example" },
	{ "example", "example" },
	{ "", NULL },
	{ ".", NULL },
	{ "example.org..", NULL },
	{ "a..b", NULL },
	{ ".a", NULL },
	{ "-a.example", NULL },
	{ "a-.example", NULL },
	{ "a.-b", NULL },
	{ "a.b-", NULL },
	{ "a.b-.", NULL },
	{ "-", NULL },
	{ "a--b.-", NULL },
	{ "A--b.example", "a--b.example" },
	{ L63 ".example", L63 ".example" },
	{ "example." L63, "example." L63 },
	{ "example.a" L63, NULL },
	{ L63 "." L63 "." L63 "." L61, L63 "." L63 "." L63 "." L61 },
	{ L63 "." L63 "." L63 "." L61 ".", L63 "." L63 "." L63 "." L61 },
	{ L63 "." L63 "." L63 ".a" L61, NULL },
	{ "a b", NULL },
	{ "m\xfcnchen.example", NULL },
	{ "a" L63 ".example", NULL },
};

static void test_domains(void)
{
	for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
		char normal[NAME_TEXT_BYTES];
		bool valid = domain_normalise(domains[i].text, strlen(domains[i].text), normal);

		ok(valid == (domains[i].normal != NULL) && !strcmp(normal, valid ? domains[i].normal : ""),
		   "domain %zu: %s", i, normal);
	}
	ok(domain_equal("Mail.Example.", "mail.example"), "names are equal without case and final dot");
	ok(!domain_equal("mail.example", "mail.example2"), "and else they are not");
}

int main(void)
{
	test_names();
	test_domains();
	samples_each("ehlo-names.tsv", 3, check_sample);
	return tap_done();
}
