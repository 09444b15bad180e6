/* SPDX-License-Identifier: BSD-2-Clause */
/* Measures the judgement of one session by many rules, all answers of DNS being there: t/bench/rules POLICY. */
#include "core/decide.h"

#include "bench.h"

#include <string.h>

#define CALLS 2000
#define PTR_NAME "9.113.0.203.in-addr.arpa"

struct work {
	const struct policy *policy;
	struct session session;
	struct choice choice;
	struct facts facts;
	struct decision decision;
};

/* --- what DNS says --- */

static struct dns_record ptr_records[] = {
	{ .host = { .name = "mail.shop.example", .usable = true } },
	{ .host = { .name = "203-0-113-9.dsl.example.net", .usable = true } },
};
static struct dns_record address;
static const struct dns_answer ptr = { .status = DNS_NOERROR, .count = 2, .records = ptr_records };
static const struct dns_answer forward = { .status = DNS_NOERROR, .count = 1, .records = &address };
static const struct dns_answer nothing = { .status = DNS_NXDOMAIN };
static const struct dns_item items[] = {
	{ .name = PTR_NAME, .type = DNS_PTR, .answer = &ptr },
	{ .name = "mail.shop.example", .type = DNS_A, .answer = &forward },
	{ .name = "203-0-113-9.dsl.example.net", .type = DNS_A, .answer = &nothing },
	{ .name = "9.113.0.203.bl.example", .type = DNS_A, .answer = &nothing },
	{ .name = "shop.example.bl.example", .type = DNS_A, .answer = &nothing },
};
static const struct answers answers = { items, sizeof items / sizeof items[0], &dns_answer_timeout,
					&dns_answer_timeout };

static struct session visitor(void)
{
	struct session session = session_by_hand(date_of_us(clock_realtime_us()));

	session.mta = MTA_POSTFIX;
	session.daemon_port = (struct number){ PRESENCE_KNOWN, 25 };
	session.host = text_known("mx.example.org");
	session.client.presence = PRESENCE_KNOWN;
	(void)ip_parse("203.0.113.9", &session.client.value);
	address.address = session.client.value;
	session.ehlo = text_known("mail.shop.example");
	session.sender = text_known("<joe@shop.example>");
	return session;
}

static void judge(void *thing, size_t call)
{
	struct work *work = thing;

	(void)call;
	work->choice = choose_listener(work->policy, &work->session);
	facts_derive(&work->session, &work->facts);
	work->facts.dns = &answers;
	work->facts.reverse_by_mta = false;
	decide(work->policy, &work->choice, &work->session, &work->facts, STAGE_MAIL, NULL, &work->decision);
}

int main(int argc, char **argv)
{
	struct policy *policy = argc == 2 ? load(argv[1]) : NULL;
	size_t count = policy ? policy->listeners[0].rule_count : 0, fired = 0, unknown = 0;
	enum tri *rules = calloc(count + 1, sizeof *rules);
	struct work work = { .policy = policy, .session = visitor(), .decision = { .rules = rules } };
	char what[100];

	if (!policy || !rules) {
		fputs("usage: t/bench/rules POLICY\n", stderr);
		policy_free(&policy);
		free(rules);
		return EXIT_FAILURE;
	}
	(void)snprintf(what, sizeof what, "a session by %zu rules", count);
	time_calls(what, CALLS, judge, &work);
	for (size_t i = 0; i < count; i++) {
		fired += rules[i] == TRI_YES;
		unknown += rules[i] == TRI_UNKNOWN;
	}
	printf("fired: %zu\nunknown: %zu\n", fired, unknown);
	free(rules);
	policy_free(&policy);
	return EXIT_SUCCESS;
}
