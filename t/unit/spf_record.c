/* SPDX-License-Identifier: BSD-2-Clause */
/* The parser of SPF records: what it reads, and at which term it refuses what. */
#include "spf/spf_record.h"

#include "base/buf.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
	[SPF_MECHANISM_ALL] = "all", [SPF_MECHANISM_INCLUDE] = "include", [SPF_MECHANISM_A] = "a",
	[SPF_MECHANISM_MX] = "mx", [SPF_MECHANISM_PTR] = "ptr", [SPF_MECHANISM_IP4] = "ip4",
	[SPF_MECHANISM_IP6] = "ip6", [SPF_MECHANISM_EXISTS] = "exists",
};

/*
 * read: each directive as QUALIFIER NAME [:DOMAIN] [/4-BITS/6-BITS, or =NETWORK], with '%' behind a domain with macros,
 * 'p' behind one with %{p}; then redirect=DOMAIN.  Refused: "! WORD TERM".
 */
static const struct {
	const char *record, *read;
} rows[] = {
	{ "v=spf1", "" },
	{ "v=spf1 ", "" },
	{ "v=spf1      ", "" },
	{ "V=SpF1 -ALL", "-all" },
	{ "v=spf1 all", "+all" },
	{ "v=spf1   ~all  ?all +all -all ", "~all ?all +all -all" },
	{ "v=spf1 -all.", "! unknown_mechanism -all." },
	{ "v=spf1 -all:foobar", "! text_after_name -all:foobar" },
	{ "v=spf1 -all/8", "! text_after_name -all/8" },
	{ "v=spf1 all: -all", "! text_after_name all:" },
	{ "v=spf1 al", "! unknown_mechanism al" },
	{ "v=spf1 moo -all", "! unknown_mechanism moo" },
	{ "v=spf1 -", "! unknown_mechanism -" },
	{ "v=spf1 --all", "! unknown_mechanism --all" },
	{ "v=spf1 +-all", "! unknown_mechanism +-all" },
	{ "v=spf1 !all", "! unknown_mechanism !all" },
	{ "v=spf1 - all", "! unknown_mechanism -" },
	{ "v=spf1 :x.example", "! unknown_mechanism :x.example" },
	{ "v=spf1 /24", "! unknown_mechanism /24" },
	{ "v=spf1 spf2.0/pra", "! unknown_mechanism spf2.0/pra" },

	{ "v=spf1 include:a.example", "+include:a.example" },
	{ "v=spf1 -iNcLuDe:A.Example.", "-include:A.Example." },
	{ "v=spf1 include", "! missing_domain include" },
	{ "v=spf1 include:", "! missing_domain include:" },
	{ "v=spf1 include/24", "! missing_domain include/24" },
	{ "v=spf1 include:a.example/24", "! bad_domain include:a.example/24" },
	{ "v=spf1 exists:%{i}._spf.example", "+exists:%{i}._spf.example%" },
	{ "v=spf1 exists", "! missing_domain exists" },
	{ "v=spf1 exists:a.example/24", "! bad_domain exists:a.example/24" },
	{ "v=spf1 exists:%{i}.%{s1}.100/86400.rate.%{d}", "+exists:%{i}.%{s1}.100/86400.rate.%{d}%" },

	{ "v=spf1 a", "+a/32/128" },
	{ "v=spf1 A/24", "+a/24/128" },
	{ "v=spf1 a//64", "+a/32/64" },
	{ "v=spf1 a/0//0", "+a/0/0" },
	{ "v=spf1 a/32//128", "+a/32/128" },
	{ "v=spf1 a/33", "! bad_prefix_length a/33" },
	{ "v=spf1 a//129", "! bad_prefix_length a//129" },
	{ "v=spf1 a/024", "! bad_prefix_length a/024" },
	{ "v=spf1 a/00", "! bad_prefix_length a/00" },
	{ "v=spf1 a//064", "! bad_prefix_length a//064" },
	{ "v=spf1 a/", "! bad_prefix_length a/" },
	{ "v=spf1 a//", "! bad_prefix_length a//" },
	{ "v=spf1 a///64", "! bad_prefix_length a///64" },
	{ "v=spf1 a/24/64", "! bad_prefix_length a/24/64" },
	{ "v=spf1 a//64/24", "! bad_prefix_length a//64/24" },
	{ "v=spf1 a/24//64//64", "! bad_prefix_length a/24//64//64" },
	{ "v=spf1 a/4294967320", "! bad_prefix_length a/4294967320" },
	{ "v=spf1 a/-1", "! bad_prefix_length a/-1" },
	{ "v=spf1 a/24x", "! bad_prefix_length a/24x" },
	{ "v=spf1 a:", "! missing_domain a:" },
	{ "v=spf1 a:/24", "! missing_domain a:/24" },
	{ "v=spf1 a:x.example/24//64", "+a:x.example/24/64" },
	{ "v=spf1 a:%{d}/24", "+a:%{d}%/24/128" },
	{ "v=spf1 a:%{d/}/24", "+a:%{d/}%/24/128" },
	{ "v=spf1 a:foo:bar/baz.example", "+a:foo:bar/baz.example/32/128" },
	{ "v=spf1 mx:%%%_/.Claranet.de/27", "+mx:%%%_/.Claranet.de%/27/128" },
	{ "v=spf1 a:x.example:8080", "! bad_domain a:x.example:8080" },
	{ "v=spf1 a:111.222.33.44", "! address_as_domain a:111.222.33.44" },
	{ "v=spf1 a:111.222.33.44/24", "! address_as_domain a:111.222.33.44/24" },
	{ "v=spf1 a:abc.123", "! bad_domain a:abc.123" },
	{ "v=spf1 a:museum", "! bad_domain a:museum" },
	{ "v=spf1 a:museum.", "! bad_domain a:museum." },
	{ "v=spf1 a:.museum", "+a:.museum/32/128" },
	{ "v=spf1 a:x.example..", "! bad_domain a:x.example.." },
	{ "v=spf1 a:x...example", "+a:x...example/32/128" },
	{ "v=spf1 a:x.-com", "! bad_domain a:x.-com" },
	{ "v=spf1 a:x.com-", "! bad_domain a:x.com-" },
	{ "v=spf1 a:x.c_m", "! bad_domain a:x.c_m" },
	{ "v=spf1 a:x.xn--zckzah", "+a:x.xn--zckzah/32/128" },
	{ "v=spf1 a:x.1-2", "+a:x.1-2/32/128" },
	{ "v=spf1 a:x.c0", "+a:x.c0/32/128" },
	{ "v=spf1 a:_a!#$&'*+,;<=>?@[]^`{|}~\\\"().example", "+a:_a!#$&'*+,;<=>?@[]^`{|}~\\\"().example/32/128" },
	{ "v=spf1 a:b%(ir).example", "! bad_macro a:b%(ir).example" },
	{ "v=spf1 a=b", "" },
	{ "v=spf1 ax", "! unknown_mechanism ax" },

	{ "v=spf1 mx/24//64 ?mx:x.example//48", "+mx/24/64 ?mx:x.example/32/48" },
	{ "v=spf1 mx:", "! missing_domain mx:" },
	{ "v=spf1 ptr ~ptr:x.example", "+ptr ~ptr:x.example" },
	{ "v=spf1 ptr:", "! missing_domain ptr:" },
	{ "v=spf1 ptr/0", "! text_after_name ptr/0" },
	{ "v=spf1 ptr:x.example/24", "! bad_domain ptr:x.example/24" },

	{ "v=spf1 ip4:192.0.2.1", "+ip4=192.0.2.1" },
	{ "v=spf1 IP4:192.0.2.1/24", "+ip4=192.0.2.1/24" },
	{ "v=spf1 ip4:1.1.1.1/0", "+ip4=1.1.1.1/0" },
	{ "v=spf1 ip4:192.0.2.1/33", "! bad_prefix_length ip4:192.0.2.1/33" },
	{ "v=spf1 ip4:192.0.2.1/032", "! bad_prefix_length ip4:192.0.2.1/032" },
	{ "v=spf1 ip4:192.0.2.1/", "! bad_prefix_length ip4:192.0.2.1/" },
	{ "v=spf1 ip4:192.0.2.1//32", "! bad_prefix_length ip4:192.0.2.1//32" },
	{ "v=spf1 ip4:192.0.2.1/24/24", "! bad_prefix_length ip4:192.0.2.1/24/24" },
	{ "v=spf1 ip4", "! bad_address ip4" },
	{ "v=spf1 ip4:", "! bad_address ip4:" },
	{ "v=spf1 ip4:/24", "! bad_address ip4:/24" },
	{ "v=spf1 ip4=192.0.2.1", "" },
	{ "v=spf1 ip4/24", "! bad_address ip4/24" },
	{ "v=spf1 ip4:192.0.2", "! bad_address ip4:192.0.2" },
	{ "v=spf1 ip4:192.0.2.1:8080", "! bad_address ip4:192.0.2.1:8080" },
	{ "v=spf1 ip4:192.0.2.01", "! bad_address ip4:192.0.2.01" },
	{ "v=spf1 ip4:192.0.2.256", "! bad_address ip4:192.0.2.256" },
	{ "v=spf1 ip4:2001:db8::1", "! bad_address ip4:2001:db8::1" },
	{ "v=spf1 ip4:%{i}", "! bad_address ip4:%{i}" },
	{ "v=spf1 ip4:x.example", "! bad_address ip4:x.example" },
	{ "v=spf1 ip6:2001:DB8::/32", "+ip6=2001:db8::/32" },
	{ "v=spf1 ip6:::1.1.1.1/0", "+ip6=::1.1.1.1/0" },
	{ "v=spf1 ip6:::ffff:192.0.2.1", "+ip6=::ffff:192.0.2.1" },
	{ "v=spf1 ip6:2001:db8::1/128", "+ip6=2001:db8::1" },
	{ "v=spf1 ip6:2001:db8::/129", "! bad_prefix_length ip6:2001:db8::/129" },
	{ "v=spf1 ip6:2001:db8::/064", "! bad_prefix_length ip6:2001:db8::/064" },
	{ "v=spf1 ip6:2001:db8:://64", "! bad_prefix_length ip6:2001:db8:://64" },
	{ "v=spf1 ip6:2001:db8::1//64", "! bad_prefix_length ip6:2001:db8::1//64" },
	{ "v=spf1 ip6", "! bad_address ip6" },
	{ "v=spf1 ip6:192.0.2.1", "! bad_address ip6:192.0.2.1" },
	{ "v=spf1 ip6::CAFE::BABE", "! bad_address ip6::CAFE::BABE" },
	{ "v=spf1 ip6:fe80::1%eth0", "! bad_address ip6:fe80::1%eth0" },
	{ "v=spf1 ip6:12345::", "! bad_address ip6:12345::" },
	{ "v=spf1 ip6:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
	  "! bad_address ip6:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc" },

	{ "v=spf1 redirect=x.example", "redirect=x.example" },
	{ "v=spf1 REDIRECT=x.example -all", "-all redirect=x.example" },
	{ "v=spf1 redirect=%{d2}", "redirect=%{d2}%" },
	{ "v=spf1 redirect:x.example", "! unknown_mechanism redirect:x.example" },
	{ "v=spf1 redirect=", "! missing_domain redirect=" },
	{ "v=spf1 redirect", "! unknown_mechanism redirect" },
	{ "v=spf1 -redirect=x.example", "! bad_modifier -redirect=x.example" },
	{ "v=spf1 redirect=x.example/24", "! bad_domain redirect=x.example/24" },
	{ "v=spf1 redirect=-all", "! bad_domain redirect=-all" },
	{ "v=spf1 redirect=a.example redirect=a.example", "! repeated_modifier redirect=a.example" },
	{ "v=spf1 exp=x.example -all", "-all" },
	{ "v=spf1 exp=", "! missing_domain exp=" },
	{ "v=spf1 exp=-all", "! bad_domain exp=-all" },
	{ "v=spf1 exp=%{r}.example", "! explanation_macro exp=%{r}.example" },
	{ "v=spf1 exp=a.example -all EXP=b.example", "! repeated_modifier EXP=b.example" },
	{ "v=spf1 moo.cow-far_out=man:dog/cat all", "+all" },
	{ "v=spf1 foo= foo= all", "+all" },
	{ "v=spf1 default=+ op=helo", "" },
	{ "v=spf1 foo=%{c}%{r}%{t}%{s}", "" },
	{ "v=spf1 foo=%abc", "! bad_macro foo=%abc" },
	{ "v=spf1 foo=%{x}", "! bad_macro foo=%{x}" },
	{ "v=spf1 moo.cow/far_out=man", "! unknown_mechanism moo.cow/far_out=man" },
	{ "v=spf1 moo.cow:far_out=man", "! unknown_mechanism moo.cow:far_out=man" },
	{ "v=spf1 1up=foo", "! bad_modifier 1up=foo" },
	{ "v=spf1 =all", "! bad_modifier =all" },
	{ "v=spf1 =", "! bad_modifier =" },
	{ "v=spf1 f@o=bar", "! bad_modifier f@o=bar" },

	{ "v=spf1 a:%{p}.x.example", "+a:%{p}.x.example%p/32/128" },
	{ "v=spf1 a:%{P1r.-+,/_=}.x.example", "+a:%{P1r.-+,/_=}.x.example%p/32/128" },
	{ "v=spf1 a:%{dR}", "+a:%{dR}%/32/128" },
	{ "v=spf1 a:%{d127}", "+a:%{d127}%/32/128" },
	{ "v=spf1 a:%{d007}", "+a:%{d007}%/32/128" },
	{ "v=spf1 a:%{d99999999999999999999}", "+a:%{d99999999999999999999}%/32/128" },
	{ "v=spf1 a:%{d0}", "! zero_parts a:%{d0}" },
	{ "v=spf1 a:%{d00r}", "! zero_parts a:%{d00r}" },
	{ "v=spf1 a:%{drr}", "! bad_macro a:%{drr}" },
	{ "v=spf1 a:%{dr1}", "! bad_macro a:%{dr1}" },
	{ "v=spf1 a:%{d*}", "! bad_macro a:%{d*}" },
	{ "v=spf1 a:%{}", "! bad_macro a:%{}" },
	{ "v=spf1 a:%{", "! bad_macro a:%{" },
	{ "v=spf1 a:%{d", "! bad_macro a:%{d" },
	{ "v=spf1 a:%{d1", "! bad_macro a:%{d1" },
	{ "v=spf1 a:%{d1r", "! bad_macro a:%{d1r" },
	{ "v=spf1 a:%{d.", "! bad_macro a:%{d." },
	{ "v=spf1 a:%", "! bad_macro a:%" },
	{ "v=spf1 a:x.example%", "! bad_macro a:x.example%" },
	{ "v=spf1 a:%%.x.example", "+a:%%.x.example%/32/128" },
	{ "v=spf1 a:x%%", "+a:x%%%/32/128" },
	{ "v=spf1 a:x%-", "+a:x%-%/32/128" },
	{ "v=spf1 a:x%_", "+a:x%_%/32/128" },
	{ "v=spf1 a:%{c}", "! explanation_macro a:%{c}" },
	{ "v=spf1 a:%{T}", "! explanation_macro a:%{T}" },
	{ "v=spf1 a:%{k}", "! bad_macro a:%{k}" },
	{ "v=spf1 a:%{d}x", "! bad_domain a:%{d}x" },
	{ "v=spf1 a:%{d}.x", "+a:%{d}.x%/32/128" },
	{ "v=spf1 a:%{d}.", "! bad_domain a:%{d}." },
	{ "v=spf1 a:%{d}.1", "! bad_domain a:%{d}.1" },

	{ "v=spf1 a:x\texample", "! bad_character a:x\texample" },
	{ "v=spf1 a\t-all", "! unknown_mechanism a\t-all" },
	{ "v=spf1 a:\xef\xbb\xbfx.example", "! bad_character a:\xef\xbb\xbfx.example" },
	{ "v=spf1 \x80" "a", "! unknown_mechanism \x80" "a" },
	{ "v=spf1 foo=\x7f", "! bad_character foo=\x7f" },
	{ "v=spf1 ip4:192.0.2.5\x0a", "! bad_address ip4:192.0.2.5\x0a" },
	{ "v=spf1 -all moo", "! unknown_mechanism moo" },
};

static void show_domain(struct buf *out, const char *before, const struct spf_domain_spec *domain)
{
	if (domain->length == 0)
		return;
	buf_add(out, before);
	buf_add_bytes(out, domain->text, domain->length);
	if (domain->has_macros)
		buf_add_char(out, '%');
	if (domain->has_client_name)
		buf_add_char(out, 'p');
}

static void show_term(struct buf *out, const struct spf_term *term)
{
	char network[IP_TEXT_BYTES + 4];

	buf_addf(out, "%s%c%s", out->length > 0 ? " " : "", term->qualifier, names[term->mechanism]);
	show_domain(out, ":", &term->domain);
	if (term->mechanism == SPF_MECHANISM_A || term->mechanism == SPF_MECHANISM_MX)
		buf_addf(out, "/%u/%u", term->prefix4_bits, term->prefix6_bits);
	if (term->mechanism == SPF_MECHANISM_IP4 || term->mechanism == SPF_MECHANISM_IP6) {
		network_format(&term->network, network);
		buf_addf(out, "=%s", network);
	}
}

/* Reads from a block of exactly length bytes, so that sanitizers see a read beyond it. */
static void show(const char *record, size_t length, struct buf *out)
{
	char *bytes = malloc(length);
	struct spf_record parsed;
	struct spf_flaw flaw;
	struct arena arena;

	arena_init(&arena, NULL, 0, 4096);
	if (!bytes)
		abort();
	memcpy(bytes, record, length);
	if (spf_record_parse(bytes, length, &arena, &parsed, &flaw) == SPF_PARSE_DONE) {
		for (size_t i = 0; i < parsed.term_count; i++)
			show_term(out, &parsed.terms[i]);
		show_domain(out, out->length > 0 ? " redirect=" : "redirect=", &parsed.redirect);
	} else {
		buf_addf(out, "! %s ", flaw.reason->word);
		buf_add_bytes(out, flaw.term, flaw.length);
	}
	arena_clear(&arena);
	free(bytes);
}

static void check_row(const char *record, const char *read)
{
	char label[200];
	struct buf out, text;

	buf_init(&out);
	buf_init_fixed(&text, label, sizeof label);
	show(record, strlen(record), &out);
	buf_add_escaped(&text, record, "#", 150);
	ok(strcmp(out.text, read) == 0, "%s", label);
	if (strcmp(out.text, read) != 0)
		printf("# read as: %s\n", out.text);
	buf_clear(&out);
}

static void check_which_is_one(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		bool is;
	} cases[] = {
		{ "v=spf1", 6, true }, { "V=SPF1 x", 8, true }, { "v=spf1 ", 7, true }, { "v=spf10", 7, false },
		{ "v=spf1\t", 7, false }, { "v=spf1\0", 7, false }, { "v=spf", 5, false }, { "", 0, false },
		{ NULL, 0, false }, { " v=spf1", 7, false }, { "v=spf2.0/pra", 12, false }, { "\"v=spf1\"", 8, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ok(spf_record_is(cases[i].bytes, cases[i].length) == cases[i].is, "an SPF record or not, case %zu", i);
}

/* A NUL is like any other byte that does not belong there. */
static void check_nul(void)
{
	static const struct {
		const char *record;
		size_t length;
		const char *word;
	} cases[] = {
		{ "v=spf1 a:x.example\0", 19, "! bad_character" },
		{ "v=spf1 all\0", 11, "! unknown_mechanism" },
		{ "v=spf1 \0", 8, "! unknown_mechanism" },
		{ "v=spf1 a:%{d\0}", 14, "! bad_macro" },
		{ "v=spf1 a:%\0", 11, "! bad_macro" },
		{ "v=spf1 ip4:192.0.2.1\0", 21, "! bad_address" },
		{ "v=spf1 ip4:192.0.2.1\0/24", 24, "! bad_address" },
		{ "v=spf1 a/24\0", 12, "! bad_prefix_length" },
		{ "v=spf1 exp\0=x.example", 21, "! bad_modifier" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf out;

		buf_init(&out);
		show(cases[i].record, cases[i].length, &out);
		ok(strncmp(out.text, cases[i].word, strlen(cases[i].word)) == 0, "with a NUL, case %zu: %s", i, out.text);
		buf_clear(&out);
	}
}

/* 2,048 octets of terms are read, one more is not. */
static void check_length(void)
{
	struct buf record, out;

	buf_init(&record);
	buf_init(&out);
	buf_add(&record, "v=spf1");
	while (record.length < SPF_RECORD_OCTETS_MAX)
		buf_add(&record, " a");
	show(record.text, record.length, &out);
	ok(record.length == SPF_RECORD_OCTETS_MAX && strncmp(out.text, "+a/32/128 +a/32/128", 19) == 0,
	   "1021 terms in 2048 octets");
	buf_add(&record, " ");
	out.length = 0;
	show(record.text, record.length, &out);
	ok(strncmp(out.text, "! record_too_long", 17) == 0, "2049 octets are too many");
	buf_clear(&record);
	buf_clear(&out);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_row(rows[i].record, rows[i].read);
	check_which_is_one();
	check_nul();
	check_length();
	return tap_done();
}
