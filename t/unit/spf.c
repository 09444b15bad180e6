/* SPDX-License-Identifier: BSD-2-Clause */
/* Evaluation of SPF: results and where they come from, limits, what is asked when, bad input. */
#include "base/buf.h"
#include "spf_zone.h"
#include "tap.h"

#include <malloc.h>
#include <pthread.h>

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static struct zone zone;
static struct arena arena;
static struct spf_outcome outcome;

/* "NAME TYPE VALUE"; a status as VALUE is an error. */
static void put(const char *line)
{
	char name[300], type[10];
	enum dns_status status;
	int value = 0;

	if (sscanf(line, "%299s %9s %n", name, type, &value) < 2)
		abort();
	if (dns_status_from_word(line + value, &status))
		zone_put_error(&zone, name, type, status);
	else
		zone_put(&zone, name, type, line + value);
}

static void begin(void)
{
	arena_clear(&arena);
	zone_clear(&zone);
	zone_init(&zone);
}

static void check_input(const char *client, struct spf_input input)
{
	if (client[0] != '\0' && !ip_parse(client, &input.client))
		abort();
	arena_clear(&arena);
	zone_check(&zone, &input, &arena, &outcome);
}

/* joe@example.org from mail.example.org. */
static void check(const char *client)
{
	check_input(client, (struct spf_input){ .identity = SPF_MAIL_FROM, .ehlo = "mail.example.org",
						.local_part = "joe", .local_part_length = 3,
						.domain = "example.org" });
}

static bool is(enum spf_result result, const char *reason)
{
	if (outcome.result == result && strcmp(outcome.reason->word, reason) == 0)
		return true;
	printf("# %s, %s (%s at '%s' of %s)\n", spf_result_word(outcome.result), outcome.reason->word,
	       outcome.reason->text, outcome.mechanism, outcome.record_domain);
	return false;
}

/* Was this asked? */
static bool asked(const char *name, enum dns_type type)
{
	for (size_t i = 0; i < zone.question_count; i++)
		if (zone.questions[i].type == type && strcmp(zone.questions[i].name, name) == 0)
			return true;
	return false;
}

/* --- tables of small zones --- */

#define LINES_MAX 16

static const struct {
	const char *client;
	enum spf_result result;
	const char *reason, *mechanism, *record_domain;
	const char *lines[LINES_MAX];
} rows[] = {
	{ "192.0.2.1", SPF_NONE, "no_name", "", "example.org", { NULL } },
	{ "192.0.2.1", SPF_NONE, "no_record", "", "example.org", { "example.org A 192.0.2.1" } },
	{ "192.0.2.1", SPF_NONE, "no_record", "", "example.org", { "example.org TXT v=spf2.0/pra -all" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_timeout", "", "example.org", { "example.org TXT TIMEOUT" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_servfail", "", "example.org", { "example.org TXT SERVFAIL" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_refused", "", "example.org", { "example.org TXT REFUSED" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_limit", "", "example.org", { "example.org TXT limit" } },
	{ "192.0.2.1", SPF_UNKNOWN, "dns_not_recorded", "", "example.org", { "example.org TXT unknown" } },
	{ "192.0.2.1", SPF_PERMERROR, "multiple_records", "", "example.org",
	  { "example.org TXT v=spf1 -all", "example.org TXT V=SPF1 moo" } },
	{ "192.0.2.1", SPF_PERMERROR, "unknown_mechanism", "moo", "example.org", { "example.org TXT v=spf1 +all moo" } },
	{ "192.0.2.1", SPF_PASS, "matched", "+all", "example.org",
	  { "example.org TXT other", "example.org TXT v=spf1 +all" } },
	{ "192.0.2.1", SPF_NEUTRAL, "default", "default", "example.org", { "example.org TXT v=spf1" } },
	{ "192.0.2.1", SPF_SOFTFAIL, "matched", "~ip4:192.0.2.0/24", "example.org",
	  { "example.org TXT v=spf1 ip6:::/0 ~ip4:192.0.2.0/24 -all" } },
	{ "2001:db8::1", SPF_PASS, "matched", "ip6:::/0", "example.org",
	  { "example.org TXT v=spf1 ip4:0.0.0.0/0 ip6:::/0 -all" } },
	{ "255.255.255.255", SPF_PASS, "matched", "ip4:1.2.3.4/0", "example.org",
	  { "example.org TXT v=spf1 ip4:1.2.3.4/0 -all" } },
	{ "192.0.2.128", SPF_FAIL, "matched", "-all", "example.org",
	  { "example.org TXT v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.129 ip4:192.0.2.130/31 ip4:1.0.0.0/1 ?ip4:0.0.0.0/2 -all" } },
	{ "2001:db8:0:1::", SPF_NEUTRAL, "matched", "?ip6:2001:db8::/63", "example.org",
	  { "example.org TXT v=spf1 ip6:2001:db8::/64 ip6:2001:db8:0:1::1 ip6:2001:db8:0:1::1/128 ?ip6:2001:db8::/63" } },
	/* never mapped: that network is of IPv6 (RFC 7208 5) */
	{ "192.0.2.1", SPF_FAIL, "matched", "-all", "example.org",
	  { "example.org TXT v=spf1 ip6:::ffff:192.0.2.1 ip6:::ffff:0:0/96 -all" } },
	/* the library passes these whatever the record says */
	{ "127.0.0.1", SPF_FAIL, "matched", "-all", "example.org", { "example.org TXT v=spf1 a ip4:192.0.2.1 -all",
								      "example.org A 192.0.2.1" } },
	{ "::1", SPF_FAIL, "matched", "-all", "example.org", { "example.org TXT v=spf1 a ip6:2001:db8::1 -all",
								"example.org AAAA 2001:db8::1" } },
	{ "", SPF_NONE, "no_client_address", "", "example.org", { "example.org TXT v=spf1 +all" } },

	{ "192.0.2.1", SPF_PASS, "matched", "a/24", "example.org",
	  { "example.org TXT v=spf1 a/24 -all", "example.org A 198.51.100.1", "example.org A 192.0.2.99" } },
	{ "192.0.2.1", SPF_FAIL, "matched", "-all", "example.org",
	  { "example.org TXT v=spf1 a//0 -all", "example.org A 192.0.2.2", "example.org AAAA 2001:db8::1" } },
	{ "2001:db8::1", SPF_PASS, "matched", "a:x.example.org//0", "example.org",
	  { "example.org TXT v=spf1 a a:x.example.org//0 -all", "example.org A 192.0.2.2", "x.example.org AAAA 2001:db8:f::1" } },
	/* nor is an address of an AAAA record taken for one of another kind, whose bytes are the first of the client's */
	{ "2001:db8::1", SPF_FAIL, "matched", "-all", "example.org",
	  { "example.org TXT v=spf1 a//32 -all", "example.org AAAA ::ffff:32.1.13.184" } },
	{ "2001:db8::1", SPF_PASS, "matched", "a//0", "example.org",
	  { "example.org TXT v=spf1 a//0 -all", "example.org AAAA ::ffff:32.1.13.184" } },
	{ "2001:db8::1", SPF_PASS, "matched", "a//32", "example.org",
	  { "example.org TXT v=spf1 a//32 -all", "example.org AAAA ::ffff:192.0.2.1", "example.org AAAA 2001:db8::2" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_timeout", "a:x.example.org", "example.org",
	  { "example.org TXT v=spf1 a:x.example.org +all", "x.example.org A TIMEOUT" } },
	{ "192.0.2.1", SPF_UNKNOWN, "dns_not_recorded", "a:x.example.org", "example.org",
	  { "example.org TXT v=spf1 a:x.example.org +all", "x.example.org A unknown" } },
	{ "192.0.2.1", SPF_FAIL, "matched", "-all", "example.org",
	  { "example.org TXT v=spf1 a:x..example.org a:%{h}.%{h}.%{h}..x exists:x..%{d} -all" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_servfail", "mx", "example.org",
	  { "example.org TXT v=spf1 mx +all", "example.org MX mx1.example.org", "mx1.example.org A SERVFAIL" } },
	{ "192.0.2.1", SPF_PASS, "matched", "mx", "example.org",
	  { "example.org TXT v=spf1 mx -all", "example.org MX .", "example.org MX mx1.example.org",
	    "example.org MX mx2.example.org", "mx1.example.org A 192.0.2.1", "mx2.example.org A SERVFAIL" } },
	{ "2001:db8::1", SPF_PASS, "matched", "exists:x.example.org", "example.org",
	  { "example.org TXT v=spf1 exists:x.example.org -all", "x.example.org A 127.0.0.2" } },

	{ "192.0.2.1", SPF_PASS, "matched", "ptr", "example.org",
	  { "example.org TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR notexample.org",
	    "1.2.0.192.in-addr.arpa PTR Mail.Example.ORG", "notexample.org A 192.0.2.1", "mail.example.org A 192.0.2.1" } },
	{ "192.0.2.1", SPF_FAIL, "matched", "-all", "example.org",
	  { "example.org TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR mail.example.org",
	    "mail.example.org A 192.0.2.2" } },

	/* an error of DNS is passed over (RFC 7208 5.5), but nobody is refused for it */
	{ "192.0.2.1", SPF_TEMPERROR, "dns_servfail", "ptr", "example.org",
	  { "example.org TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR SERVFAIL" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_timeout", "ptr:x.example.org", "example.org",
	  { "example.org TXT v=spf1 ptr:x.example.org ~all", "1.2.0.192.in-addr.arpa PTR a.example.org", "a.example.org A TIMEOUT" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_servfail", "ptr", "inner.example",
	  { "example.org TXT v=spf1 include:inner.example ~all", "inner.example TXT v=spf1 ptr -all",
	    "1.2.0.192.in-addr.arpa PTR SERVFAIL" } },
	{ "192.0.2.1", SPF_NEUTRAL, "default", "default", "example.org",
	  { "example.org TXT v=spf1 ptr", "1.2.0.192.in-addr.arpa PTR SERVFAIL" } },
	{ "192.0.2.1", SPF_PASS, "matched", "+all", "example.org",
	  { "example.org TXT v=spf1 ptr +all", "1.2.0.192.in-addr.arpa PTR SERVFAIL" } },
	{ "192.0.2.1", SPF_PASS, "matched", "ptr", "example.org",
	  { "example.org TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR a.example.org",
	    "1.2.0.192.in-addr.arpa PTR b.example.org", "a.example.org A TIMEOUT", "b.example.org A 192.0.2.1" } },
	{ "192.0.2.1", SPF_UNKNOWN, "dns_not_recorded", "ptr", "example.org",
	  { "example.org TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR unknown" } },

	/* %{p}: the domain itself before what is below it, that before others (RFC 7208 7.3) */
	{ "192.0.2.1", SPF_PASS, "matched", "exists:%{p}.is", "example.org",
	  { "example.org TXT v=spf1 exists:%{p}.is -all", "1.2.0.192.in-addr.arpa PTR other.example",
	    "1.2.0.192.in-addr.arpa PTR mail.example.org", "1.2.0.192.in-addr.arpa PTR example.org",
	    "other.example A 192.0.2.1", "mail.example.org A 192.0.2.1", "example.org A 192.0.2.1",
	    "example.org.is A 127.0.0.2" } },
	{ "192.0.2.1", SPF_PASS, "matched", "exists:%{p}.is", "example.org",
	  { "example.org TXT v=spf1 exists:%{p}.is -all", "1.2.0.192.in-addr.arpa PTR other.example",
	    "1.2.0.192.in-addr.arpa PTR mail.example.org", "other.example A 192.0.2.1", "mail.example.org A 192.0.2.1",
	    "mail.example.org.is A 127.0.0.2" } },
	{ "192.0.2.1", SPF_PASS, "matched", "exists:%{p}.is", "example.org",
	  { "example.org TXT v=spf1 exists:%{p}.is -all", "1.2.0.192.in-addr.arpa PTR other.example",
	    "other.example A 192.0.2.1", "other.example.is A 127.0.0.2" } },
	{ "192.0.2.1", SPF_PASS, "matched", "exists:%{p}.is", "example.org",
	  { "example.org TXT v=spf1 exists:%{p}.is -all", "1.2.0.192.in-addr.arpa PTR SERVFAIL",
	    "unknown.is A 127.0.0.2" } },

	{ "192.0.2.1", SPF_PASS, "matched", "include:x.example", "example.org",
	  { "example.org TXT v=spf1 include:x.example -all", "x.example TXT v=spf1 ip4:192.0.2.1 -all" } },
	{ "192.0.2.1", SPF_FAIL, "matched", "-include:x.example", "example.org",
	  { "example.org TXT v=spf1 -include:x.example +all", "x.example TXT v=spf1 ?ip4:192.0.2.2 +all" } },
	{ "192.0.2.1", SPF_PERMERROR, "included_none", "include:x.example", "example.org",
	  { "example.org TXT v=spf1 include:x.example -all" } },
	{ "192.0.2.1", SPF_PERMERROR, "included_none", "include:%{d}..x", "example.org",
	  { "example.org TXT v=spf1 include:%{d}..x -all" } },
	{ "192.0.2.1", SPF_PERMERROR, "included_none", "include:%{d1}", "example.org",
	  { "example.org TXT v=spf1 include:%{d1} -all", "org TXT v=spf1 +all" } },
	{ "192.0.2.1", SPF_PERMERROR, "bad_domain", "a:moo", "y.example",
	  { "example.org TXT v=spf1 include:x.example -all", "x.example TXT v=spf1 include:y.example -all",
	    "y.example TXT v=spf1 a:moo" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_timeout", "", "y.example",
	  { "example.org TXT v=spf1 include:x.example -all", "x.example TXT v=spf1 include:y.example -all",
	    "y.example TXT TIMEOUT" } },
	/* the domain of an include is the domain of its terms */
	{ "192.0.2.1", SPF_PASS, "matched", "include:x.%{d}", "example.org",
	  { "example.org TXT v=spf1 include:x.%{d} -all", "x.example.org TXT v=spf1 a:y.%{d} exists:%{o}.%{l}.z",
	    "example.org.joe.z A 127.0.0.2" } },

	{ "192.0.2.1", SPF_PASS, "matched", "a", "x.example",
	  { "example.org TXT v=spf1 redirect=x.example ip4:192.0.2.2", "x.example TXT v=spf1 a", "x.example A 192.0.2.1" } },
	{ "192.0.2.1", SPF_NEUTRAL, "default", "default", "x.example",
	  { "example.org TXT v=spf1 redirect=x.example", "x.example TXT v=spf1 -ip4:192.0.2.2" } },
	{ "192.0.2.1", SPF_SOFTFAIL, "matched", "~all", "example.org",
	  { "example.org TXT v=spf1 redirect=x.example ~all", "x.example TXT v=spf1 +all" } },
	{ "192.0.2.1", SPF_PERMERROR, "redirected_none", "redirect=x.example", "example.org",
	  { "example.org TXT v=spf1 redirect=x.example" } },
	{ "192.0.2.1", SPF_PERMERROR, "redirected_none", "redirect=%{l}", "example.org",
	  { "example.org TXT v=spf1 redirect=%{l}", "joe TXT v=spf1 +all" } },
	{ "192.0.2.1", SPF_TEMPERROR, "dns_refused", "", "x.example",
	  { "example.org TXT v=spf1 redirect=x.example", "x.example TXT REFUSED" } },
};

static void check_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool right;

		begin();
		for (size_t j = 0; j < LINES_MAX && rows[i].lines[j]; j++)
			put(rows[i].lines[j]);
		check(rows[i].client);
		right = is(rows[i].result, rows[i].reason) && strcmp(outcome.mechanism, rows[i].mechanism) == 0 &&
			strcmp(outcome.record_domain, rows[i].record_domain) == 0 &&
			strcmp(outcome.domain, "example.org") == 0;
		ok(right, "row %zu: %s, %s at '%s' of %s", i, spf_result_word(outcome.result), outcome.reason->word,
		   outcome.mechanism, outcome.record_domain);
	}
}

/* --- identities (RFC 7208 2.3, 2.4, 4.1, 4.3) --- */

static void check_identities(void)
{
	struct spf_input null_sender = { .identity = SPF_MAIL_FROM, .ehlo = "Mail.Example.org." };
	struct spf_input helo = { .identity = SPF_HELO, .ehlo = "mail.example.org", .local_part = "joe",
				  .local_part_length = 3, .domain = "example.org" };
	static const char *const no_names[] = { "mail", "[192.0.2.1]", "192.0.2.1", "", "a b.example.org", "-", "..",
						"mail..example.org", "[IPv6:2001:db8::1]" };

	begin();
	put("example.org TXT v=spf1 -all");
	put("mail.example.org TXT v=spf1 exists:%{l}.%{o}.%{h}.x -all");
	put("postmaster.mail.example.org.mail.example.org.x A 127.0.0.2");
	check_input("192.0.2.1", helo);
	ok(is(SPF_PASS, "matched") && !strcmp(outcome.domain, "mail.example.org"), "EHLO: postmaster of the name");
	check_input("192.0.2.1", null_sender);
	ok(is(SPF_PASS, "matched") && !strcmp(outcome.domain, "Mail.Example.org"), "null sender: postmaster of the name");
	for (size_t i = 0; i < sizeof no_names / sizeof no_names[0]; i++) {
		helo.ehlo = null_sender.ehlo = no_names[i];
		check_input("192.0.2.1", helo);
		ok(is(SPF_NONE, "no_domain") && outcome.domain[0] == '\0' && zone.question_count == 0,
		   "no EHLO domain in '%s'", no_names[i]);
		check_input("192.0.2.1", null_sender);
		ok(is(SPF_NONE, "no_domain") && zone.question_count == 0, "and none for the null sender");
	}
	helo.ehlo = NULL;
	check_input("192.0.2.1", helo);
	ok(is(SPF_NONE, "no_domain"), "no greeting");
}

static void check_sender_bytes(void)
{
	struct spf_input input = { .identity = SPF_MAIL_FROM, .ehlo = "\x01 (mail)", .domain = "example.org" };

	begin();
	put("example.org TXT v=spf1 exists:%{l}%_x%%.\\\"$.%{h}.Z -all");
	zone_put(&zone, "j\xc3\xb6 \\. x%.\\\"$.\x01 (mail).z", "A", "127.0.0.2");
	input.local_part = "j\xc3\xb6 \\.";
	input.local_part_length = 6;
	check_input("192.0.2.1", input);
	ok(is(SPF_PASS, "matched"), "odd bytes in local part and EHLO name");
	ok(asked("j\\195\\182\\032\\092.\\032x%.\\092\\034\\036.\\001\\032\\040mail\\041.z", DNS_A),
	   "become a question with escapes");
	begin();
	put("example.org TXT v=spf1 exists:%{l}.x -all");
	put("postmaster.x A 127.0.0.2");
	input.local_part_length = 0;
	check_input("192.0.2.1", input);
	ok(is(SPF_PASS, "matched"), "an empty local part is postmaster");
	input.domain = "org";
	check_input("192.0.2.1", input);
	ok(is(SPF_NONE, "malformed_domain") && zone.question_count == 0, "a single label is not asked for");
	input.domain = "a..example.org";
	check_input("192.0.2.1", input);
	ok(is(SPF_NONE, "malformed_domain") && zone.question_count == 0, "an empty label is not asked for");
}

/* --- limits (RFC 7208 4.6.4) --- */

/* "v=spf1", count times text with its number, then last. */
static void put_terms(const char *name, const char *text, unsigned count, const char *last)
{
	struct buf record;

	buf_init(&record);
	buf_add(&record, "v=spf1");
	for (unsigned i = 0; i < count; i++) {
		buf_add_char(&record, ' ');
		for (const char *at = text; *at != '\0'; at++)
			if (*at == '#')
				buf_addf(&record, "%u", i);
			else
				buf_add_char(&record, *at);
	}
	buf_addf(&record, " %s", last);
	zone_put(&zone, name, "TXT", record.text);
	buf_clear(&record);
}

static void check_terms(void)
{
	begin();
	put("example.org A 192.0.2.1");
	put("example.org MX example.org");
	put_terms("example.org", "a", 10, "all");
	check("192.0.2.2");
	ok(is(SPF_PASS, "matched") && outcome.term_count == 10, "ten terms");
	begin();
	put("example.org A 192.0.2.1");
	put_terms("example.org", "a", 10, "ptr all");
	check("192.0.2.2");
	ok(is(SPF_PERMERROR, "term_limit") && !strcmp(outcome.mechanism, "ptr"), "the eleventh is too many");
	check("192.0.2.1");
	ok(is(SPF_PASS, "matched"), "unless one before it matches");
	begin();
	put_terms("example.org", "a", 9, "redirect=x.example");
	put("example.org A 192.0.2.1");
	put("x.example TXT v=spf1 include:y.example");
	put("y.example TXT v=spf1 +all");
	check("192.0.2.2");
	ok(is(SPF_PERMERROR, "term_limit") && !strcmp(outcome.record_domain, "x.example"), "redirect counts");
	begin();
	put_terms("example.org", "ip4:192.0.2.#", 120, "-all");
	check("192.0.2.250");
	ok(is(SPF_FAIL, "matched") && outcome.term_count == 0, "networks do not count");
}

static void check_loops(void)
{
	begin();
	put("example.org TXT v=spf1 include:example.org");
	check("192.0.2.2");
	ok(is(SPF_PERMERROR, "term_limit") && zone.question_count == 1, "an include of itself");
	begin();
	put("example.org TXT v=spf1 redirect=%{d}");
	check("192.0.2.2");
	ok(is(SPF_PERMERROR, "term_limit"), "a redirect to itself");
	begin();
	put("example.org TXT v=spf1 a include:x.example -all");
	put("x.example TXT v=spf1 redirect=example.org");
	put("example.org A 192.0.2.1");
	check("192.0.2.2");
	ok(is(SPF_PERMERROR, "term_limit") && zone.question_count == 3, "a loop over two");
	begin();
	for (unsigned i = 0; i < 12; i++) {
		char name[40], record[80];

		(void)snprintf(name, sizeof name, i == 0 ? "example.org" : "d%u.example", i);
		(void)snprintf(record, sizeof record, i < 10 ? "v=spf1 include:d%u.example -all" : "v=spf1 +all", i + 1);
		zone_put(&zone, name, "TXT", record);
	}
	check("192.0.2.2");
	ok(is(SPF_PASS, "matched") && zone.rounds == 11, "includes ten deep, in %zu rounds", zone.rounds);
	begin();
	for (unsigned i = 0; i < 100; i++) {
		char name[40], record[80];

		(void)snprintf(name, sizeof name, i == 0 ? "example.org" : "d%u.example", i);
		(void)snprintf(record, sizeof record, "v=spf1 include:d%u.example -all", i + 1);
		zone_put(&zone, name, "TXT", record);
	}
	check("192.0.2.2");
	ok(is(SPF_PERMERROR, "term_limit") && zone.question_count == 11, "a hundred deep: %zu questions",
	   zone.question_count);
}

static void check_voids(void)
{
	begin();
	put("example.org TXT v=spf1 a:a.x.example exists:b.x.example -all");
	check("192.0.2.2");
	ok(is(SPF_FAIL, "matched") && outcome.void_count == 2, "two void look-ups");
	begin();
	put("example.org TXT v=spf1 a:a.x.example mx:b.x.example ptr +all");
	check("192.0.2.2");
	ok(is(SPF_PERMERROR, "void_limit") && !strcmp(outcome.mechanism, "ptr"), "the third is too many");
	begin();
	put("example.org TXT v=spf1 a:a.x.example ip4:192.0.2.2 a:b.x.example a:c.x.example -all");
	check("192.0.2.2");
	ok(is(SPF_PASS, "matched") && outcome.void_count == 1, "what is asked ahead does not count");
	begin();
	put("example.org TXT v=spf1 mx a:a.x.example -all");
	for (unsigned i = 0; i < 10; i++) {
		char line[80];

		(void)snprintf(line, sizeof line, "example.org MX mx%u.example.org", i);
		put(line);
		(void)snprintf(line, sizeof line, "mx%u.example.org A 192.0.2.%u", i, i + 10);
		put(line);
	}
	check("2001:db8::1");
	ok(is(SPF_FAIL, "matched") && outcome.void_count == 2, "ten hosts without AAAA are one term without");
	begin();
	put("example.org TXT v=spf1 a:x..org a:y..org a:%{d}..org exists:..org -all");
	check("192.0.2.2");
	ok(is(SPF_FAIL, "matched") && outcome.void_count == 0 && outcome.term_count == 4,
	   "names that cannot be asked for are not void");
	begin();
	put("example.org TXT v=spf1 exists:a%{p}.x.example exists:b%{p}.x.example -all");
	check("192.0.2.2");
	ok(is(SPF_FAIL, "matched") && outcome.void_count == 2, "a macro's look-up belongs to its term");
}

/* count records of this type: "h0.example.org", ... */
static void put_hosts(const char *name, const char *type, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char host[40];

		(void)snprintf(host, sizeof host, "h%u.example.org", i);
		zone_put(&zone, name, type, host);
		zone_put(&zone, host, "A", i == 10 ? "192.0.2.1" : "192.0.2.99");
	}
}

static void check_record_counts(void)
{
	begin();
	put("example.org TXT v=spf1 mx -all");
	put_hosts("example.org", "MX", 10);
	check("192.0.2.1");
	ok(is(SPF_FAIL, "matched") && zone.question_count == 12 && zone.rounds == 3, "ten MX, asked for at once");
	begin();
	put("example.org TXT v=spf1 mx -all");
	put_hosts("example.org", "MX", 11);
	check("192.0.2.1");
	ok(is(SPF_PERMERROR, "mx_limit") && zone.question_count == 2, "eleven are too many");
	begin();
	put("example.org TXT v=spf1 mx -all");
	put_hosts("example.org", "MX", 1000);
	check("192.0.2.1");
	ok(is(SPF_PERMERROR, "mx_limit") && zone.question_count == 2, "and a thousand");
	begin();
	put("example.org TXT v=spf1 ptr:example.org -all");
	put_hosts("1.2.0.192.in-addr.arpa", "PTR", 1000);
	check("192.0.2.1");
	ok(is(SPF_FAIL, "matched") && zone.question_count == 12, "of a thousand PTR names ten are looked at");
	begin();
	put("example.org TXT v=spf1 a -all");
	for (unsigned i = 0; i < 5000; i++) {
		char address[40];

		(void)snprintf(address, sizeof address, "10.0.%u.%u", i / 256, i % 256);
		zone_put(&zone, "example.org", "A", address);
	}
	check("10.0.19.135");
	ok(is(SPF_PASS, "matched"), "the last of 5000 addresses");
	check("10.0.19.136");
	ok(is(SPF_FAIL, "matched"), "none of 5000 addresses");
}

/* --- bad input --- */

static void check_records(void)
{
	struct buf record;

	buf_init(&record);
	buf_add(&record, "v=spf1 +all");
	while (record.length < 65535)
		buf_add(&record, " exists:%{s}AAAAAAAAAAAAAAAAAAAAAAAAAAA.example");
	begin();
	zone_put(&zone, "example.org", "TXT", record.text);
	check("192.0.2.1");
	ok(is(SPF_PERMERROR, "record_too_long") && strlen(outcome.steps->text) <= 2048, "a TXT of 64 KiB");
	begin();
	zone_put(&zone, "example.org", "TXT", record.text + 1);
	for (unsigned i = 0; i < 1000; i++)
		zone_put(&zone, "example.org", "TXT", "some-verification=0123456789");
	zone_put(&zone, "example.org", "TXT", "v=spf1 +all");
	check("192.0.2.1");
	ok(is(SPF_PASS, "matched"), "one record among a thousand texts");
	record.length = SPF_RECORD_OCTETS_MAX;
	begin();
	zone_add_bytes(&zone, "example.org", 11, "TXT", record.text, record.length);
	check("192.0.2.1");
	ok(outcome.reason != NULL && strcmp(outcome.reason->word, "record_too_long") != 0 &&
	   strlen(outcome.steps->text) == SPF_RECORD_OCTETS_MAX, "2048 octets are read");
	begin();
	zone_add_bytes(&zone, "example.org", 11, "TXT", "v=spf1 a:\0\n\xff\x1b[0m -all", 21);
	check("192.0.2.1");
	ok(is(SPF_PERMERROR, "bad_character") && !strcmp(outcome.mechanism, "a:????[0m"), "no byte of it is shown raw");
	buf_clear(&record);
}

static void check_many_steps(void)
{
	size_t steps = 0;

	begin();
	put_terms("example.org", "ip4:9.0.0.1", 160, "include:x.example include:x.example include:x.example "
		  "include:x.example -all");
	put_terms("x.example", "ip4:9.0.0.1", 165, "-all");
	check("192.0.2.1");
	for (const struct spf_step *step = outcome.steps; step; step = step->next)
		steps++;
	ok(is(SPF_FAIL, "matched") && steps == SPF_STEPS_MAX && outcome.steps_cut, "%zu steps are written down", steps);
	ok(!strcmp(outcome.mechanism, "-all") && !strcmp(outcome.record_domain, "example.org"), "the result is complete");
}

/* --- what is asked when --- */

static void check_ahead(void)
{
	begin();
	put("example.org TXT v=spf1 mx a:w.example.org ip4:198.51.100.1 exists:%{i}.e.example exists:f.example "
	    "include:x.example ?ptr redirect=y.example");
	put("x.example TXT v=spf1 include:z.example a:v.example ip4:192.0.2.0/24 a:never.example -all");
	put("z.example TXT v=spf1 -all");
	put("example.org MX mx1.example.org");
	put("example.org MX mx2.example.org");
	put("y.example TXT v=spf1 -all");
	check("192.0.2.1");
	ok(is(SPF_PERMERROR, "void_limit"), "a mixed record");
	ok(zone.rounds == 4, "four rounds, not nine: %zu", zone.rounds);
	ok(asked("z.example", DNS_TXT) && asked("v.example", DNS_A) && asked("1.2.0.192.in-addr.arpa", DNS_PTR) &&
	   asked("y.example", DNS_TXT), "later terms are asked for while earlier ones wait");
	ok(!asked("never.example", DNS_A), "but none behind a match");
	begin();
	put("example.org TXT v=spf1 ip4:192.0.2.1 mx include:x.example -all");
	check("192.0.2.1");
	ok(zone.question_count == 1, "nothing is asked ahead of a match");
	begin();
	put("example.org TXT v=spf1 a -all include:x.example");
	check("192.0.2.1");
	ok(zone.question_count == 2, "nothing behind all");
	begin();
	put_terms("example.org", "a:h#.example", 30, "-all");
	check("192.0.2.1");
	ok(zone.question_count == 11, "ten terms are asked ahead, not thirty");
}

/* Eleven records, ten hosts for each of ten terms, the client's ten names, and what is asked ahead. */
#define SPF_QUESTIONS_MAX (11 + 10 * 11 + 11 + SPF_AHEAD_MAX)

/* The worst tree that the limits let through. */
static void check_amplification(void)
{
	begin();
	for (unsigned i = 0; i < 12; i++) {
		char name[40], next[400];

		(void)snprintf(name, sizeof name, i == 0 ? "example.org" : "d%u.example", i);
		(void)snprintf(next, sizeof next, "v=spf1 include:d%u.example", i + 1);
		for (unsigned j = 0; j < 12; j++) {
			size_t length = strlen(next);

			(void)snprintf(next + length, sizeof next - length, " mx:m%u.%u.example", i, j);
		}
		zone_put(&zone, name, "TXT", next);
	}
	for (unsigned i = 0; i < 12; i++)
		for (unsigned j = 0; j < 12; j++) {
			char name[40];

			(void)snprintf(name, sizeof name, "m%u.%u.example", i, j);
			for (unsigned k = 0; k < 10; k++) {
				char host[40];

				(void)snprintf(host, sizeof host, "h%u.m%u.%u.example", k, i, j);
				zone_put(&zone, name, "MX", host);
				zone_put(&zone, host, "A", "192.0.2.99");
			}
		}
	check("198.51.100.1");
	ok(is(SPF_PERMERROR, "term_limit") && zone.question_count <= SPF_QUESTIONS_MAX, "%zu questions, %zu rounds",
	   zone.question_count, zone.rounds);
	zone.one_by_one = true;
	check("198.51.100.1");
	ok(is(SPF_PERMERROR, "term_limit") && zone.question_count <= SPF_QUESTIONS_MAX, "%zu questions, %zu rounds",
	   zone.question_count, zone.rounds);
	begin();
	for (unsigned j = 0; j < 10; j++) {
		char name[40];

		(void)snprintf(name, sizeof name, "m%u.example", j);
		for (unsigned i = 0; i < 10; i++) {
			char host[40];

			(void)snprintf(host, sizeof host, "h%u.m%u.example", i, j);
			zone_put(&zone, name, "MX", host);
			zone_put(&zone, host, "A", "192.0.2.99");
		}
	}
	put_terms("example.org", "mx:m#.example", 10, "-all");
	check("198.51.100.1");
	ok(is(SPF_FAIL, "matched") && zone.question_count == 111, "ten times ten hosts: %zu questions, %zu rounds",
	   zone.question_count, zone.rounds);
}

/* --- steps --- */

static const char *step_text(const struct spf_step *step)
{
	static const char *const states[] = { "no", "yes", "stop" };
	static char text[2000];
	struct buf out;

	buf_init_fixed(&out, text, sizeof text);
	buf_addf(&out, "%u %s [%s] %s %s %s", step->depth, step->domain, step->text, step->target ? step->target : "-",
		 states[step->state], step->reason->word);
	if (step->inner != SPF_PENDING)
		buf_addf(&out, " %s", spf_result_word(step->inner));
	for (const struct spf_question *q = step->questions; q; q = q->next)
		buf_addf(&out, "; %s %s %s", q->name, dns_type_word(q->type), dns_status_word(q->status));
	return text;
}

static void check_steps(void)
{
	static const char *const wanted[] = {
		"0 example.org [v=spf1 ip4:192.0.2.9 mx -include:%{d2}.x.example include:bad.example -all] - yes record_found"
		"; example.org TXT NOERROR",
		"0 example.org [ip4:192.0.2.9] - no not_in_network",
		"0 example.org [mx] example.org no other_addresses; example.org MX NOERROR; mx1.example.org A NXDOMAIN; "
		"mx2.example.org A NOERROR",
		"0 example.org [-include:%{d2}.x.example] example.org.x.example no included_not_pass softfail",
		"1 example.org.x.example [v=spf1 redirect=r.example] - yes record_found; example.org.x.example TXT NOERROR",
		"1 example.org.x.example [r.example] r.example yes redirected softfail",
		"2 r.example [v=spf1 ip6:2001:db8::/32 ~all] - yes record_found; r.example TXT NOERROR",
		"2 r.example [ip6:2001:db8::/32] - no other_family",
		"2 r.example [~all] - yes always",
		"0 example.org [include:bad.example] bad.example stop bad_macro permerror",
		"1 bad.example [v=spf1 a:%k] - stop bad_macro; bad.example TXT NOERROR",
	};
	const struct spf_step *step;
	size_t i = 0;

	begin();
	put("example.org TXT v=spf1 ip4:192.0.2.9 mx -include:%{d2}.x.example include:bad.example -all");
	put("example.org MX mx1.example.org");
	put("example.org MX mx2.example.org");
	put("mx2.example.org A 192.0.2.8");
	put("example.org.x.example TXT v=spf1 redirect=r.example");
	put("r.example TXT v=spf1 ip6:2001:db8::/32 ~all");
	put("bad.example TXT v=spf1 a:%k");
	check("192.0.2.1");
	ok(is(SPF_PERMERROR, "bad_macro") && !strcmp(outcome.mechanism, "a:%k") &&
	   !strcmp(outcome.record_domain, "bad.example"), "an error deep inside");
	for (step = outcome.steps; step && i < sizeof wanted / sizeof wanted[0]; step = step->next, i++)
		if (!strcmp(step_text(step), wanted[i]))
			ok(1, "step %zu", i);
		else
			ok(0, "step %zu: %s", i, step_text(step));
	ok(!step && i == sizeof wanted / sizeof wanted[0], "no more and no less");
}

/* --- memory and threads --- */

static size_t allocated(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

#define EVALUATIONS 100000

static void check_growth(void)
{
	struct spf_input input = { .identity = SPF_MAIL_FROM, .local_part = "joe", .local_part_length = 3,
				   .domain = "example.org" };
	struct spf_lookup lookup = { .find = zone_find, .data = &zone };
	char space[16384];
	struct arena small;
	size_t before, errors = 0;

	begin();
	put("example.org TXT v=spf1 a ip4:192.0.2.9 include:x.example -all");
	put("example.org A 192.0.2.8");
	put("x.example TXT v=spf1 a:%{l}.%{d} ?all");
	check("192.0.2.1");
	(void)ip_parse("192.0.2.1", &input.client);
	arena_init(&small, space, sizeof space, 65536);
	before = allocated();
	for (unsigned i = 0; i < EVALUATIONS; i++) {
		struct arena_mark mark = arena_mark(&small);

		errors += !spf_check(&input, &lookup, &small, &outcome) || outcome.result != SPF_FAIL;
		arena_reset(&small, mark);
	}
	ok(errors == 0, "%u evaluations with one result", EVALUATIONS);
	ok(allocated() <= before + 1024, "which leave %zu bytes", allocated() - before);
	zone.question_count = 0;
	zone.late = true;
	before = (size_t)(small.end - small.next);
	ok(spf_check(&input, &lookup, &small, &outcome) && outcome.result == SPF_PENDING && !outcome.steps &&
	   (size_t)(small.end - small.next) == before, "a pending one leaves the arena as it was");
}

/* Its own zone for each thread: only the library is shared. */
static void *evaluate_often(void *data)
{
	struct zone *own = data;
	struct spf_lookup lookup = { .find = zone_find, .data = own };
	struct spf_input input = { .identity = SPF_MAIL_FROM, .local_part = "joe", .local_part_length = 3,
				   .domain = "example.org", .client = { { 192, 0, 2, 7 }, IP_V4 } };
	struct arena mine;
	struct spf_outcome result;

	arena_init(&mine, NULL, 0, 4096);
	for (unsigned i = 0; i < 500; i++) {
		if (!spf_check(&input, &lookup, &mine, &result) || result.result != SPF_SOFTFAIL)
			data = NULL;
		arena_clear(&mine);
	}
	return data;
}

static void check_threads(void)
{
	static struct zone zones[4];
	pthread_t threads[4];
	bool right = true;

	for (size_t i = 0; i < 4; i++) {
		zone_init(&zones[i]);
		zones[i].late = false;
		zone_put(&zones[i], "example.org", "TXT", "v=spf1 ip4:192.0.2.1 a ip4:192.0.2.2/31 ~all");
		zone_put(&zones[i], "example.org", "A", "192.0.2.9");
		if (pthread_create(&threads[i], NULL, evaluate_often, &zones[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < 4; i++) {
		void *result;

		(void)pthread_join(threads[i], &result);
		right = right && result == &zones[i];
		zone_clear(&zones[i]);
	}
	ok(right, "four threads at once");
}

int main(void)
{
	arena_init(&arena, NULL, 0, 65536);
	zone_init(&zone);
	check_rows();
	check_identities();
	check_sender_bytes();
	check_terms();
	check_loops();
	check_voids();
	check_record_counts();
	check_records();
	check_many_steps();
	check_ahead();
	check_amplification();
	check_steps();
	check_growth();
	check_threads();
	ok(strncmp(spf_library_version(), "libspf2 ", 8) == 0, "%s", spf_library_version());
	zone_clear(&zone);
	arena_clear(&arena);
	return tap_done();
}
