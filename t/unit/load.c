/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in a policy afterwards; what is refused, and with which words, is in t/conf. */
#include "conf/load.h"

#include "core/reply.h"
#include "tap.h"

#include <string.h>

static struct policy *load(const char *text)
{
	struct diag diag;
	struct policy *policy;

	diag_init(&diag);
	policy = policy_load_text("test.yaml", text, strlen(text), &diag);
	for (size_t i = 0; i < diag.count; i++)
		printf("# %u:%u: %s\n", diag.entries[i].place.line, diag.entries[i].place.column,
		       diag.entries[i].text);
	diag_clear(&diag);
	return policy;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static void test_built_in(void)
{
	struct policy *policy = load(policy_built_in);
	const struct listener *listener;

	ok(policy && policy->listener_count == 1, "the built-in policy loads");
	if (!policy)
		return;
	listener = &policy->listeners[0];
	ok(listener->match_any && listener->profile == PROFILE_STANDARD &&
		   listener->mode == MODE_OBSERVE,
	   "one listener: any, standard, observe");
	ok(same(policy->server.socket, "inet:8897@127.0.0.1") &&
		   policy->server.socket_mode == 0660 && policy->server.enforce &&
		   !policy->server.socket_group,
	   "server: defaults of the socket");
	ok(policy->server.log_level == LOG_LEVEL_INFO && policy->server.log_by_terminal,
	   "server: defaults of log");
	ok(listener->reply_at == STAGE_MAIL && listener->helo_marker == HELO_MARKER_NONE &&
	   listener->exempt_authenticated && listener->exempt_loopback, "listener: defaults");
	ok(listener->always_deliver_to_count == 2 &&
		   same(listener->always_deliver_to[0], "postmaster") &&
		   same(listener->always_deliver_to[1], "abuse"),
	   "always_deliver_to: postmaster and abuse");
	ok(listener->checks[CHECK_EHLO_OWN_NAME].lists[0] == policy_find_list(policy, "self"),
	   "ehlo_own_name: names are $self");
	ok(policy->list_count == LIST_BUILT_IN_COUNT, "only the built-in lists");
	ok(strlen(policy->sha256) == 64 && same(policy->path, "test.yaml"), "path and sha256");
	policy_free(&policy);
}

static void test_profiles(void)
{
	static const char *const names[PROFILE_COUNT] = { "standard", "strict", "submission",
							  "none" };

	for (size_t p = 0; p < PROFILE_COUNT; p++) {
		char text[200];
		struct policy *policy;
		size_t wrong = 0;

		snprintf(text, sizeof text,
			 "version: 1\nlisteners:\n  - { name: x, match: any, profile: %s }\n",
			 names[p]);
		policy = load(text);
		for (size_t id = 0; policy && id < CHECK_COUNT; id++) {
			const struct check_settings *settings = &policy->listeners[0].checks[id];
			bool off = true;

			for (size_t i = 0; i < checks[id]->outcome_count; i++) {
				const struct outcome *outcome = &checks[id]->outcomes[i];
				enum action action = settings->actions[outcome->result];

				off = off && action == ACTION_OFF;
				wrong += action != outcome->actions[p];
				wrong += (settings->replies[outcome->result] != NULL) !=
					 (action >= ACTION_TEMPFAIL);
			}
			wrong += settings->off != off || settings->mode != MODE_INHERIT;
		}
		ok(policy && wrong == 0,
		   "profile %s: the actions of the checks, and replies where they refuse",
		   names[p]);
		policy_free(&policy);
	}
}

static const char checks_text[] =
	"version: 1\n"
	"listeners:\n"
	"  - name: x\n"
	"    match: any\n"
	"    profile: strict\n"
	"    checks:\n"
	"      greeting: tempfail\n"
	"      ehlo_syntax: { softfail: off, mode: enforce }\n"
	"      ehlo_fqdn: off\n"
	"      ehlo_own_name: { names: [mx.example.org, 192.0.2.1, $private] }\n";

static void test_checks(void)
{
	struct policy *policy = load(checks_text);
	const struct check_settings *settings;
	const struct list *names;
	struct ip own = { .family = IP_NONE }, private = { .family = IP_NONE };

	ok(policy, "a listener with checks loads");
	if (!policy)
		return;
	(void)ip_parse("192.0.2.1", &own);
	(void)ip_parse("10.1.1.1", &private);
	settings = policy->listeners[0].checks;
	ok(settings[CHECK_GREETING].actions[RESULT_FAIL] == ACTION_TEMPFAIL &&
	   strncmp(settings[CHECK_GREETING].replies[RESULT_FAIL], "450 4.5.1 ", 10) == 0,
	   "a tempfail where the catalogue has a 503 takes 450 4.5.1");
	ok(settings[CHECK_EHLO_SYNTAX].actions[RESULT_FAIL] == ACTION_REJECT &&
	   settings[CHECK_EHLO_SYNTAX].actions[RESULT_SOFTFAIL] == ACTION_OFF,
	   "a result that is not named keeps the profile's action");
	ok(settings[CHECK_EHLO_SYNTAX].mode == MODE_ENFORCE &&
		   settings[CHECK_GREETING].mode == MODE_INHERIT,
	   "a check's own mode");
	ok(settings[CHECK_EHLO_FQDN].off && !settings[CHECK_EHLO_SYNTAX].off,
	   "a check that is off");
	ok(settings[CHECK_EHLO_LITERAL].actions[RESULT_FAIL] == ACTION_TAG,
	   "the profile's tag is kept");
	names = settings[CHECK_EHLO_OWN_NAME].lists[0];
	ok(names && list_has_name(names, NULL, "mx.example.org", NULL) == TRI_YES &&
	   list_has_name(names, NULL, "localhost", NULL) == TRI_NO &&
	   list_has_address(names, NULL, &own, NULL) == TRI_YES &&
	   list_has_address(names, NULL, &private, NULL) == TRI_YES,
	   "ehlo_own_name: names, addresses and lists replace $self");
	policy_free(&policy);
}

static const char lists_text[] =
	"version: 1\n"
	"lists:\n"
	"  a: { domains: [$b, a.example] }\n"
	"  b: { domains: [$c, $d, .B.example] }\n"
	"  c: { domains: [$d, '*.c.example'] }\n"
	"  d: { domains: ['d\xc3\xbc.example'] }\n"
	"listeners:\n"
	"  - name: x\n"
	"    match: { client: [192.0.2.0/24, $loopback], daemon_port: [25, 587], daemon_name: "
	"MTA,\n"
	"             daemon_addr: '[2001:db8::1]', service: [smtp, submission] }\n"
	"  - { name: y, match: { client: $private } }\n"
	"  - { name: z, match: any }\n";

static void test_lists(void)
{
	struct policy *policy = load(lists_text);
	const struct list *a = policy ? policy_find_list(policy, "a") : NULL;
	const struct list *d = policy ? policy_find_list(policy, "d") : NULL;
	struct list_hit hit;

	ok(a && d, "lists load");
	if (!a || !d) {
		policy_free(&policy);
		return;
	}
	ok(a->part_count == 3 && d->part_count == 0,
	   "a list holds each list that it includes once");
	ok(list_has_name(a, NULL, "x.b.example", &hit) == TRI_YES && hit.source.line == 4 &&
		   same(hit.list->name, "b") && same(hit.entry, ".b.example"),
	   "an entry knows its list and line");
	ok(list_has_name(a, NULL, "x.c.example", NULL) == TRI_YES &&
	   list_has_name(a, NULL, "c.example", NULL) == TRI_NO, "*.c.example is only below");
	ok(list_has_name(a, NULL, "xn--d-eha.example", NULL) == TRI_YES,
	   "a U-label became an A-label");
	ok(same(a->files[0], "test.yaml"), "file 0 is the policy file");
	policy_free(&policy);
}

static void test_match(void)
{
	struct policy *policy = load(lists_text);
	const struct match *match = policy ? &policy->listeners[0].match : NULL;
	char address[IP_TEXT_BYTES] = "";
	struct ip ip = { .family = IP_NONE };

	ok(policy && policy->listener_count == 3, "listeners load");
	if (!match)
		return;
	ok(match->daemon_port_count == 2 && match->daemon_ports[0] == 25 &&
		   match->daemon_ports[1] == 587,
	   "daemon_port");
	ok(match->daemon_name_count == 1 && same(match->daemon_names[0], "MTA"),
	   "daemon_name, a single one");
	ok(match->service_count == 2 && same(match->services[1], "submission"), "service");
	if (match->daemon_addr_count == 1)
		ip_format(&match->daemon_addrs[0], address);
	ok(same(address, "2001:db8::1"), "daemon_addr");
	(void)ip_parse("127.0.0.1", &ip);
	ok(match->clients && list_has_address(match->clients, NULL, &ip, NULL) == TRI_YES,
	   "client");
	ok(policy->listeners[1].match.clients == policy_find_list(policy, "private"),
	   "client: a list alone is that list");
	ok(!policy->listeners[0].match_any && policy->listeners[2].match_any &&
		   policy->listeners[2].line == 12,
	   "match: any");
	policy_free(&policy);
}

static const char rules_text[] =
	"version: 1\n"
	"listeners:\n"
	"  - name: x\n"
	"    match: any\n"
	"    exempt:\n"
	"      - { if: client == 192.0.2.1, skip: [second, ehlo_fqdn], reason: why, owner: who }\n"
	"      - { if: client == 192.0.2.2, since: 1970-01-02, until: 2999-12-31 }\n"
	"    rules:\n"
	"      - { name: first, if: tls, then: reject }\n"
	"      - { name: second, if: ehlo == 'x', then: tempfail, mode: enforce }\n"
	"      - name: third\n"
	"        if: 'ehlo == ''its'''\n"
	"        then: reject\n"
	"        reply: 551 5.1.1 Go away\n"
	"      - { name: fourth, if: tls, then: log }\n";

static void test_rules(void)
{
	struct policy *policy = load(rules_text);
	const struct listener *listener = policy ? &policy->listeners[0] : NULL;
	const struct rule *rules;
	const struct exempt *exempts;

	ok(listener && listener->rule_count == 4 && listener->exempt_count == 2,
	   "rules and exemptions load");
	if (!listener)
		return;
	rules = listener->rules;
	exempts = listener->exempts;
	ok(same(rules[0].reply, REPLY_RULE_REJECT) && same(rules[1].reply, REPLY_RULE_TEMPFAIL) &&
	   same(rules[2].reply, "551 5.1.1 Go away") && !rules[3].reply, "replies of rules");
	ok(rules[0].mode == MODE_INHERIT && rules[1].mode == MODE_ENFORCE, "modes of rules");
	ok(same(rules[2].name, "third") && same(rules[2].text, "ehlo == 'its'") &&
		   rules[2].line == 11 && rules[2].condition,
	   "name, text, line and condition of a rule");
	ok(rules[0].period.since == DATE_NONE && rules[0].period.until == DATE_NONE,
	   "a rule without dates");
	ok(!exempts[0].skip_all && exempts[0].skip_checks == 1u << CHECK_EHLO_FQDN &&
	   exempts[0].skip_rule_count == 1 && same(exempts[0].skip_rules[0], "second"), "skip");
	ok(same(exempts[0].reason, "why") && same(exempts[0].owner, "who") && exempts[0].line == 6,
	   "reason, owner and line of an exemption");
	ok(exempts[1].skip_all && exempts[1].condition, "no skip is everything");
	ok(exempts[1].period.since == 1 && period_holds(&exempts[1].period, 20000),
	   "dates of an exemption");
	policy_free(&policy);
}

static void test_server(void)
{
	struct policy *policy =
		load("version: 1\nserver: { socket: 'unix:/run/x', socket_group: mail, "
		     "socket_mode: \"0600\", enforce: false, log: syslog, log_level: debug }\n"
		     "listeners: [ { name: x, match: any, reply_at: rcpt, always_deliver_to: [a], "
		     "helo_marker: trailing_dot, mode: enforce, exempt_loopback: false } ]\n");
	const struct listener *listener;

	ok(policy, "server loads");
	if (!policy)
		return;
	listener = &policy->listeners[0];
	ok(same(policy->server.socket, "unix:/run/x") &&
		   same(policy->server.socket_group, "mail") &&
		   policy->server.socket_mode == 0600 && !policy->server.enforce,
	   "socket and enforce");
	ok(policy->server.log == LOG_TARGET_SYSLOG && !policy->server.log_by_terminal &&
	   policy->server.log_level == LOG_LEVEL_DEBUG, "log");
	ok(listener->reply_at == STAGE_RCPT && listener->always_deliver_to_count == 1 &&
	   listener->helo_marker == HELO_MARKER_TRAILING_DOT && listener->mode == MODE_ENFORCE &&
	   !listener->exempt_loopback && listener->exempt_authenticated, "keys of a listener");
	policy_free(&policy);
}

static void test_missing_file(void)
{
	struct diag diag;
	struct policy *policy;

	diag_init(&diag);
	policy = policy_load("/nonexistent/policy.yaml", &diag);
	ok(!policy && diag.error_count == 1 && diag.entries[0].place.line == 0 &&
		   same(diag.entries[0].place.file, "/nonexistent/policy.yaml"),
	   "a file that is not there is an error");
	diag_clear(&diag);
}

int main(void)
{
	test_built_in();
	test_profiles();
	test_checks();
	test_lists();
	test_match();
	test_rules();
	test_server();
	test_missing_file();
	return tap_done();
}
