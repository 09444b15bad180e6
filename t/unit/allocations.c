/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging allocates nothing: rules of every kind, with patterns, lists and answers of DNS. */
#include "conf/load.h"
#include "core/decide.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* Of the sanitizer's own allocator; NULL in a build without it. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *)) __attribute__((weak));

static unsigned allocations;
static bool counting;

static void on_malloc(const volatile void *space, size_t size)
{
	(void)space;
	(void)size;
	allocations += counting;
}

static void *volatile witness;	/* else the compiler leaves it out */

static void on_free(const volatile void *space)
{
	(void)space;
}

static const char policy_text[] =
	"version: 1\n"
	"lists:\n"
	"  names: { domains: [.bulk.example], patterns: ['^dsl[0-9.-]', '(*NO_JIT)(a|b)+c'] }\n"
	"  networks: { networks: [192.0.2.0/24, $private] }\n"
	"  zone: { dns_zone: { zone: bl.example.org } }\n"
	"listeners:\n"
	"  - name: mx\n"
	"    match: any\n"
	"    profile: strict\n"
	"    exempt:\n"
	"      - { if: client in $networks, skip: [iprev] }\n"
	"    rules:\n"
	"      - { name: r01, then: log, if: ehlo in $names or client_ptr in $names }\n"
	"      - { name: r02, then: log, if: \"ehlo matches '^(mail|smtp)[0-9]*[.]'\" }\n"
	"      - { name: r03, then: log, if: client in $networks and not client in $zone }\n"
	"      - { name: r04, then: log, if: sender_domain in $zone }\n"
	"      - { name: r05, then: log, if: client_ptr_embeds_address or client_name != 'mail.shop.example' }\n"
	"      - { name: r06, then: log, if: iprev != pass and ehlo_fqdn == pass }\n"
	"      - { name: r07, then: log, if: sender starts_with 'joe' and sender contains '@shop' }\n"
	"      - { name: r08, then: log, if: daemon_port == 25 and mta == postfix and not tls }\n";

static struct dns_record ptr_record = { .host = { .name = "dsl-9.shop.example", .usable = true } };
static struct dns_record address;
static const struct dns_answer ptr = { .status = DNS_NOERROR, .count = 1, .records = &ptr_record };
static const struct dns_answer forward = { .status = DNS_NOERROR, .count = 1, .records = &address };
static const struct dns_answer nothing = { .status = DNS_NXDOMAIN };
static const struct dns_item items[] = {
	{ .name = "9.113.0.203.in-addr.arpa", .type = DNS_PTR, .answer = &ptr },
	{ .name = "dsl-9.shop.example", .type = DNS_A, .answer = &forward },
	{ .name = "9.113.0.203.bl.example.org", .type = DNS_A, .answer = &nothing },
	{ .name = "shop.example.bl.example.org", .type = DNS_A, .answer = &nothing },
};

int main(void)
{
	const struct answers answers = { items, sizeof items / sizeof items[0], &dns_answer_timeout, &dns_answer_timeout };
	struct session session = session_by_hand(20000);
	enum tri rules[8];
	struct decision decision = { .rules = rules };
	struct choice choice;
	struct facts facts;
	struct diag diag;
	struct policy *policy;

	diag_init(&diag);
	policy = policy_load_text("test.yaml", policy_text, strlen(policy_text), &diag);
	ok(policy && policy->listeners[0].rule_count == 8, "the policy loads");
	if (!policy)
		return tap_done();
	if (!__sanitizer_install_malloc_and_free_hooks) {
		ok(true, "judging allocates nothing # SKIP built without sanitizers, nothing counts allocations");
		policy_free(&policy);
		diag_clear(&diag);
		return tap_done();
	}
	session.client.presence = PRESENCE_KNOWN;
	(void)ip_parse("203.0.113.9", &session.client.value);
	address.address = session.client.value;
	session.daemon_port = (struct number){ PRESENCE_KNOWN, 25 };
	session.mta = MTA_POSTFIX;
	session.ehlo = text_known("mail.shop.example");
	session.sender = text_known("<joe@shop.example>");
	ok(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free), "allocations are counted");
	counting = true;
	witness = malloc(1);
	ok(allocations == 1, "which they are");
	choice = choose_listener(policy, &session);
	facts_derive(&session, &facts);
	facts.dns = &answers;
	facts.reverse_by_mta = false;
	decide(policy, &choice, &session, &facts, STAGE_MAIL, NULL, &decision);
	counting = false;
	free(witness);
	ok(allocations == 1, "choosing, deriving and judging allocate nothing (%u)", allocations - 1);
	ok(rules[0] == TRI_YES && rules[1] == TRI_YES && rules[2] == TRI_NO && rules[3] == TRI_NO && rules[4] == TRI_YES &&
	   rules[5] == TRI_NO && rules[6] == TRI_YES && rules[7] == TRI_YES, "and every kind of rule was evaluated");
	policy_free(&policy);
	diag_clear(&diag);
	return tap_done();
}
