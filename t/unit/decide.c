/* SPDX-License-Identifier: BSD-2-Clause */
/* The judgement: exemptions, precedence, modes, stages, and that what is unknown never rejects. */
#include "core/decide.h"

#include "core/reply.h"
#include "tap.h"

#include <string.h>

/* A policy of one listener, built by hand: what the loader would make of it is t/conf's business. */
static struct policy policy;
static struct listener listener;
static struct exempt exempts[2];
static struct rule rules[3];
static struct session session;
static struct facts facts;
static struct decision decision;
static enum tri rule_results[3];
static struct list self;
static struct arena arena;

static const struct list *find_list(const void *lists, const char *name)
{
	(void)lists;
	return strcmp(name, "self") == 0 ? &self : NULL;
}

static struct expr *compile(const char *text)
{
	static const bool nothing_off[CHECK_COUNT];
	struct expr_scope scope = { .find_list = find_list, .checks_off = nothing_off, .recipient = true };
	struct expr_error error;
	struct expr *expr = expr_compile(text, &scope, &arena, &error);

	if (!expr)
		ok(false, "%s: %s", text, error.text);
	return expr;
}

/* A stranger at the MX who greeted with a single label and gave a sender. */
static void begin(void)
{
	memset(&policy, 0, sizeof policy);
	memset(&listener, 0, sizeof listener);
	memset(&session, 0, sizeof session);
	memset(exempts, 0, sizeof exempts);
	memset(rules, 0, sizeof rules);
	policy.listeners = &listener;
	policy.listener_count = 1;
	policy.server.enforce = true;
	listener.name = "mx";
	listener.match_any = true;
	listener.mode = MODE_ENFORCE;
	listener.reply_at = STAGE_MAIL;
	listener.exempt_authenticated = listener.exempt_loopback = true;
	listener.exempts = exempts;
	listener.rules = rules;
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		listener.checks[i].off = true;
		listener.checks[i].rollout = (struct rollout)ROLLOUT_WHOLE;
		listener.checks[i].lists[0] = &self;
	}
	session.client.presence = PRESENCE_KNOWN;
	ip_parse("192.0.2.9", &session.client.value);
	session.client_name = text_none();
	session.host = text_known("mx.example.org");
	session.ehlo = text_known("desktop");
	session.sender = text_known("<joe@shop.example>");
	session.auth_user = session.tls_version = session.queue_id = text_none();
	session.recipient = text_none();
}

static void set(enum check_id id, enum result result, enum action action)
{
	listener.checks[id].off = false;
	listener.checks[id].actions[result] = action;
	listener.checks[id].replies[result] = "550 5.5.4 no";
}

static void add_rule(const char *name, const char *text, enum action action)
{
	struct rule *rule = &rules[listener.rule_count++];

	*rule = (struct rule){ .name = name, .condition = compile(text), .action = action,
			       .rollout = ROLLOUT_WHOLE, .reply = "550 5.7.1 no" };
}

static void add_exempt(const char *text, uint32_t checks, const char **rule_names, size_t count)
{
	struct exempt *exempt = &exempts[listener.exempt_count++];

	*exempt = (struct exempt){ .condition = compile(text), .skip_all = !checks && !count,
				   .skip_checks = checks, .skip_rules = rule_names,
				   .skip_rule_count = count, .period = { DATE_NONE, DATE_NONE } };
}

static enum answer judge(enum stage stage)
{
	struct choice choice = choose_listener(&policy, &session);

	facts_derive(&session, &facts);
	decision.rules = rule_results;
	decide(&policy, &choice, &session, &facts, stage, NULL, &decision);
	for (size_t i = 0; i < listener.rule_count; i++)
		ok(listener.rules[i].condition != NULL, "rule %zu has a condition", i);
	return decision.verdict.answer;
}

static void test_checks(void)
{
	begin();
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "nothing set, nothing refused");
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && decision.verdict.check == checks[CHECK_EHLO_FQDN],
	   "a single label is refused");
	ok(verdict_equal(&decision.verdict, &decision.would), "enforce: told and would be told are the same");
	session.ehlo = text_known("mail.shop.example");
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "a full name is not");
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_LOG);
	session.ehlo = text_known("desktop");
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT && decision.notable, "log: accepted, but worth a line");
	set(CHECK_GREETING, RESULT_FAIL, ACTION_REJECT);
	session.ehlo = text_none();
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "no greeting");
	session.sender = text_none();
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT && decision.findings[CHECK_GREETING].result == RESULT_NONE,
	   "connect and quit is no finding");
}

static void test_own_name(void)
{
	begin();
	set(CHECK_EHLO_OWN_NAME, RESULT_FAIL, ACTION_REJECT);
	ip_parse("198.51.100.1", &session.daemon_addr.value);
	session.daemon_addr.presence = PRESENCE_KNOWN;
	session.ehlo = text_known("MX.example.org.");
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "our own name from outside");
	session.ehlo = text_known("[198.51.100.1]");
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "our own address from outside");
	session.ehlo = text_known("localhost.localdomain");
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "localhost.localdomain from outside");
	session.client.value = session.daemon_addr.value;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "from ourselves");
	ip_parse("192.0.2.9", &session.client.value);
	session.daemon_addr.presence = PRESENCE_UNKNOWN;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT &&
	   decision.findings[CHECK_EHLO_OWN_NAME].result == RESULT_UNKNOWN,
	   "our addresses unknown: nobody is known to be foreign");
	session.ehlo = text_known("mail.shop.example");
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT &&
	   decision.findings[CHECK_EHLO_OWN_NAME].result == RESULT_PASS, "another name passes");
}

static void test_precedence(void)
{
	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	add_rule("soft", "ehlo == 'desktop'", ACTION_TEMPFAIL);
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && decision.verdict.check, "the most severe action wins");
	add_rule("hard", "ehlo == 'desktop'", ACTION_REJECT);
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && decision.verdict.rule == &rules[1],
	   "between equals a rule before a check");
	add_rule("harder", "ehlo == 'desktop'", ACTION_REJECT);
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && decision.verdict.rule == &rules[1],
	   "rules in the order of the file");
	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	set(CHECK_EHLO_OWN_NAME, RESULT_FAIL, ACTION_REJECT);
	session.daemon_addr.presence = PRESENCE_KNOWN;
	ip_parse("198.51.100.1", &session.daemon_addr.value);
	session.ehlo = text_known("localhost");
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && decision.verdict.check == checks[CHECK_EHLO_FQDN],
	   "checks in the order of the table");
}

static void test_modes(void)
{
	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	listener.mode = MODE_OBSERVE;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT && decision.would.answer == ANSWER_REJECT,
	   "observe: told accept, would be told reject");
	listener.checks[CHECK_EHLO_FQDN].rollout.mode = MODE_ENFORCE;
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "a check's own mode overrides the listener's");
	policy.server.enforce = false;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "server.enforce: false caps everything");
	policy.server.enforce = true;
	policy.observe = true;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "run --observe caps everything");
	policy.observe = false;
	listener.mode = MODE_ENFORCE;
	listener.checks[CHECK_EHLO_FQDN].rollout.mode = MODE_OBSERVE;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "a check in observe lets pass in an enforcing listener");
}

/* RFC 5321 4.5.1. */
static void test_postmaster(void)
{
	static const char *names[] = { "postmaster" };

	begin();
	listener.reply_at = STAGE_RCPT;
	listener.always_deliver_to = names;
	listener.always_deliver_to_count = 1;
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	add_rule("hold", "tls == false", ACTION_QUARANTINE);
	session.recipient = text_known("<joe@example.org>");
	ok(judge(STAGE_RCPT) == ANSWER_REJECT, "a recipient is refused");
	session.recipient = text_known("<PostMaster@example.org>");
	ok(judge(STAGE_RCPT) == ANSWER_QUARANTINE && decision.would.answer == ANSWER_QUARANTINE,
	   "postmaster is not, but what is no refusal stays");
	ok(decision.findings[CHECK_EHLO_FQDN].result == RESULT_FAIL, "what was found is still told");
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_LOG);
	listener.checks[CHECK_IPREV].asks_dns = listener.needs_dns = true;
	(void)judge(STAGE_RCPT);
	ok(decision.findings[CHECK_IPREV].result != RESULT_SKIPPED, "and decides nothing");
	listener.reply_at = STAGE_MAIL;
	ok(judge(STAGE_RCPT) == ANSWER_REJECT, "what MAIL was answered is not taken back for postmaster");
}

static void test_exemptions(void)
{
	static const char *soft[] = { "soft" };

	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	set(CHECK_EHLO_SYNTAX, RESULT_FAIL, ACTION_REJECT);
	add_exempt("client in 192.0.2.0/24", 1U << CHECK_EHLO_FQDN, NULL, 0);
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT &&
	   decision.findings[CHECK_EHLO_FQDN].result == RESULT_SKIPPED, "the check is skipped");
	session.ehlo = text_known("a b");
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "others are not");
	session.ehlo = text_known("desktop");
	exempts[0].period.until = session.start_date - 1;
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "an exemption that has ended");
	exempts[0].period.until = session.start_date;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "the last day counts");
	add_rule("soft", "ehlo == 'desktop'", ACTION_TEMPFAIL);
	ok(judge(STAGE_MAIL) == ANSWER_TEMPFAIL, "skip of a check leaves rules alone");
	add_exempt("sender_domain == 'shop.example'", 0, soft, 1);
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT && decision.rules[0] == TRI_NO, "a rule can be skipped by name");
}

static void test_unknown_exemption(void)
{
	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	add_exempt("client_name == 'mail.partner.example'", 0, NULL, 0);
	session.client_name.presence = PRESENCE_UNKNOWN;
	ok(judge(STAGE_MAIL) == ANSWER_TEMPFAIL && decision.verdict.exemption_unknown,
	   "a reject that an unknown exemption might have prevented becomes tempfail");
	ok(!strcmp(verdict_reply_template(&listener, &decision.verdict), REPLY_EXEMPTION_UNKNOWN),
	   "and says 451 4.4.3");
	session.client_name = text_none();
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "a name that is known to be none is in no exemption");
	session.client.presence = PRESENCE_UNKNOWN;
	listener.exempt_count = 0;
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "an unknown client address alone counts as not exempt");
}

/* Whom an exemption skips a check for is not refused because the check did not pass. */
static void test_exemption_of_a_negated_check(void)
{
	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_LOG);
	session.ehlo = text_known("mail.shop.example");
	add_rule("asks", "not (ehlo_fqdn == pass)", ACTION_REJECT);
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "the check passes, so the rule is false");
	add_exempt("client_name == 'mail.partner.example'", 1U << CHECK_EHLO_FQDN, NULL, 0);
	session.client_name = text_known("mail.partner.example");
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT && decision.rules[0] == TRI_NO, "and no exemption of the check makes it true");
}

/* A rule that asks for a check which may be skipped is as undecided as the check. */
static void test_unknown_exemption_of_a_check(void)
{
	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_LOG);
	add_rule("asks", "ehlo_fqdn == fail", ACTION_REJECT);
	add_exempt("client_name == 'mail.partner.example'", 1U << CHECK_EHLO_FQDN, NULL, 0);
	session.client_name = text_known("mail.partner.example");
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "the check is skipped, so the rule is false");
	session.client_name = text_known("mail.other.example");
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && !decision.verdict.exemption_unknown, "it is not skipped");
	session.client_name.presence = PRESENCE_UNKNOWN;
	ok(judge(STAGE_MAIL) == ANSWER_TEMPFAIL && decision.verdict.exemption_unknown,
	   "it might be skipped: the rule does not reject");
	add_rule("does not", "ehlo == 'desktop'", ACTION_REJECT);
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && decision.verdict.rule == &rules[1], "another rule does");
	begin();
	listener.reply_at = STAGE_EHLO;
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_LOG);
	add_rule("asks", "ehlo_fqdn == fail", ACTION_REJECT);
	add_exempt("sender_domain == 'other.example'", 1U << CHECK_EHLO_FQDN, NULL, 0);
	(void)judge(STAGE_EHLO);
	ok(decision.verdict.stage == STAGE_MAIL, "and waits for MAIL where the exemption does");
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "which does not apply");
}

static void test_always_exempt(void)
{
	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	session.auth_user = text_known("joe");
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "authenticated");
	listener.exempt_authenticated = false;
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "exempt_authenticated: false");
	ip_parse("127.0.0.5", &session.client.value);
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "loopback");
	listener.exempt_loopback = false;
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "exempt_loopback: false");
	session.local_submission = true;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "a local submission, whatever else is set");
	session.local_submission = false;
	session.client.presence = PRESENCE_NONE;
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "a client without an address");
}

static void test_stages(void)
{
	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	set(CHECK_GREETING, RESULT_FAIL, ACTION_REJECT);
	listener.exempt_authenticated = false;
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && decision.verdict.stage == STAGE_MAIL, "reply_at: mail");
	listener.reply_at = STAGE_EHLO;
	ok(judge(STAGE_EHLO) == ANSWER_REJECT && decision.verdict.stage == STAGE_EHLO, "reply_at: ehlo");
	listener.reply_at = STAGE_CONNECT;
	ok(judge(STAGE_CONNECT) == ANSWER_ACCEPT, "reply_at: connect, but the name is not known yet");
	ok(judge(STAGE_EHLO) == ANSWER_REJECT && decision.verdict.stage == STAGE_EHLO, "at EHLO it is");
	add_rule("net", "client in 192.0.2.0/24", ACTION_TEMPFAIL);
	ok(judge(STAGE_CONNECT) == ANSWER_TEMPFAIL && decision.verdict.stage == STAGE_CONNECT,
	   "a rule on the client answers at connect");
	ok(judge(STAGE_MAIL) == ANSWER_TEMPFAIL && decision.verdict.stage == STAGE_CONNECT,
	   "what is told first counts to the end");
	add_exempt("sender_domain == 'shop.example'", 0, NULL, 0);
	ok(judge(STAGE_CONNECT) == ANSWER_TEMPFAIL && decision.verdict.stage == STAGE_MAIL,
	   "an exemption that cannot be decided yet: wait for MAIL");
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT, "where it applies");
	listener.reply_at = STAGE_RCPT;
	listener.exempt_count = 0;
	ok(judge(STAGE_MAIL) == ANSWER_REJECT && decision.verdict.stage == STAGE_RCPT, "reply_at: rcpt");
}

static void test_listeners(void)
{
	static const unsigned ports[] = { 587 };
	struct listener two[2];
	struct choice choice;

	begin();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	two[0] = listener;
	two[0].name = "submission";
	two[0].match_any = false;
	two[0].match = (struct match){ .daemon_ports = ports, .daemon_port_count = 1 };
	two[1] = listener;
	policy.listeners = two;
	policy.listener_count = 2;
	session.daemon_port = (struct number){ PRESENCE_KNOWN, 587 };
	choice = choose_listener(&policy, &session);
	ok(choice.listener == &two[0] && !choice.unsure, "matched by port");
	session.daemon_port.value = 25;
	choice = choose_listener(&policy, &session);
	ok(choice.listener == &two[1] && !choice.unsure, "not matched: the last");
	ok(judge(STAGE_MAIL) == ANSWER_REJECT, "which enforces");
	session.daemon_port.presence = PRESENCE_UNKNOWN;
	choice = choose_listener(&policy, &session);
	ok(choice.listener == &two[1] && choice.unsure, "port unknown: the last, unsure");
	ok(judge(STAGE_MAIL) == ANSWER_ACCEPT && decision.would.answer == ANSWER_REJECT,
	   "in observe whatever its mode");
	two[0].match.daemon_names = (const char *[]){ "msa" };
	two[0].match.daemon_name_count = 1;
	session.daemon_name = text_known("mta");
	choice = choose_listener(&policy, &session);
	ok(choice.listener == &two[1] && !choice.unsure, "a false key makes a match false beside an unknown one");
}

int main(void)
{
	arena_init(&arena, NULL, 0, 4096);
	for (size_t i = 0; !self.self && i < LIST_BUILT_IN_COUNT; i++) {
		list_clear(&self);
		ok(list_built_in(i, &self), "built-in list %zu", i);
	}
	test_checks();
	test_own_name();
	test_precedence();
	test_modes();
	test_postmaster();
	test_exemptions();
	test_unknown_exemption();
	test_exemption_of_a_negated_check();
	test_unknown_exemption_of_a_check();
	test_always_exempt();
	test_stages();
	test_listeners();
	list_clear(&self);
	arena_clear(&arena);
	return tap_done();
}
