/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in a policy afterwards; what is refused, and with which words, is in t/conf. */
#include "conf/load.h"

#include "base/clock.h"
#include "core/decide.h"
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
			wrong += settings->off != off || settings->rollout.mode != MODE_INHERIT;
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
	ok(settings[CHECK_EHLO_SYNTAX].rollout.mode == MODE_ENFORCE &&
		   settings[CHECK_GREETING].rollout.mode == MODE_INHERIT,
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
	ok(rules[0].rollout.mode == MODE_INHERIT && rules[1].rollout.mode == MODE_ENFORCE, "modes of rules");
	ok(same(rules[2].name, "third") && same(rules[2].text, "ehlo == 'its'") &&
		   rules[2].line == 11 && rules[2].condition,
	   "name, text, line and condition of a rule");
	ok(rules[0].rollout.period.since == DATE_NONE && rules[0].rollout.period.until == DATE_NONE,
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

static void test_replies(void)
{
	struct policy *policy = load("version: 1\n"
				     "server: { reply_suffix: 'See https://example.org/{id}' }\n"
				     "listeners:\n"
				     "  - name: mx\n"
				     "    match: any\n"
				     "    mode: enforce\n"
				     "    checks:\n"
				     "      ehlo_syntax: { fail: reject, softfail: reject, reply: 550 5.5.4 No name }\n"
				     "      mail_from_dns: { reply: { null_mx: 550 5.7.27 Null } }\n"
				     "    rules:\n"
				     "      - { name: a, if: tls, then: reject }\n"
				     "      - { name: b, if: tls, then: tempfail, reply: 450 4.7.1 Later }\n"
				     "      - { name: c, if: tls, then: log }\n");
	const struct listener *mx;
	const struct check_settings *settings;
	struct verdict verdict = { .answer = ANSWER_TEMPFAIL, .exemption_unknown = true };

	ok(policy, "replies load");
	if (!policy)
		return;
	mx = &policy->listeners[0];
	settings = mx->checks;
	ok(same(settings[CHECK_EHLO_SYNTAX].replies[RESULT_FAIL], "550 5.5.4 No name See https://example.org/{id}") &&
	   same(settings[CHECK_EHLO_SYNTAX].replies[RESULT_SOFTFAIL], "550 5.5.4 No name See https://example.org/{id}"),
	   "one reply for all failures, with the suffix");
	ok(same(settings[CHECK_MAIL_FROM_DNS].replies[RESULT_NULL_MX], "550 5.7.27 Null See https://example.org/{id}"),
	   "a reply for one result");
	ok(same(settings[CHECK_MAIL_FROM_DNS].replies[RESULT_FAIL],
		"450 4.1.8 Sender domain does not resolve ({id}) See https://example.org/{id}"),
	   "the other results keep the default, with the suffix");
	ok(same(mx->rules[0].reply, REPLY_RULE_REJECT " See https://example.org/{id}") &&
	   same(mx->rules[1].reply, "450 4.7.1 Later See https://example.org/{id}") && !mx->rules[2].reply,
	   "replies of rules");
	ok(same(verdict_reply_template(mx, &verdict), REPLY_EXEMPTION_UNKNOWN " See https://example.org/{id}"),
	   "when an exemption is unknown");
	verdict = (struct verdict){ .answer = ANSWER_TEMPFAIL, .resolver_down = true };
	ok(same(verdict_reply_template(mx, &verdict), REPLY_RESOLVER_DOWN " See https://example.org/{id}"),
	   "when the resolver is down");
	policy_free(&policy);
}

static void test_zones(void)
{
	struct policy *policy = load("version: 1\n"
				     "lists:\n"
				     "  zone: { dns_zone: { zone: BL.Example.org., answers: [127.0.0.2, 127.0.1.0/24] } }\n"
				     "  plain: { dns_zone: { zone: bl.example.org }, patterns: ['^a', $zone] }\n"
				     "listeners: [ { name: x, match: any, profile: none,\n"
				     "    rules: [ { name: r, if: client in $zone, then: log } ] } ]\n");
	const struct list *zone, *plain;

	ok(policy, "DNS lists load");
	if (!policy)
		return;
	zone = policy_find_list(policy, "zone");
	plain = policy_find_list(policy, "plain");
	ok(same(zone->zone->name, "bl.example.org") && zone->zone->line == 3 && zone->zone->answer_count == 2 &&
	   zone->zone->answers[0].first == 0x7f000002 && zone->zone->answers[0].last == 0x7f000002 &&
	   zone->zone->answers[1].first == 0x7f000100 && zone->zone->answers[1].last == 0x7f0001ff, "a zone, its answers");
	ok(zone->holds_names && zone->holds_addresses, "a zone alone can be asked for both");
	ok(plain->zone->answer_count == 1 && plain->zone->answers[0].first == 0x7f000002 &&
	   plain->zone->answers[0].last == 0x7ffffeff, "the answers that count by default");
	ok(plain->holds_names && !plain->holds_addresses && plain->part_count == 1 && plain->patterns.count == 1,
	   "beside patterns, for names alone");
	ok(policy->listeners[0].needs_dns && policy->listeners[0].rules[0].needs_dns && policy_needs_dns(policy),
	   "a rule with a zone takes DNS");
	policy_free(&policy);
}

/* The warnings on a day, "LINE: TEXT" each. */
static void warnings_on(const char *date, const char *text, char *warnings_r, size_t bytes)
{
	struct policy *policy;
	struct diag diag;
	int32_t today = 0;
	size_t length = 0;

	warnings_r[0] = '\0';
	diag_init(&diag);
	ok(date_parse(date, &today), "%s is a date", date);
	policy = policy_load_text_on(today, "test.yaml", text, strlen(text), &diag);
	ok(policy, "loaded on %s", date);
	for (size_t i = 0; i < diag.count; i++)
		length += (size_t)snprintf(warnings_r + length, bytes - length, "%s%u: %s", i > 0 ? "; " : "",
					   diag.entries[i].place.line, diag.entries[i].text);
	policy_free(&policy);
	diag_clear(&diag);
}

static void test_dates(void)
{
	static const char text[] = "version: 1\n"
				   "listeners:\n"
				   "  - name: mx\n"
				   "    match: any\n"
				   "    mode: enforce\n"
				   "    exempt:\n"
				   "      - { if: tls, until: 2026-03-15 }\n"
				   "    checks:\n"
				   "      ehlo_fqdn: { fail: reject, since: 2026-01-01, until: 2026-03-16 }\n"
				   "    rules:\n"
				   "      - { name: a, if: null_sender, then: log, until: 2026-03-17 }\n";
	static const struct {
		const char *date;
		const char *warnings;
	} days[] = {
		{ "2026-02-28", "" },
		{ "2026-03-01", "7: ends soon, on 2026-03-15" },
		{ "2026-03-03", "7: ends soon, on 2026-03-15; 9: ends soon, on 2026-03-16; 11: ends soon, on 2026-03-17" },
		{ "2026-03-15", "7: ends today, on 2026-03-15; 9: ends soon, on 2026-03-16; 11: ends soon, on 2026-03-17" },
		{ "2026-03-16", "7: ended on 2026-03-15; it has no effect any more; 9: ends today, on 2026-03-16; "
				"11: ends soon, on 2026-03-17" },
		{ "2027-03-16", "7: ended on 2026-03-15; it has no effect any more; "
				"9: ended on 2026-03-16; it has no effect any more; "
				"11: ended on 2026-03-17; it has no effect any more" },
	};
	char warnings[1000];

	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		warnings_on(days[i].date, text, warnings, sizeof warnings);
		ok(strcmp(warnings, days[i].warnings) == 0, "on %s: %s", days[i].date, warnings);
	}
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
	test_replies();
	test_zones();
	test_dates();
	test_server();
	test_missing_file();
	return tap_done();
}
