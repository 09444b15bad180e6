/* SPDX-License-Identifier: BSD-2-Clause */
/* Translates what happens in a session to counts. */
#include "app/meter.h"

#include "app/metrics_process.h"
#include "base/clock.h"
#include "core/decide.h"

#include <stdlib.h>
#include <string.h>

/* The labels' values for the names of one listener. */
struct named {
	uint8_t listener;
	uint8_t *rules;		/* NULL: all are "other" */
};

/* Set once, before any thread. */
static struct named *named;	/* NULL: all are "other" */
static struct metrics_worker *own;

/* --- names --- */

static uint8_t listener_label(const struct policy *policy, const struct listener *listener)
{
	return named ? named[listener - policy->listeners].listener : METRICS_OTHER;
}

static uint8_t rule_label(const struct policy *policy, const struct listener *listener, const struct rule *rule)
{
	const struct named *names = named ? &named[listener - policy->listeners] : NULL;

	return names && names->rules ? names->rules[rule - listener->rules] : METRICS_OTHER;
}

static void find_rules(const struct listener *listener, struct named *names)
{
	names->rules = listener->rule_count > 0 ? calloc(listener->rule_count, 1) : NULL;
	for (size_t i = 0; names->rules && i < listener->rule_count; i++)
		names->rules[i] = metrics_rule(listener->rules[i].name);
}

/* What can be found, so that the first time it is found shows as an increase. */
static void declare_findings(const struct listener *listener, uint8_t label)
{
	static const struct facts no_facts;

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct check *check = checks[i];

		for (size_t o = 0; o < check->outcome_count && !listener->checks[i].off; o++) {
			enum result result = check->outcomes[o].result;

			metrics_add(METRIC_FINDINGS, METRIC_LABELS(label, (uint8_t)(1 + i), (uint8_t)(1 + result),
				    (uint8_t)(1 + action_of(listener, check, result, &no_facts))), 0);
		}
	}
}

void meter_start(const struct policy *policy, unsigned place)
{
	static const enum metric of_sessions[] = {
		METRIC_SESSIONS_ENDED, METRIC_GREETINGS, METRIC_REGREETINGS, METRIC_TLS, METRIC_LOGINS
	};

	own = metrics_worker(place);
	named = calloc(policy->listener_count, sizeof *named);
	for (size_t i = 0; named && i < policy->listener_count; i++) {
		named[i].listener = metrics_listener(policy->listeners[i].name);
		find_rules(&policy->listeners[i], &named[i]);
		for (size_t m = 0; m < sizeof of_sessions / sizeof of_sessions[0]; m++)
			metrics_declare(of_sessions[m], named[i].listener);
		declare_findings(&policy->listeners[i], named[i].listener);
	}
}

/* --- sessions --- */

void meter_session_begin(void)
{
	if (own)
		atomic_fetch_add_explicit(&own->sessions_open, 1, memory_order_relaxed);
	METRICS_COUNT(METRIC_SESSIONS_STARTED, 0);
}

/* Only what the table names: the version is the MTA's word, but not ours. */
static enum meter_tls tls_of(const char *version)
{
	for (unsigned i = TLS_1_0; i <= TLS_1_3; i++)
		if (strcmp(version, label_word(LABEL_TLS, 1 + i)) == 0)
			return (enum meter_tls)i;
	return TLS_OTHER;
}

void meter_greeting(struct meter *meter, const char *tls_version)
{
	bool in_tls = tls_version && tls_version[0] != '\0';

	meter->greeted_in_tls = meter->greeted_in_tls || in_tls;
	meter->greeted_plain = meter->greeted_plain || !in_tls;
	if (in_tls)
		meter->tls = tls_of(tls_version);
}

void meter_mail(struct meter *meter, const struct session *session)
{
	meter->had_mail = true;
	meter->answer_counted = meter->accept_counted = false;
	if (session->tls_version.presence == PRESENCE_KNOWN)
		meter->tls = tls_of(session->tls_version.value);
	meter->logged_in = meter->logged_in || session->auth_user.presence == PRESENCE_KNOWN;
}

void meter_outcome(struct meter *meter, enum meter_outcome outcome)
{
	if (outcome > meter->outcome)
		meter->outcome = outcome;
}

static void count_tls(const struct meter *meter, uint8_t listener)
{
	enum meter_tls tls = meter->tls == TLS_NONE && !meter->had_mail ? TLS_UNKNOWN : meter->tls;
	enum meter_regreeting greeted = REGREETING_NOT_AGAIN;

	METRICS_COUNT(METRIC_TLS, listener, (uint8_t)(1 + tls));
	if (meter->tls == TLS_NONE)
		return;
	if (meter->greeted_in_tls)
		greeted = meter->greeted_plain ? REGREETING_AGAIN : REGREETING_ONLY_IN_TLS;
	METRICS_COUNT(METRIC_REGREETINGS, listener, (uint8_t)(1 + greeted));
}

void meter_session_end(const struct policy *policy, const struct session *session, const struct meter *meter)
{
	uint8_t listener = listener_label(policy, choose_listener(policy, session).listener);
	enum meter_known login = meter->logged_in ? KNOWN_YES : meter->had_mail ? KNOWN_NO : KNOWN_UNKNOWN;

	METRICS_COUNT(METRIC_SESSIONS_ENDED, listener, (uint8_t)(1 + meter->outcome));
	METRICS_COUNT(METRIC_GREETINGS, listener, (uint8_t)(1 + session->verb));
	METRICS_COUNT(METRIC_LOGINS, listener, (uint8_t)(1 + login));
	count_tls(meter, listener);
	if (own)
		atomic_fetch_sub_explicit(&own->sessions_open, 1, memory_order_relaxed);
}

/* --- verdicts --- */

static void count_findings(const struct judgement *judgement, uint8_t label)
{
	const struct listener *listener = judgement->choice.listener;

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		enum result result = judgement->decision.findings[i].result;

		if (!listener->checks[i].off)
			METRICS_COUNT(METRIC_FINDINGS, label, (uint8_t)(1 + i), (uint8_t)(1 + result),
				      (uint8_t)(1 + action_of(listener, checks[i], result, &judgement->facts)));
	}
}

static void count_verdict(const struct policy *policy, const struct judgement *judgement)
{
	const struct decision *decision = &judgement->decision;
	const struct listener *listener = judgement->choice.listener;
	bool told = decision->verdict.answer != ANSWER_ACCEPT;
	const struct verdict *decider = told ? &decision->verdict : &decision->would;
	enum mode mode = told ? MODE_ENFORCE : MODE_OBSERVE;
	uint8_t label = listener_label(policy, listener);

	if (decider->answer == ANSWER_ACCEPT && !judgement->choice.unsure && !policy_observes(policy, listener))
		mode = MODE_ENFORCE;
	METRICS_COUNT(METRIC_VERDICTS, label, decider->check ? (uint8_t)(1 + decider->check->id) : 0,
		      decider->rule ? rule_label(policy, listener, decider->rule) : 0,
		      decider->check ? (uint8_t)(1 + decider->result) : 0, (uint8_t)(1 + decider->answer),
		      (uint8_t)(1 + mode));
	count_findings(judgement, label);
}

void meter_verdict(const struct policy *policy, struct meter *meter, const struct judgement *judgement, bool answered)
{
	bool *counted = answered ? &meter->answer_counted : &meter->accept_counted;

	if (*counted)
		return;
	*counted = true;
	count_verdict(policy, judgement);
}

/* --- the rest --- */

void meter_step(enum meter_step step, int64_t begun_us)
{
	metrics_observe(METRIC_STEP_DURATION, METRIC_LABELS((uint8_t)(1 + step)), clock_monotonic_us() - begun_us);
}

void meter_limit(enum meter_limit limit)
{
	METRICS_COUNT(METRIC_LIMITS, (uint8_t)(1 + limit));
}

void meter_out_of_time(void)
{
	METRICS_COUNT(METRIC_DNS_OUT_OF_TIME, 0);
}

static void dns_asked(enum dns_asked how)
{
	METRICS_COUNT(METRIC_DNS_QUESTIONS, (uint8_t)(1 + how));
}

static void dns_answered(enum dns_type type, enum dns_status status, int64_t took_us)
{
	METRICS_COUNT(METRIC_DNS_ANSWERS, (uint8_t)(1 + type), (uint8_t)(1 + status));
	metrics_observe(METRIC_DNS_DURATION, METRIC_LABELS(0), took_us);
}

const struct dns_watch meter_dns = { .asked = dns_asked, .answered = dns_answered };

void meter_report(struct dns *dns)
{
	size_t bytes;

	metrics_count_dropped();
	if (!own || !dns)
		return;
	own->cache_answers = dns_cache_count(dns, &bytes);
	own->cache_bytes = bytes;
	own->dns_down = dns_is_down(dns);
}
