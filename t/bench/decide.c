/* SPDX-License-Identifier: BSD-2-Clause */
/* Measures the judgement of sessions without facts from DNS: t/bench/decide POLICY. */
#include "core/decide.h"

#include "bench.h"

#define CALLS 300000

struct work {
	const struct policy *policy;
	struct session session;
	struct choice choice;
	struct facts facts;
	struct decision decision;
};

/* A stranger at the MX; ehlo NULL: without a greeting. */
static struct session stranger(const char *ehlo)
{
	struct session session = {
		.start_date = date_of_us(clock_realtime_us()),
		.mta = MTA_POSTFIX,
		.daemon_name = text_known("mx"),
		.daemon_addr = { .presence = PRESENCE_KNOWN },
		.daemon_port = { PRESENCE_KNOWN, 25 },
		.host = text_known("mx.example.org"),
		.client = { .presence = PRESENCE_KNOWN },
		.client_port = { PRESENCE_KNOWN, 40000 },
		.client_name = text_none(),
		.ehlo = ehlo ? text_known(ehlo) : text_none(),
		.sender = text_known("<joe@shop.example>"),
		.auth_user = text_none(),
		.tls_version = text_none(),
		.queue_id = text_none(),
		.recipient = text_none(),
	};

	(void)ip_parse("203.0.113.9", &session.client.value);
	(void)ip_parse("198.51.100.1", &session.daemon_addr.value);
	return session;
}

static void decide_once(void *thing, size_t call)
{
	struct work *work = thing;

	(void)call;
	decide(work->policy, &work->choice, &work->session, &work->facts, STAGE_MAIL, NULL,
	       &work->decision);
}

static void judge_once(void *thing, size_t call)
{
	struct work *work = thing;

	work->choice = choose_listener(work->policy, &work->session);
	facts_derive(&work->session, &work->facts);
	decide_once(work, call);
}

/* The rules' results have room for the listener with the most rules. */
static void measure(const struct policy *policy, enum tri *rules, const char *label, const char *ehlo)
{
	struct work work = { .policy = policy, .session = stranger(ehlo), .decision = { .rules = rules } };
	char what[100];

	(void)snprintf(what, sizeof what, "listener, facts and decide, %s", label);
	time_calls(what, CALLS, judge_once, &work);
	(void)snprintf(what, sizeof what, "decide alone, %s", label);
	time_calls(what, CALLS, decide_once, &work);
}

static enum tri *space_for_rules(const struct policy *policy)
{
	size_t most = 1;

	for (size_t i = 0; i < policy->listener_count; i++)
		if (policy->listeners[i].rule_count > most)
			most = policy->listeners[i].rule_count;
	return calloc(most, sizeof(enum tri));
}

int main(int argc, char **argv)
{
	struct policy *policy = argc == 2 ? load(argv[1]) : NULL;
	enum tri *rules = policy ? space_for_rules(policy) : NULL;

	if (!rules) {
		fputs("usage: t/bench/decide POLICY\n", stderr);
		policy_free(&policy);
		return EXIT_FAILURE;
	}
	measure(policy, rules, "a good name", "mail.shop.example");
	measure(policy, rules, "a single label", "desktop");
	measure(policy, rules, "a literal", "[192.0.2.1]");
	measure(policy, rules, "no greeting", NULL);
	free(rules);
	policy_free(&policy);
	return EXIT_SUCCESS;
}
