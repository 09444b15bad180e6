/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks that read DNS: what they ask, and what they make of each answer. */
#include "core/check.h"
#include "core/checks/iprev.h"
#include "core/decide.h"
#include "core/reply.h"

#include "tap.h"

#include <stdarg.h>
#include <string.h>

/* --- the answers of a case --- */

#define ITEMS_MAX 40
#define RECORDS_MAX 16

static struct dns_item items[ITEMS_MAX];
static struct dns_answer answer_space[ITEMS_MAX];
static struct dns_record record_space[ITEMS_MAX][RECORDS_MAX];
static struct answers answers;

/* "203.0.113.9", "10 mx.example", "mail.example"; a name with a space is one that no host has. */
static void fill_record(enum dns_type type, const char *text, struct dns_record *record)
{
	*record = (struct dns_record){ .ttl_s = 300 };
	if (type == DNS_A || type == DNS_AAAA) {
		ok(ip_parse(text, &record->address), "address %s", text);
		return;
	}
	if (type == DNS_MX) {
		while (*text >= '0' && *text <= '9')
			record->host.preference = (uint16_t)(record->host.preference * 10 + (*text++ - '0'));
		text++;
	}
	record->host.name = text;
	record->host.usable = !strchr(text, ' ') && strcmp(text, ".") != 0;
}

/* Texts up to the first NULL; none: only the status. */
static void say(const char *name, enum dns_type type, enum dns_status status, ...)
{
	size_t at = answers.count++;
	const char *text;
	va_list args;

	items[at] = (struct dns_item){ .name = name, .type = type, .answer = &answer_space[at] };
	answer_space[at] = (struct dns_answer){ .status = status, .records = record_space[at] };
	va_start(args, status);
	while ((text = va_arg(args, const char *)))
		fill_record(type, text, &record_space[at][answer_space[at].count++]);
	va_end(args);
}

#define NOERROR(name, type, ...) say(name, type, DNS_NOERROR, __VA_ARGS__, NULL)
#define STATUS(name, type, status) say(name, type, status, NULL)

/* --- the session of a case --- */

static struct session session;
static struct facts facts;
static struct check_settings settings;
static struct wanted wanted;
static struct arena arena;
static struct list blocked, local, self;

static void begin(void)
{
	answers = (struct answers){ .items = items, .asked = &dns_answer_unknown, .not_asked = &dns_answer_unknown };
	settings = (struct check_settings){ .asks_dns = true };
	session = (struct session){ .client.presence = PRESENCE_KNOWN };
	ip_parse("203.0.113.9", &session.client.value);
	session.ehlo = text_known("mail.shop.example");
	session.sender = text_known("<joe@shop.example>");
}

static struct finding eval(enum check_id id)
{
	struct context context = { .session = &session, .facts = &facts, .listener = "mx", .stage = STAGE_MAIL,
				   .dns = &answers, .wanted = &wanted };

	arena_clear(&arena);
	wanted = (struct wanted){ .arena = &arena };
	facts_derive(&session, &facts);
	facts.dns = &answers;
	facts.reverse_by_mta = iprev_asks_mta(&settings);
	return checks[id]->eval(&context, &settings);
}

static bool is(enum check_id id, enum result result, const char *reason)
{
	struct finding finding = eval(id);
	const char *word = finding.reason ? finding.reason->word : "";

	if (finding.result == result && strcmp(word, reason ? reason : "") == 0)
		return true;
	printf("# %s %s\n", result_word(finding.result), word);
	return false;
}

/* "PTR 9.113.0.203.in-addr.arpa": all that the last evaluation missed. */
static bool asks(const char *expected)
{
	char text[1000] = "";

	for (size_t i = 0; i < wanted.count; i++)
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s %s", i > 0 ? ", " : "",
			       dns_type_word(wanted.questions[i].type), wanted.questions[i].name);
	if (strcmp(text, expected) == 0)
		return true;
	printf("# asks %s\n", text);
	return false;
}

/* --- iprev --- */

#define PTR_NAME "9.113.0.203.in-addr.arpa"

static void test_iprev(void)
{
	begin();
	ok(is(CHECK_IPREV, RESULT_UNKNOWN, "dns_not_recorded") && asks("PTR " PTR_NAME), "the PTR is asked first");
	NOERROR(PTR_NAME, DNS_PTR, "a.shop.example", "b.shop.example", "A.shop.example");
	ok(is(CHECK_IPREV, RESULT_UNKNOWN, "dns_not_recorded") && asks("A a.shop.example, A b.shop.example"),
	   "then the names, each once, by the client's family");
	NOERROR("a.shop.example", DNS_A, "203.0.113.8");
	ok(is(CHECK_IPREV, RESULT_UNKNOWN, "dns_not_recorded") && asks("A b.shop.example"), "one does not match");
	NOERROR("b.shop.example", DNS_A, "203.0.113.8", "203.0.113.9");
	ok(is(CHECK_IPREV, RESULT_PASS, NULL) && asks(""), "the other one does");
	begin();
	NOERROR(PTR_NAME, DNS_PTR, "a.shop.example", "b.shop.example");
	NOERROR("b.shop.example", DNS_A, "203.0.113.9");
	ok(is(CHECK_IPREV, RESULT_PASS, NULL) && asks(""), "what can change nothing is not waited for");
	begin();
	STATUS(PTR_NAME, DNS_PTR, DNS_NXDOMAIN);
	ok(is(CHECK_IPREV, RESULT_NO_PTR, "no_ptr"), "NXDOMAIN");
	begin();
	STATUS(PTR_NAME, DNS_PTR, DNS_NODATA);
	ok(is(CHECK_IPREV, RESULT_NO_PTR, "no_ptr"), "NODATA");
	begin();
	NOERROR(PTR_NAME, DNS_PTR, "my host.shop.example");
	ok(is(CHECK_IPREV, RESULT_NO_PTR, "ptr_unusable") && asks(""), "a name that no host has");
	begin();
	NOERROR(PTR_NAME, DNS_PTR, "a.shop.example");
	STATUS("a.shop.example", DNS_A, DNS_NXDOMAIN);
	ok(is(CHECK_IPREV, RESULT_FAIL, "not_confirmed"), "the name leads nowhere");
	begin();
	STATUS(PTR_NAME, DNS_PTR, DNS_SERVFAIL);
	ok(is(CHECK_IPREV, RESULT_TEMPERROR, "dns_servfail"), "PTR SERVFAIL");
	begin();
	NOERROR(PTR_NAME, DNS_PTR, "a.shop.example", "b.shop.example");
	NOERROR("a.shop.example", DNS_A, "203.0.113.8");
	STATUS("b.shop.example", DNS_A, DNS_TIMEOUT);
	ok(is(CHECK_IPREV, RESULT_TEMPERROR, "dns_timeout"), "the answer that could decide did not come");
	begin();
	answers.not_asked = &dns_answer_limit;
	ok(is(CHECK_IPREV, RESULT_TEMPERROR, "dns_limit") && asks(""), "over the limit");
	begin();
	ip_parse("2001:db8::9", &session.client.value);
	NOERROR("9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DNS_PTR, "a.shop.example");
	ok(is(CHECK_IPREV, RESULT_UNKNOWN, "dns_not_recorded") && asks("AAAA a.shop.example"), "IPv6");
	begin();
	NOERROR(PTR_NAME, DNS_PTR, "n01.a", "n02.a", "n03.a", "n04.a", "n05.a", "n06.a", "n07.a", "n08.a", "n09.a", "n10.a",
		"n11.a");
	(void)eval(CHECK_IPREV);
	ok(wanted.count == 10, "ten names are looked at");
}

static void test_reverse_name(void)
{
	char name[DNS_REVERSE_BYTES], expected[DNS_REVERSE_BYTES];
	struct ip ip = { .family = IP_V4 };
	unsigned wrong = 0;

	for (unsigned octet = 0; octet < 256; octet++) {
		for (unsigned i = 0; i < 4; i++)
			ip.bytes[i] = (uint8_t)(octet + 85 * i);
		(void)snprintf(expected, sizeof expected, "%u.%u.%u.%u.in-addr.arpa", ip.bytes[3], ip.bytes[2], ip.bytes[1],
			       ip.bytes[0]);
		dns_reverse_name(&ip, name);
		wrong += strcmp(name, expected) != 0;
	}
	ok(wrong == 0, "reverse names of IPv4");
	ok(ip_parse("2001:db8::a1", &ip), "IPv6");
	dns_reverse_name(&ip, name);
	ok(strcmp(name, "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa") == 0, "and of IPv6");
}

/* The first confirmed one, whichever answer comes first. */
static void test_client_name(void)
{
	const struct fact *fact = fact_find("client_name");
	struct context context = { .session = &session, .facts = &facts, .stage = STAGE_MAIL, .dns = &answers,
				   .wanted = &wanted };
	struct fact_value name;

	begin();
	NOERROR(PTR_NAME, DNS_PTR, "a.shop.example", "b.shop.example", "c.shop.example");
	NOERROR("b.shop.example", DNS_A, "203.0.113.9");
	ok(is(CHECK_IPREV, RESULT_PASS, NULL) && asks(""), "iprev: one of three is confirmed");
	name = fact_get(fact, &context);
	ok(name.presence == PRESENCE_UNKNOWN && asks("A a.shop.example"), "client_name: one before it might be");
	STATUS("a.shop.example", DNS_A, DNS_TIMEOUT);
	ok(fact_get(fact, &context).presence == PRESENCE_UNKNOWN, "an error of DNS leaves that open");
	answers.count--;
	STATUS("a.shop.example", DNS_A, DNS_NXDOMAIN);
	wanted.count = 0;
	name = fact_get(fact, &context);
	ok(name.presence == PRESENCE_KNOWN && strcmp(name.text, "b.shop.example") == 0 && asks(""), "it is not");
}

static void test_iprev_by_mta(void)
{
	static const struct {
		enum resolve resolve;
		enum result result;
	} rows[] = {
		{ RESOLVE_UNKNOWN, RESULT_UNKNOWN }, { RESOLVE_OK, RESULT_PASS }, { RESOLVE_FAIL, RESULT_NO_PTR },
		{ RESOLVE_FORGED, RESULT_FAIL }, { RESOLVE_TEMP, RESULT_TEMPERROR },
	};

	begin();
	settings.words[IPREV_DNS_SOURCE] = IPREV_BY_MTA;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		session.client_resolve = rows[i].resolve;
		ok(eval(CHECK_IPREV).result == rows[i].result && asks(""), "{client_resolve} number %d",
		   (int)rows[i].resolve);
	}
	session.client_resolve = RESOLVE_UNKNOWN;
	session.client_name = text_known("mail.shop.example");
	ok(is(CHECK_IPREV, RESULT_PASS, NULL), "a confirmed name");
}

/* --- the name of the greeting --- */

#define NAME "mail.shop.example"

static void test_ehlo_resolves(void)
{
	begin();
	ok(is(CHECK_EHLO_RESOLVES, RESULT_UNKNOWN, "dns_not_recorded") && asks("A " NAME ", AAAA " NAME),
	   "both families at once");
	STATUS(NAME, DNS_A, DNS_NODATA);
	STATUS(NAME, DNS_AAAA, DNS_NODATA);
	ok(is(CHECK_EHLO_RESOLVES, RESULT_UNKNOWN, "dns_not_recorded") && asks("MX " NAME), "then the MX");
	STATUS(NAME, DNS_MX, DNS_NODATA);
	ok(is(CHECK_EHLO_RESOLVES, RESULT_FAIL, "no_records"), "neither");
	answers.count--;
	NOERROR(NAME, DNS_MX, "0 .");
	ok(is(CHECK_EHLO_RESOLVES, RESULT_PASS, NULL), "a null MX is a record");
	begin();
	STATUS(NAME, DNS_A, DNS_NXDOMAIN);
	STATUS(NAME, DNS_AAAA, DNS_TIMEOUT);
	ok(is(CHECK_EHLO_RESOLVES, RESULT_FAIL, "nxdomain") && asks(""), "NXDOMAIN says it of every type");
	begin();
	STATUS(NAME, DNS_A, DNS_SERVFAIL);
	NOERROR(NAME, DNS_AAAA, "2001:db8::1");
	ok(is(CHECK_EHLO_RESOLVES, RESULT_PASS, NULL), "one family is enough");
	begin();
	STATUS(NAME, DNS_A, DNS_SERVFAIL);
	STATUS(NAME, DNS_AAAA, DNS_NODATA);
	STATUS(NAME, DNS_MX, DNS_NODATA);
	ok(is(CHECK_EHLO_RESOLVES, RESULT_TEMPERROR, "dns_servfail"), "an error leaves it open");
	begin();
	session.ehlo = text_known("[203.0.113.9]");
	ok(is(CHECK_EHLO_RESOLVES, RESULT_NONE, "no_name") && asks(""), "a literal");
	session.ehlo = text_known("desktop");
	ok(is(CHECK_EHLO_RESOLVES, RESULT_NONE, "no_name"), "a single label");
	session.ehlo = text_none();
	ok(is(CHECK_EHLO_RESOLVES, RESULT_NONE, NULL), "no greeting");
}

static void test_ehlo_matches_client(void)
{
	begin();
	ok(is(CHECK_EHLO_MATCHES_CLIENT, RESULT_UNKNOWN, "dns_not_recorded") && asks("A " NAME), "by the client's family");
	NOERROR(NAME, DNS_A, "203.0.113.8");
	ok(is(CHECK_EHLO_MATCHES_CLIENT, RESULT_FAIL, "other_addresses"), "another address");
	begin();
	NOERROR(NAME, DNS_A, "203.0.113.8", "203.0.113.9");
	ok(is(CHECK_EHLO_MATCHES_CLIENT, RESULT_PASS, NULL), "one of its addresses");
	begin();
	STATUS(NAME, DNS_A, DNS_NODATA);
	ok(is(CHECK_EHLO_MATCHES_CLIENT, RESULT_FAIL, "no_address"), "no address");
	begin();
	STATUS(NAME, DNS_A, DNS_REFUSED);
	ok(is(CHECK_EHLO_MATCHES_CLIENT, RESULT_TEMPERROR, "dns_refused"), "REFUSED");
	begin();
	settings.words[IPREV_DNS_SOURCE] = IPREV_BY_MTA;
	session.client_name = text_known("MAIL.shop.example.");
	ok(is(CHECK_EHLO_MATCHES_CLIENT, RESULT_PASS, NULL) && asks(""), "the name that the MTA confirmed");
}

/* --- mail_from_dns --- */

enum { BLOCKED_IPS, BLOCKED_WHEN, LOCAL_DOMAINS };	/* the check's own order */

static void test_mail_from_dns(void)
{
	begin();
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_UNKNOWN, "dns_not_recorded") &&
	   asks("MX shop.example, A shop.example, AAAA shop.example"), "MX and addresses at once");
	NOERROR("shop.example", DNS_MX, "20 mx2.shop.example", "10 mx1.shop.example");
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_UNKNOWN, "dns_not_recorded") &&
	   asks("A mx1.shop.example, AAAA mx1.shop.example, A mx2.shop.example, AAAA mx2.shop.example"),
	   "the hosts by preference, and no more of the domain itself");
	NOERROR("mx2.shop.example", DNS_A, "203.0.113.25");
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_PASS, NULL) && asks(""), "one usable address is enough");
	begin();
	STATUS("shop.example", DNS_MX, DNS_NXDOMAIN);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_FAIL, "nxdomain") && asks(""), "NXDOMAIN");
	begin();
	STATUS("shop.example", DNS_MX, DNS_NODATA);
	STATUS("shop.example", DNS_A, DNS_NODATA);
	STATUS("shop.example", DNS_AAAA, DNS_NODATA);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_FAIL, "no_records"), "neither MX nor address");
	begin();
	STATUS("shop.example", DNS_MX, DNS_SERVFAIL);
	NOERROR("shop.example", DNS_A, "203.0.113.80");
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_TEMPERROR, "dns_servfail") && asks(""),
	   "without the MX answer the address must not be used");
	begin();
	NOERROR("shop.example", DNS_MX, "0 .");
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_NULL_MX, "null_mx"), "null MX");
	begin();
	NOERROR("shop.example", DNS_MX, "0 .", "10 mx.shop.example");
	STATUS("mx.shop.example", DNS_A, DNS_NODATA);
	STATUS("mx.shop.example", DNS_AAAA, DNS_NXDOMAIN);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_FAIL, "no_mx_address"), "no null MX beside another, and no address");
}

static void test_blocked(void)
{
	begin();
	settings.lists[BLOCKED_IPS] = &blocked;
	NOERROR("shop.example", DNS_MX, "10 mx.shop.example");
	NOERROR("mx.shop.example", DNS_A, "64.94.110.11");
	STATUS("mx.shop.example", DNS_AAAA, DNS_NODATA);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_BLOCKED, "blocked"), "all addresses are blocked");
	answers.count--;
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_UNKNOWN, "dns_not_recorded"), "unless one is still open");
	NOERROR("mx.shop.example", DNS_AAAA, "2001:db8::25");
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_PASS, NULL), "one of them is free");
	settings.words[BLOCKED_WHEN] = 1;
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_BLOCKED, "blocked"), "blocked_when: any");
	begin();
	settings.lists[BLOCKED_IPS] = &blocked;
	settings.words[BLOCKED_WHEN] = 1;
	NOERROR("shop.example", DNS_MX, "10 mx.shop.example");
	NOERROR("mx.shop.example", DNS_A, "203.0.113.25");
	STATUS("mx.shop.example", DNS_AAAA, DNS_SERVFAIL);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_TEMPERROR, "dns_servfail"), "any: what would decide did not come");
}

static void test_senders(void)
{
	static const struct {
		const char *sender;
		enum result result;
		const char *reason;
	} rows[] = {
		{ "<>", RESULT_NONE, "null_sender" },
		{ "", RESULT_NONE, "null_sender" },
		{ "<joe@[203.0.113.9]>", RESULT_NONE, "literal" },
		{ "<joe>", RESULT_NONE, "no_domain" },
		{ "<joe@shop..example>", RESULT_NONE, "invalid" },
		{ "<joe@mail.local.example>", RESULT_SKIPPED, "local_domain" },
	};

	begin();
	settings.lists[LOCAL_DOMAINS] = &local;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		session.sender = text_known(rows[i].sender);
		ok(is(CHECK_MAIL_FROM_DNS, rows[i].result, rows[i].reason) && asks(""), "sender %s", rows[i].sender);
	}
	session.sender = text_none();
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_NONE, NULL), "no MAIL");
	session.sender = text_known("<joe..doe@shop.example>");
	STATUS("shop.example", DNS_MX, DNS_NXDOMAIN);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_FAIL, "nxdomain"), "a path that is not of the form, but has a domain");
}

/* Which names $self has, the MTA may not have told. */
static void test_own_sender(void)
{
	begin();
	settings.lists[LOCAL_DOMAINS] = &self;
	session.sender = text_known("<joe@mx.example.org>");
	session.host = text_known("mx.example.org");
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_SKIPPED, "local_domain"), "a sender at $self");
	session.host.presence = PRESENCE_UNKNOWN;
	STATUS("mx.example.org", DNS_MX, DNS_NXDOMAIN);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_UNKNOWN, "local_domains_unknown"), "at what might be $self");
	answers.count = 0;
	STATUS("mx.example.org", DNS_MX, DNS_SERVFAIL);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_TEMPERROR, "dns_servfail"), "an error of DNS stays one");
	answers.count = 0;
	NOERROR("mx.example.org", DNS_MX, "10 mx.example.org");
	NOERROR("mx.example.org", DNS_A, "198.51.100.1");
	STATUS("mx.example.org", DNS_AAAA, DNS_NODATA);
	ok(is(CHECK_MAIL_FROM_DNS, RESULT_PASS, NULL), "what DNS knows passes");
}

/* --- the judgement as a whole --- */

static struct policy policy;
static struct listener listener;
static struct rule rule;
static struct decision decision;
static enum tri rule_result;
static struct finding spf = { RESULT_UNKNOWN, NULL };	/* of MAIL FROM */

static void set(enum check_id id, enum result result, enum action action)
{
	listener.checks[id].off = false;
	listener.checks[id].asks_dns = checks[id]->dns;
	listener.checks[id].actions[result] = action;
	listener.checks[id].replies[result] = "550 5.7.1 no";
}

static void begin_policy(void)
{
	begin();
	memset(&listener, 0, sizeof listener);
	policy = (struct policy){ .listeners = &listener, .listener_count = 1, .server.enforce = true };
	listener.name = "mx";
	listener.match_any = listener.needs_dns = true;
	listener.mode = MODE_ENFORCE;
	listener.reply_at = STAGE_MAIL;
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		listener.checks[i].off = true;
		listener.checks[i].rollout = (struct rollout)ROLLOUT_WHOLE;
	}
	session.auth_user = text_none();
}

static enum answer judge(bool resolver_down, bool judge_all)
{
	struct choice choice = choose_listener(&policy, &session);

	arena_clear(&arena);
	wanted = (struct wanted){ .arena = &arena };
	facts_derive(&session, &facts);
	facts.dns = &answers;
	facts.reverse_by_mta = false;
	facts.resolver_down = resolver_down;
	facts.judge_all = judge_all;
	facts.spf[IDENTITY_MAIL_FROM] = spf;
	decision.rules = &rule_result;
	decide(&policy, &choice, &session, &facts, STAGE_MAIL, &wanted, &decision);
	return decision.verdict.answer;
}

static void test_decided(void)
{
	begin_policy();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_TAG);
	ok(judge(false, false) == ANSWER_ACCEPT && asks("PTR " PTR_NAME), "nothing decides: DNS is asked");
	session.ehlo = text_known("desktop");
	ok(judge(false, false) == ANSWER_REJECT && asks("") &&
	   decision.findings[CHECK_IPREV].result == RESULT_SKIPPED &&
	   strcmp(decision.findings[CHECK_IPREV].reason->word, "decided") == 0, "a reject decides: DNS is not asked");
	ok(judge(false, true) == ANSWER_REJECT && asks("PTR " PTR_NAME), "unless everything is to be judged");
	listener.mode = MODE_OBSERVE;
	ok(judge(false, false) == ANSWER_ACCEPT && asks("PTR " PTR_NAME), "observe decides nothing");
	listener.mode = MODE_ENFORCE;
	listener.reply_at = STAGE_CONNECT;
	ok(judge(false, false) == ANSWER_REJECT && asks("PTR " PTR_NAME), "iprev could have answered at connect");
}

static struct expr *compile(const char *text)
{
	static const bool nothing_off[CHECK_COUNT];
	const struct expr_scope scope = { .checks_off = nothing_off };
	struct expr_error error;
	static struct arena space;
	struct expr *expr;

	if (space.block_bytes == 0)
		arena_init(&space, NULL, 0, 1000);
	arena_clear(&space);
	expr = expr_compile(text, &scope, &space, &error);
	ok(expr != NULL, "compiles: %s", text);
	return expr;
}

/* What is decided stays answered where it was. */
static void test_decided_early(void)
{
	static struct exempt exempt;

	begin_policy();
	listener.reply_at = STAGE_EHLO;
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_LOG);
	session.ehlo = text_known("desktop");
	STATUS(PTR_NAME, DNS_PTR, DNS_NXDOMAIN);
	exempt = (struct exempt){ .condition = compile("client_name == 'mail.partner.example'"), .skip_all = true,
				  .period = { DATE_NONE, DATE_NONE } };
	listener.exempts = &exempt;
	listener.exempt_count = 1;
	ok(judge(false, false) == ANSWER_REJECT && decision.verdict.stage == STAGE_EHLO,
	   "an exemption that DNS has decided puts nothing off");
	exempt.condition = compile("sender_domain == 'other.example'");
	exempt.skip_all = false;
	exempt.skip_checks = 1U << CHECK_EHLO_FQDN;
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_REJECT);
	ok(judge(false, false) == ANSWER_REJECT && decision.verdict.stage == STAGE_EHLO &&
	   decision.verdict.check == checks[CHECK_IPREV], "one that puts a reject off lets another be told first");
}

/* By the MTA's word iprev takes no DNS, and stands below checks that do. */
static void test_decided_by_the_mta(void)
{
	begin_policy();
	set(CHECK_IPREV, RESULT_PASS, ACTION_REJECT);
	listener.checks[CHECK_IPREV].asks_dns = false;
	set(CHECK_EHLO_RESOLVES, RESULT_FAIL, ACTION_TEMPFAIL);
	NOERROR(PTR_NAME, DNS_PTR, "a.shop.example");
	NOERROR("a.shop.example", DNS_A, "203.0.113.9");
	ok(judge(false, false) == ANSWER_REJECT && asks(""), "a lesser check above it cannot win");
	set(CHECK_EHLO_RESOLVES, RESULT_FAIL, ACTION_REJECT);
	ok(judge(false, false) == ANSWER_REJECT && asks("A " NAME ", AAAA " NAME), "one that rejects is asked for");
}

static void test_reply_names_client(void)
{
	begin_policy();
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_LOG);
	rule = (struct rule){ .name = "r", .condition = compile("ehlo == '" NAME "'"), .action = ACTION_REJECT,
			      .rollout = ROLLOUT_WHOLE, .reply = "550 5.7.1 {client}" };
	listener.rules = &rule;
	listener.rule_count = 1;
	ok(judge(false, false) == ANSWER_REJECT && asks(""), "a reply that names no name takes no DNS");
	rule.reply = "550 5.7.1 {client_name}";
	ok(judge(false, false) == ANSWER_REJECT && asks("PTR " PTR_NAME), "one that names the client's does");
	listener.checks[CHECK_IPREV].off = true;
	ok(judge(false, false) == ANSWER_REJECT && asks("PTR " PTR_NAME), "where no check asks for it too");
	session.ehlo = text_known("other.example");
	ok(judge(false, false) == ANSWER_ACCEPT && asks(""), "but not where it is not sent");
}

static void test_rule_above(void)
{
	begin_policy();
	set(CHECK_EHLO_FQDN, RESULT_FAIL, ACTION_REJECT);
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_LOG);
	session.ehlo = text_known("desktop");
	rule = (struct rule){ .name = "dsl", .condition = compile("client_ptr starts_with 'dsl'"), .action = ACTION_REJECT,
			      .rollout = ROLLOUT_WHOLE, .reply = "550 5.7.1 dsl", .needs_dns = true };
	listener.rules = &rule;
	listener.rule_count = 1;
	ok(judge(false, false) == ANSWER_REJECT && asks("PTR " PTR_NAME), "a rule above may still win: DNS is asked");
	NOERROR(PTR_NAME, DNS_PTR, "host.shop.example", "DSL-1.shop.example");
	ok(judge(false, false) == ANSWER_REJECT && decision.verdict.rule == &rule, "any of the names will do");
	rule.action = ACTION_TEMPFAIL;
	ok(judge(false, false) == ANSWER_REJECT && decision.verdict.check && rule_result == TRI_UNKNOWN && asks(""),
	   "a lesser rule cannot win");
}

static void test_resolver_down(void)
{
	begin_policy();
	set(CHECK_MAIL_FROM_DNS, RESULT_TEMPERROR, ACTION_TEMPFAIL);
	STATUS("shop.example", DNS_MX, DNS_TIMEOUT);
	ok(judge(false, false) == ANSWER_TEMPFAIL && !decision.verdict.resolver_down, "its own action");
	policy.dns.on_failure = ACTION_OFF;
	ok(judge(true, false) == ANSWER_ACCEPT, "resolver down, on_failure: pass");
	policy.dns.on_failure = ACTION_TEMPFAIL;
	ok(judge(true, false) == ANSWER_TEMPFAIL && decision.verdict.resolver_down &&
	   strcmp(verdict_reply_template(&listener, &decision.verdict), REPLY_RESOLVER_DOWN) == 0,
	   "on_failure: tempfail, with a reply of its own");
	listener.checks[CHECK_MAIL_FROM_DNS].actions[RESULT_TEMPERROR] = ACTION_OFF;
	listener.checks[CHECK_MAIL_FROM_DNS].actions[RESULT_FAIL] = ACTION_REJECT;
	ok(judge(true, false) == ANSWER_ACCEPT, "what is off stays off");
	begin_policy();
	policy.dns.on_failure = ACTION_TEMPFAIL;
	set(CHECK_SPF_MAIL_FROM, RESULT_TEMPERROR, ACTION_TAG);
	spf = (struct finding){ RESULT_TEMPERROR, NULL };
	ok(judge(true, false) == ANSWER_TEMPFAIL, "on_failure for SPF");
	session.sender = text_known("<>");
	ok(judge(true, false) == ANSWER_ACCEPT && decision.tagged, "at most a tag for the null sender");
	spf = (struct finding){ RESULT_UNKNOWN, NULL };
}

static void test_quarantine(void)
{
	begin_policy();
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_QUARANTINE);
	STATUS(PTR_NAME, DNS_PTR, DNS_NXDOMAIN);
	ok(judge(false, false) == ANSWER_QUARANTINE, "quarantine");
	set(CHECK_MAIL_FROM_DNS, RESULT_FAIL, ACTION_TEMPFAIL);
	STATUS("shop.example", DNS_MX, DNS_NXDOMAIN);
	ok(judge(false, false) == ANSWER_TEMPFAIL, "any refusal comes before it");
	listener.mode = MODE_OBSERVE;
	ok(judge(false, false) == ANSWER_ACCEPT && decision.would.answer == ANSWER_TEMPFAIL, "not in observe");
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_TAG);
	ok(judge(false, false) == ANSWER_ACCEPT && decision.tagged && decision.notable, "tag, in observe too");
}

static void test_temperror_in_rules(void)
{
	begin_policy();
	set(CHECK_IPREV, RESULT_NO_PTR, ACTION_LOG);
	STATUS(PTR_NAME, DNS_PTR, DNS_SERVFAIL);
	rule = (struct rule){ .name = "r", .condition = compile("iprev != pass"), .action = ACTION_REJECT,
			      .rollout = ROLLOUT_WHOLE, .reply = "550 5.7.1 r", .needs_dns = true };
	listener.rules = &rule;
	listener.rule_count = 1;
	ok(judge(false, false) == ANSWER_ACCEPT && rule_result == TRI_UNKNOWN, "an error of DNS is unknown to != pass");
	rule.condition = compile("iprev == temperror");
	rule.action = ACTION_TEMPFAIL;
	ok(judge(false, false) == ANSWER_TEMPFAIL, "unless it is asked for by name");
	rule.condition = compile("client_name != 'a.example'");
	ok(judge(false, false) == ANSWER_ACCEPT && rule_result == TRI_UNKNOWN, "the client's name is unknown then");
	answers.count = 0;
	STATUS(PTR_NAME, DNS_PTR, DNS_NXDOMAIN);
	ok(judge(false, false) == ANSWER_ACCEPT && rule_result == TRI_NO, "and none where there is no PTR");
}

int main(void)
{
	struct network network;
	const char *error;

	arena_init(&arena, NULL, 0, 4096);
	list_init(&blocked, "blocked");
	list_init(&local, "local");
	list_init(&self, "self");
	self.self = true;
	ok(network_parse("64.94.110.11", &network, &error) && list_add_network(&blocked, &network, (struct list_source){ 0 }) &&
	   list_finish(&blocked), "a list of addresses");
	ok(list_add_domain(&local, "local.example", DOMAIN_SELF | DOMAIN_BELOW, (struct list_source){ 0 }) &&
	   list_finish(&local), "a list of domains");
	test_reverse_name();
	test_iprev();
	test_client_name();
	test_iprev_by_mta();
	test_ehlo_resolves();
	test_ehlo_matches_client();
	test_mail_from_dns();
	test_blocked();
	test_senders();
	test_own_sender();
	test_decided();
	test_decided_early();
	test_decided_by_the_mta();
	test_reply_names_client();
	test_rule_above();
	test_resolver_down();
	test_quarantine();
	test_temperror_in_rules();
	list_clear(&blocked);
	list_clear(&local);
	arena_clear(&arena);
	return tap_done();
}
