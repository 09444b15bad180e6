/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS lists and patterns in lists: what is asked, what an answer says, and what alarms. */
#include "core/check.h"
#include "core/decide.h"
#include "core/expr.h"
#include "core/list.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct zone_range ranges[] = { { 0x7f000002, 0x7f00000b }, { 0x7f000100, 0x7f0001ff } };
static const struct zone zone = { .name = "bl.example.org", .answers = ranges, .answer_count = 2, .line = 7 };
static const struct zone other = { .name = "other.example.org", .answers = ranges, .answer_count = 2, .line = 8 };

static struct ip ip_of(const char *text)
{
	struct ip ip = { .family = IP_NONE };

	(void)ip_parse(text, &ip);
	return ip;
}

/* --- questions --- */

#define LABEL_60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
#define NAME_182 LABEL_60 "." LABEL_60 "." LABEL_60

static const struct {
	const char *value;
	bool is_address;
	const char *question;	/* NULL: it cannot be asked */
} questions[] = {
	{ "203.0.113.9", true, "9.113.0.203.bl.example.org" },
	{ "2001:db8::1", true,
	  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example.org" },
	{ "::ffff:203.0.113.9", true, "9.113.0.203.bl.example.org" },
	{ "spam.example", false, "spam.example.bl.example.org" },
	{ "Spam.EXAMPLE.", false, "spam.example.bl.example.org" },
	{ "b\xc3\xbc" "cher.example", false, "xn--bcher-kva.example.bl.example.org" },
	{ "under_score.example", false, "under_score.example.bl.example.org" },
	{ NAME_182 "." "1234567890123456789012345678901234567890123456789012345", false,
	  NAME_182 "." "1234567890123456789012345678901234567890123456789012345.bl.example.org" },
	{ NAME_182 "." "12345678901234567890123456789012345678901234567890123456", false, NULL },
	{ "", false, NULL },
	{ ".", false, NULL },
	{ "two words", false, NULL },
	{ "[203.0.113.9]", false, NULL },
	{ "a..example", false, NULL },
};

static void test_questions(void)
{
	char question[ZONE_QUESTION_BYTES];

	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		struct ip ip = ip_of(questions[i].value);
		bool asked = questions[i].is_address ? zone_address_question(&zone, &ip, question) :
						       zone_name_question(&zone, questions[i].value, question);

		ok(asked == (questions[i].question != NULL) &&
		   (!asked || strcmp(question, questions[i].question) == 0), "question for '%s'", questions[i].value);
	}
}

/* --- answers --- */

static const struct {
	enum dns_status status;
	const char *addresses[3];
	enum tri listed;
	const char *decided;	/* NULL: no address did */
} answers[] = {
	{ DNS_NXDOMAIN, { NULL }, TRI_NO, NULL },
	{ DNS_NODATA, { NULL }, TRI_NO, NULL },
	{ DNS_NOERROR, { "127.0.0.2" }, TRI_YES, "127.0.0.2" },
	{ DNS_NOERROR, { "127.0.0.11" }, TRI_YES, "127.0.0.11" },
	{ DNS_NOERROR, { "127.0.1.255" }, TRI_YES, "127.0.1.255" },
	{ DNS_NOERROR, { "127.0.0.12" }, TRI_NO, NULL },
	{ DNS_NOERROR, { "127.0.0.1" }, TRI_NO, NULL },
	{ DNS_NOERROR, { "127.0.0.12", "127.0.0.4" }, TRI_YES, "127.0.0.4" },
	{ DNS_NOERROR, { "127.0.0.4", "127.0.0.12" }, TRI_YES, "127.0.0.4" },
	{ DNS_NOERROR, { "127.255.255.254" }, TRI_UNKNOWN, "127.255.255.254" },
	{ DNS_NOERROR, { "127.0.0.2", "127.255.255.255" }, TRI_UNKNOWN, "127.255.255.255" },
	{ DNS_NOERROR, { "127.255.254.255" }, TRI_NO, NULL },
	{ DNS_NOERROR, { "192.0.2.1" }, TRI_UNKNOWN, "192.0.2.1" },
	{ DNS_NOERROR, { "126.255.255.255" }, TRI_UNKNOWN, "126.255.255.255" },
	{ DNS_SERVFAIL, { NULL }, TRI_UNKNOWN, NULL },
	{ DNS_REFUSED, { NULL }, TRI_UNKNOWN, NULL },
	{ DNS_TIMEOUT, { NULL }, TRI_UNKNOWN, NULL },
	{ DNS_LIMIT, { NULL }, TRI_UNKNOWN, NULL },
	{ DNS_UNKNOWN, { NULL }, TRI_UNKNOWN, NULL },
};

static void test_answers(void)
{
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		struct dns_record records[3];
		struct dns_answer answer = { .status = answers[i].status, .records = records };
		struct ip decided, expected = ip_of(answers[i].decided ? answers[i].decided : "");
		enum tri listed;

		for (; answers[i].addresses[answer.count]; answer.count++)
			records[answer.count].address = ip_of(answers[i].addresses[answer.count]);
		listed = zone_judge(&zone, &answer, &decided);
		ok(listed == answers[i].listed && ip_equal(&decided, &expected), "answer %s %s %s",
		   dns_status_word(answers[i].status), answers[i].addresses[0] ? answers[i].addresses[0] : "",
		   answers[i].addresses[0] && answers[i].addresses[1] ? answers[i].addresses[1] : "");
	}
}

/* --- in a session --- */

#define ITEMS_MAX 8

static struct dns_item items[ITEMS_MAX];
static struct dns_answer answer_space[ITEMS_MAX];
static struct dns_record record_space[ITEMS_MAX];
static struct answers known;
static struct session session;
static struct facts facts;
static struct finding findings[CHECK_COUNT];
static struct wanted wanted;
static struct alarms alarms;
static struct arena arena;
static struct list addresses, names, both, second;
static struct expr_error error;

static const struct list *find_list(const void *lists, const char *name)
{
	(void)lists;
	if (strcmp(name, "addresses") == 0)
		return &addresses;
	if (strcmp(name, "names") == 0)
		return &names;
	return strcmp(name, "both") == 0 ? &both : NULL;
}

static void say(const char *name, enum dns_type type, const char *value)
{
	size_t at = known.count++;

	items[at] = (struct dns_item){ .name = name, .type = type, .answer = &answer_space[at] };
	answer_space[at] = (struct dns_answer){ .status = DNS_NXDOMAIN, .records = &record_space[at] };
	if (!value)
		return;
	answer_space[at].status = DNS_NOERROR;
	answer_space[at].count = 1;
	record_space[at] = (struct dns_record){ .ttl_s = 60 };
	if (type == DNS_A) {
		record_space[at].address = ip_of(value);
		return;
	}
	record_space[at].host.name = value;
	record_space[at].host.usable = true;
}

static void begin(void)
{
	known = (struct answers){ .items = items, .asked = &dns_answer_unknown, .not_asked = &dns_answer_unknown };
	session = (struct session){ .client.presence = PRESENCE_KNOWN };
	session.client.value = ip_of("203.0.113.9");
	session.ehlo = text_known("mail.shop.example");
	session.sender = text_known("<joe@shop.example>");
}

static enum tri eval(const char *text)
{
	static const bool checks_off[CHECK_COUNT];
	const struct expr_scope scope = { .find_list = find_list, .checks_off = checks_off };
	struct context context = { .session = &session, .facts = &facts, .listener = "mx", .findings = findings,
				   .stage = STAGE_MAIL, .dns = &known, .wanted = &wanted, .alarms = &alarms };
	struct expr *expr;
	enum tri truth;

	arena_clear(&arena);
	wanted = (struct wanted){ .arena = &arena };
	alarms = (struct alarms){ .count = 0 };
	expr = expr_compile(text, &scope, &arena, &error);
	if (!expr) {
		ok(false, "%s: %s", text, error.text);
		return TRI_UNKNOWN;
	}
	facts_derive(&session, &facts);
	facts.dns = &known;
	facts.reverse_by_mta = false;
	truth = expr_eval(expr, &context);
	expr_release(expr);
	return truth;
}

/* "9.113.0.203.bl.example.org A": all that the last evaluation missed. */
static bool asks(const char *expected)
{
	char text[1000] = "";

	for (size_t i = 0; i < wanted.count; i++)
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s %s", i > 0 ? ", " : "",
			       wanted.questions[i].name, dns_type_word(wanted.questions[i].type));
	if (strcmp(text, expected) == 0)
		return true;
	printf("# asks %s\n", text);
	return false;
}

#define QUESTION "9.113.0.203.bl.example.org"
#define OTHER_QUESTION "9.113.0.203.other.example.org"

static void test_addresses(void)
{
	begin();
	ok(eval("client in $both") == TRI_UNKNOWN && asks(QUESTION " A"), "a zone is asked");
	ok(eval("not client in $both") == TRI_UNKNOWN, "and nothing is known before it answers");
	say(QUESTION, DNS_A, NULL);
	ok(eval("client in $both") == TRI_NO && asks(""), "not listed");
	begin();
	say(QUESTION, DNS_A, "127.0.0.4");
	ok(eval("client in $both") == TRI_YES && asks("") && alarms.count == 0, "listed");
	begin();
	ok(eval("client in $addresses") == TRI_UNKNOWN && asks(OTHER_QUESTION " A, " QUESTION " A"),
	   "two zones are asked side by side");
	say(QUESTION, DNS_A, "127.0.0.4");
	ok(eval("client in $addresses") == TRI_YES && asks(""), "one that says yes is enough");
	session.client.value = ip_of("192.0.2.1");
	ok(eval("client in $addresses") == TRI_YES && asks(""), "what stands in the file is not asked for");
	session.client.value = ip_of("2001:db8::1");
	ok(eval("client in $both") == TRI_UNKNOWN && wanted.count == 1, "IPv6 is asked for too");
}

static void test_errors_of_lists(void)
{
	begin();
	say(QUESTION, DNS_A, "127.255.255.254");
	ok(eval("client in $both") == TRI_UNKNOWN && asks(""), "an error of the list is not asked again");
	ok(alarms.count == 1 && alarms.items[0].kind == ALARM_ZONE &&
	   strcmp(alarms.items[0].subject, "bl.example.org") == 0, "and alarms");
	ok(eval("client in $both or client in $both") == TRI_UNKNOWN && alarms.count == 1, "once");
	begin();
	known.asked = known.not_asked = &dns_answer_timeout;
	ok(eval("client in $both") == TRI_UNKNOWN && asks("") && alarms.count == 0, "a time-out is no alarm");
}

static void test_zone_names(void)
{
	begin();
	ok(eval("ehlo in $both") == TRI_UNKNOWN && asks("mail.shop.example.bl.example.org A"), "a name is asked for");
	session.ehlo = text_known("no name");
	ok(eval("ehlo in $both") == TRI_NO && asks(""), "what is no domain is in no zone");
	ok(eval("sender_domain in $names") == TRI_UNKNOWN && asks("shop.example.bl.example.org A"), "the sender's domain");
	session.sender = text_known("<joe@listed.example>");
	ok(eval("sender_domain in $names") == TRI_YES && asks(""), "which stands in the file");
	session.sender = text_known("<>");
	ok(eval("sender_domain in $names") == TRI_NO && asks(""), "which is none");
	begin();
	say("9.113.0.203.in-addr.arpa", DNS_PTR, "dsl.example");
	ok(eval("client_ptr in $both") == TRI_UNKNOWN && asks("dsl.example.bl.example.org A"), "the PTR's names");
	say("dsl.example.bl.example.org", DNS_A, "127.0.0.2");
	ok(eval("client_ptr in $both") == TRI_YES && asks(""), "of which any is enough");
}

/* What turned out not to matter is not asked. */
static void test_what_is_asked(void)
{
	begin();
	ok(eval("client in $both and ehlo == 'x.example'") == TRI_NO && asks(""), "false whatever the zone says");
	ok(eval("client in $both and ehlo == 'mail.shop.example'") == TRI_UNKNOWN && asks(QUESTION " A"), "it matters");
	ok(eval("client in $both or ehlo == 'mail.shop.example'") == TRI_YES && asks(""), "true whatever the zone says");
	ok(eval("client in $both and ehlo in $both") == TRI_UNKNOWN && wanted.count == 2, "both are asked side by side");
	ok(eval("ehlo in $both or (client in $both and null_sender)") == TRI_UNKNOWN &&
	   asks("mail.shop.example.bl.example.org A"), "only the part that matters");
}

/* --- patterns --- */

static void test_patterns(void)
{
	begin();
	session.ehlo = text_known("DSL-9.shop.example.");
	ok(eval("ehlo in $names") == TRI_YES, "a pattern has no case, and sees no final dot");
	session.ehlo = text_known("host.pool.shop.example");
	ok(eval("ehlo in $names") == TRI_YES && asks(""), "unanchored, and before any zone");
	session.ehlo = text_known("mail.shop.example");
	ok(eval("ehlo in $names") == TRI_UNKNOWN && asks("mail.shop.example.bl.example.org A"), "none matches");
	session.ehlo = text_known("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
	ok(eval("ehlo in $names") == TRI_UNKNOWN && alarms.count == 1 && alarms.items[0].kind == ALARM_PATTERN_LIMIT &&
	   strcmp(alarms.items[0].subject, "^(a+)+$") == 0, "one that would run for ever is unknown, and alarms");
	ok(eval("ehlo matches '^(a+)+$'") == TRI_UNKNOWN && alarms.count == 1, "so it is with matches");
}

static void test_long_subject(void)
{
	static char text[2000];

	begin();
	memset(text, 'x', sizeof text - 1);
	memcpy(text + 1000, ".pool.", 6);
	session.ehlo = text_known(text);
	ok(eval("ehlo in $names") == TRI_YES, "a name too long for DNS may match a pattern");
}

static void test_hits(void)
{
	struct list_hit hit;
	struct ip ip = ip_of("203.0.113.9");
	const struct context context = { .session = &session, .dns = &known };

	begin();
	say(QUESTION, DNS_A, "127.0.0.4");
	ok(list_has_address(&both, &context, &ip, &hit) == TRI_YES && hit.list == &both && hit.source.line == 7 &&
	   strcmp(hit.entry, "127.0.0.4 for " QUESTION) == 0, "a hit of a zone: %s", hit.entry);
	ok(list_has_name(&names, NULL, "dsl9.example", &hit) == TRI_YES && hit.source.line == 3 &&
	   strcmp(hit.entry, "^dsl[0-9.-]") == 0, "a hit of a pattern: %s", hit.entry);
	ok(list_has_name(&names, NULL, "mail.example", &hit) == TRI_UNKNOWN, "without a session only DNS could tell");
	ok(list_asks_dns(&both) && list_asks_dns(&names) && !list_asks_dns(&second) && !list_empty(&both) &&
	   !list_empty(&second), "which lists ask DNS");
}

static void test_needs_dns(void)
{
	static const bool checks_off[CHECK_COUNT];
	static const struct check_settings settings[CHECK_COUNT];
	const struct expr_scope scope = { .find_list = find_list, .checks_off = checks_off };
	struct expr *expr = expr_compile("null_sender or ehlo in $both", &scope, &arena, &error);

	ok(expr && expr_needs_dns(expr, settings), "an expression with a zone takes DNS");
}

static void fill(void)
{
	static const struct list *parts[] = { &both, &second };
	const struct list_source source = { .file = 0, .line = 3 };
	struct pattern_error bad;
	struct network network;
	const char *why;

	list_init(&both, "both");
	both.zone = &zone;
	both.holds_addresses = both.holds_names = true;
	list_init(&addresses, "addresses");
	addresses.holds_addresses = true;
	addresses.zone = &other;
	addresses.parts = parts;
	addresses.part_count = 1;
	ok(network_parse("192.0.2.0/24", &network, &why) && list_add_network(&addresses, &network, source), "a network");
	list_init(&second, "second");
	ok(list_add_pattern(&second, "\\.pool\\.", source, &bad) && list_add_pattern(&second, "^(a+)+$", source, &bad),
	   "patterns");
	list_init(&names, "names");
	names.holds_names = true;
	names.parts = parts;
	names.part_count = 2;
	ok(list_add_domain(&names, "listed.example", DOMAIN_SELF, source), "a domain");
	ok(list_add_pattern(&names, "^dsl[0-9.-]", source, &bad), "a pattern beside it");
	ok(!list_add_pattern(&names, "a(b", source, &bad) && bad.offset == 3, "a bad pattern, and where: %s", bad.text);
	ok(list_finish(&both) && list_finish(&addresses) && list_finish(&second) && list_finish(&names), "finished");
}

int main(void)
{
	arena_init(&arena, NULL, 0, 4096);
	fill();
	test_questions();
	test_answers();
	test_addresses();
	test_errors_of_lists();
	test_zone_names();
	test_what_is_asked();
	test_patterns();
	test_long_subject();
	test_hits();
	test_needs_dns();
	list_clear(&both);
	list_clear(&addresses);
	list_clear(&second);
	list_clear(&names);
	arena_clear(&arena);
	return tap_done();
}
