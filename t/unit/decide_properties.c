/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must hold of every judgement, whatever the policy, the session and the answers of DNS: these are drawn at random, from
 * the same numbers in every run.
 */
#include "conf/load.h"
#include "core/check.h"
#include "core/decide.h"
#include "core/reply.h"
#include "core/reverse.h"
#include "tap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define POLICIES 2500		/* that load, for each property */
#define SESSIONS 16		/* for each policy */
#define SHOWN_MAX 3		/* counterexamples of one property */

/* --- drawing --- */

static uint64_t state = 1;

/* xorshift64: 0 to count - 1. */
static unsigned draw(unsigned count)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % count;
}

#define PICK(array) ((array)[draw(sizeof(array) / sizeof((array)[0]))])

/* --- a policy, as text --- */

static char text[8000];

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void put(const char *format, ...)
{
	size_t length = strlen(text);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text + length, sizeof text - length, format, args);
	va_end(args);
}

static const char *const modes[] = { "enforce", "enforce", "enforce", "observe" };

static const char *draw_action(const struct check *check, enum result result)
{
	static const char *const actions[] = { "off", "log", "tag", "quarantine", "tempfail", "reject", "reject" };
	unsigned count = check->never_refuses ? 4 : result == RESULT_TEMPERROR ? 5 : 7;

	return actions[draw(count)];
}

/* For the rejects of a check now and then one that names the client. */
static void put_replies(const struct check *check, const char *const *actions)
{
	const char *before = "reply: { ";

	for (size_t i = 0; i < check->outcome_count; i++) {
		if (strcmp(actions[i], "reject") != 0 || draw(4) > 0)
			continue;
		put("%s%s: '550 5.7.1 {client_name} {check}'", before, result_word(check->outcomes[i].result));
		before = ", ";
	}
	if (before[0] == ',')
		put(" }, ");
}

/* Every check is on, so that rules may name any. */
static void put_checks(void)
{
	put("    checks:\n");
	for (size_t id = 0; id < CHECK_COUNT; id++) {
		const char *actions[RESULT_COUNT];

		put("      %s: { mode: %s, ", checks[id]->name, PICK(modes));
		for (size_t i = 0; i < checks[id]->outcome_count; i++) {
			enum result result = checks[id]->outcomes[i].result;

			actions[i] = i == 0 && draw(2) == 0 ? "log" : draw_action(checks[id], result);
			put("%s: %s, ", result_word(result), actions[i]);
		}
		put_replies(checks[id], actions);
		if (id == CHECK_IPREV && draw(3) == 0)
			put("dns_source: mta, ");
		if (id == CHECK_MAIL_FROM_DNS && draw(2) == 0)
			put("blocked_ips: [203.0.113.25, $self], blocked_when: %s, ", draw(2) == 0 ? "all" : "any");
		if (id == CHECK_MAIL_FROM_DNS && draw(2) == 0)
			put("local_domains: [$self, local.example], ");
		if (draw(8) == 0)
			put("enforce_percent: 50, ");
		put("}\n");
	}
}

static const char *const conditions[] = {
	"client in 203.0.113.0/24", "client == 198.51.100.1", "client in $self", "client_name ends_with '.shop.example'",
	"client_name in $names", "client_ptr == 'b.shop.example'", "client_name != 'a.shop.example'",
	"ehlo == 'desktop'", "ehlo in $names", "ehlo in $self", "ehlo != 'a.shop.example'", "ehlo_kind == fqdn", "verb != EHLO",
	"verb == HELO", "sender_domain in $names", "sender contains 'joe'", "null_sender", "authenticated",
	"tls", "auth_user != 'joe'", "daemon_port == 25", "daemon_addr == 198.51.100.1", "daemon_name == 'mx'",
	"service != 'in'", "mta == postfix", "client in $zone", "ehlo in $zone", "sender_domain in $zone", "client_ptr in $zone",
	"client_ptr_embeds_address", "client_ptr in $names",
};

/* Two checks pass where a part of $self is not known: no rule asks for them. */
static void put_result(void)
{
	static const char *const results[] = { "pass", "fail", "none", "skipped", "temperror", "no_ptr", "softfail",
					       "neutral", "permerror" };
	const struct check *check;

	do
		check = checks[draw(CHECK_COUNT)];
	while (check->id == CHECK_EHLO_OWN_NAME || check->id == CHECK_MAIL_FROM_DNS);
	put("%s %s %s", check->name, draw(2) == 0 ? "==" : "!=", PICK(results));
}

static void put_leaf(bool exemption)
{
	const char *condition = PICK(conditions);

	if (exemption || draw(2) == 0)
		put("%s", exemption && strncmp(condition, "client_ptr", 10) == 0 ? "tls" : condition);
	else
		put_result();
}

static void put_condition(bool exemption, unsigned depth)
{
	switch (depth == 0 ? 0 : draw(5)) {
	case 1:
	case 2:
		put("(");
		put_condition(exemption, depth - 1);
		put(draw(2) == 0 ? " and " : " or ");
		put_condition(exemption, depth - 1);
		put(")");
		break;
	case 3:
		put("not ");
		put_condition(exemption, depth - 1);
		break;
	default:
		put_leaf(exemption);
	}
}

static void put_rules(void)
{
	static const char *const actions[] = { "reject", "reject", "tempfail", "quarantine", "tag", "log" };
	unsigned count = draw(4);

	for (unsigned i = 0; i < count; i++) {
		const char *action = PICK(actions);

		put("%s      - { name: r%u, mode: %s, then: %s, ", i == 0 ? "    rules:\n" : "", i, PICK(modes), action);
		if (draw(4) == 0)
			put("enforce_percent: 50, ");
		if (strcmp(action, "reject") == 0 && draw(3) == 0)
			put("reply: '550 5.7.1 {client_name} {ehlo} {sender_domain}', ");
		put("if: \"");
		put_condition(false, 3);
		put("\" }\n");
	}
}

static void put_exemptions(void)
{
	unsigned count = draw(3);

	for (unsigned i = 0; i < count; i++) {
		put("%s      - { if: \"", i == 0 ? "    exempt:\n" : "");
		put_condition(true, 2);
		put("\"");
		if (draw(2) == 0)
			put(", skip: [%s, %s]", checks[draw(CHECK_COUNT)]->name, checks[draw(CHECK_COUNT)]->name);
		put(" }\n");
	}
}

/* NULL for one with a mistake: a rule that rejects by temperror, a result that the check has not. */
static struct policy *try_policy(void)
{
	static const char *const replies[] = { "connect", "ehlo", "mail", "mail", "mail", "rcpt" };
	const char *reply_at = PICK(replies);
	struct policy *policy;
	struct diag diag;

	text[0] = '\0';
	put("version: 1\nlists:\n  names: { domains: [.shop.example, desktop], patterns: ['^mx[.]'] }\n"
	    "  zone: { dns_zone: { zone: bl.example, answers: [127.0.0.2-127.0.0.9] } }\n"
	    "dns: { on_failure: %s }\nlisteners:\n"
	    "  - name: mx\n    match: any\n    profile: none\n    mode: enforce\n    reply_at: %s\n", draw(2) == 0 ? "pass" :
	    "tempfail", reply_at);
	if (reply_at[0] == 'c' || reply_at[0] == 'e')
		put("    exempt_authenticated: false\n");
	put_checks();
	put_rules();
	put_exemptions();
	diag_init(&diag);
	policy = policy_load_text("random.yaml", text, strlen(text), &diag);
	diag_clear(&diag);
	return policy;
}

static struct policy *draw_policy(void)
{
	struct policy *policy;

	do
		policy = try_policy();
	while (!policy);
	return policy;
}

/* --- a session --- */

static struct session session;

static void draw_address(struct address *address, const char *first, const char *second)
{
	address->presence = PRESENCE_KNOWN;
	ip_parse(draw(4) == 0 ? second : first, &address->value);
}

static struct text draw_text(const char *first, const char *second)
{
	switch (draw(4)) {
	case 0:		return text_none();
	case 1:		return text_known(second);
	default:	return text_known(first);
	}
}

/* As an MTA tells it: a name where it is confirmed, none where it is not, and neither where DNS failed. */
static void draw_reverse(void)
{
	static const char *const names[] = { "a.shop.example", "b.shop.example" };

	session.client_resolve = RESOLVE_OK + draw(4);
	session.client_ptr = text_known(PICK(names));
	if (session.client_resolve == RESOLVE_OK)
		session.client_name = session.client_ptr;
	else if (session.client_resolve != RESOLVE_TEMP)
		session.client_name = text_none();
	if (session.client_resolve == RESOLVE_FAIL)
		session.client_ptr = text_none();
}

static void draw_session(void)
{
	static const char *const greetings[] = { "a.shop.example", "b.shop.example", "desktop", "mx.example.org", "[203.0.113.9]" };
	static const char *const senders[] = { "<joe@shop.example>", "<joe@local.example>", "<joe@mx.example.org>", "<>",
					       "<joe@other.example>" };

	session = (struct session){ .start_date = 20000, .mta = MTA_POSTFIX + draw(3), .id = "01JD8XA7Q2M4T9VB" };
	draw_address(&session.client, "203.0.113.9", draw(2) == 0 ? "198.51.100.1" : "2001:db8::9");
	draw_address(&session.daemon_addr, "198.51.100.1", "198.51.100.2");
	session.interface_addr.presence = PRESENCE_NONE;
	session.daemon_port = (struct number){ PRESENCE_KNOWN, draw(2) == 0 ? 25 : 587 };
	session.daemon_name = session.listener_service = draw_text("mx", "in");
	session.host = draw_text("mx.example.org", "mx2.example.org");
	draw_reverse();
	session.ehlo = draw(8) == 0 ? text_none() : text_known(PICK(greetings));
	session.verb = session.ehlo.presence == PRESENCE_NONE ? VERB_NONE : VERB_EHLO + draw(2);
	session.sender = text_known(PICK(senders));
	session.auth_user = draw(4) == 0 ? text_known("joe") : text_none();
	session.tls_version = draw_text("TLSv1.3", "TLSv1.2");
	session.queue_id = text_none();
	session.recipient = text_known(draw(4) == 0 ? "<postmaster>" : "<bob@example.org>");
}

/* --- what DNS says --- */

#define ITEMS_MAX 100

static struct dns_item items[ITEMS_MAX];
static struct dns_answer answer_space[ITEMS_MAX];
static struct dns_record record_space[ITEMS_MAX][2];
static size_t item_count;

static void draw_record(enum dns_type type, struct dns_record *record)
{
	static const char *const v4[] = { "203.0.113.9", "203.0.113.25", "198.51.100.1", "127.0.0.1", "127.0.0.2" };
	static const char *const v6[] = { "2001:db8::9", "2001:db8::25" };
	static const char *const hosts[] = { "a.shop.example", "b.shop.example", "mx.other.example",
					     "dsl-203-0-113-9.other.example" };

	*record = (struct dns_record){ .ttl_s = 300 };
	if (type == DNS_A || type == DNS_AAAA) {
		ip_parse(type == DNS_A ? PICK(v4) : PICK(v6), &record->address);
	} else if (type == DNS_TXT) {
		record->text.bytes = "";
	} else {
		record->host.name = draw(12) == 0 ? "." : PICK(hosts);
		record->host.usable = record->host.name[0] != '.';
		record->host.preference = (uint16_t)draw(2);
	}
}

static void add_answer(const char *name, enum dns_type type, enum dns_status without_records, size_t record_count)
{
	struct dns_answer *answer = &answer_space[item_count];

	*answer = (struct dns_answer){ .status = record_count > 0 ? DNS_NOERROR : without_records, .count = record_count,
				       .records = record_space[item_count] };
	for (size_t i = 0; i < record_count; i++)
		draw_record(type, &record_space[item_count][i]);
	items[item_count++] = (struct dns_item){ .name = name, .type = type, .answer = answer };
}

/* What a DNS list says: listed, not listed, or that it is out of order. */
static void add_listing(const char *name)
{
	static const char *const says[] = { "127.0.0.2", "127.255.255.254" };

	add_answer(name, DNS_A, DNS_NXDOMAIN, draw(3) == 0);
	if (answer_space[item_count - 1].count > 0)
		ip_parse(says[draw(4) == 0], &record_space[item_count - 1][0].address);
}

static void draw_answers(void)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_MX, DNS_PTR, DNS_TXT };
	static const char *const names[] = { "a.shop.example", "b.shop.example", "mx.other.example", "mx.example.org",
					     "shop.example", "other.example", "local.example" };
	static const char *const listings[] = { "a.shop.example.bl.example", "b.shop.example.bl.example",
						"mx.other.example.bl.example", "mx.example.org.bl.example",
						"shop.example.bl.example", "other.example.bl.example",
						"local.example.bl.example", "desktop.bl.example" };
	static char reverse[DNS_REVERSE_BYTES], listing[DNS_REVERSE_BYTES + 20];
	bool v6 = session.client.value.family == IP_V6;

	item_count = 0;
	dns_reverse_name(&session.client.value, reverse);
	add_answer(reverse, DNS_PTR, DNS_NXDOMAIN, draw(3));
	(void)snprintf(listing, sizeof listing, "%.*s.bl.example", (int)(strlen(reverse) - strlen(v6 ? ".ip6.arpa" :
		       ".in-addr.arpa")), reverse);
	add_listing(listing);
	for (size_t i = 0; i < sizeof listings / sizeof listings[0]; i++)
		add_listing(listings[i]);
	/* A name that does not exist has no record of any type. */
	for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
		bool exists = draw(4) > 0;

		for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
			add_answer(names[n], types[t], exists ? DNS_NODATA : DNS_NXDOMAIN, exists ? draw(3) : 0);
	}
}

static struct finding spf[IDENTITY_COUNT];

static void draw_spf(void)
{
	static const enum result results[] = { RESULT_NONE, RESULT_PASS, RESULT_FAIL, RESULT_SOFTFAIL, RESULT_NEUTRAL,
					       RESULT_PERMERROR, RESULT_TEMPERROR };

	for (size_t i = 0; i < IDENTITY_COUNT; i++)
		spf[i] = (struct finding){ PICK(results), NULL };
}

/* --- a judgement --- */

struct judged {
	struct decision decision;
	enum tri rules[4];
	struct facts facts;
	struct answers answers;
	char replies[2][REPLY_TEXT_BYTES];	/* of verdict and would */
};

static struct arena arena;
static struct wanted wanted;
static bool resolver_down;

static void format_reply(const struct choice *choice, const struct judged *judged, const struct verdict *verdict,
			 char line_r[REPLY_TEXT_BYTES])
{
	struct context context = { .session = &session, .facts = &judged->facts, .listener = choice->listener->name,
				   .findings = judged->decision.findings, .stage = verdict->stage,
				   .dns = judged->facts.dns };
	const char *template = verdict_reply_template(choice->listener, verdict);
	struct reply reply;

	line_r[0] = '\0';
	if (!template)
		return;
	reply_format(template, verdict, &context, &reply);
	reply_line(&reply, line_r);
}

static void judge(const struct policy *policy, enum stage stage, bool judge_all, bool ask, struct judged *judged_r)
{
	struct choice choice = choose_listener(policy, &session);
	struct facts *facts = &judged_r->facts;

	arena_clear(&arena);
	wanted = (struct wanted){ .arena = &arena };
	judged_r->answers = (struct answers){ items, item_count, &dns_answer_unknown, &dns_answer_unknown };
	facts_derive(&session, facts);
	facts->dns = &judged_r->answers;
	facts->reverse_by_mta = choice.listener->checks[CHECK_IPREV].words[0] == 1;
	facts->judge_all = judge_all;
	facts->resolver_down = resolver_down;
	memcpy(facts->spf, spf, sizeof spf);
	judged_r->decision.rules = judged_r->rules;
	decide(policy, &choice, &session, facts, stage, ask ? &wanted : NULL, &judged_r->decision);
	format_reply(&choice, judged_r, &judged_r->decision.verdict, judged_r->replies[0]);
	format_reply(&choice, judged_r, &judged_r->decision.would, judged_r->replies[1]);
}

static bool is_same(const struct judged *a, const struct judged *b)
{
	return verdict_equal(&a->decision.verdict, &b->decision.verdict) &&
	       verdict_equal(&a->decision.would, &b->decision.would) && strcmp(a->replies[0], b->replies[0]) == 0 &&
	       strcmp(a->replies[1], b->replies[1]) == 0;
}

static void show(const char *what, const struct judged *judged)
{
	const struct verdict *verdict = &judged->decision.verdict;

	printf("# %s: %s at %s by %s%s: %s\n#", what, answer_word(verdict->answer), stage_word(verdict->stage),
	       verdict->check ? verdict->check->name : "", verdict->rule ? verdict->rule->name : "", judged->replies[0]);
	for (size_t i = 0; i < CHECK_COUNT; i++)
		printf(" %s=%s", checks[i]->name, result_word(judged->decision.findings[i].result));
	printf("; would %s: %s\n", answer_word(judged->decision.would.answer), judged->replies[1]);
}

/* Shows a counterexample; how many there were is what is tested. */
static void show_case(unsigned found, const char *what, const struct judged *before, const struct judged *after)
{
	char *line = text;

	if (found > SHOWN_MAX)
		return;
	printf("# --- %s\n", what);
	while (line) {
		char *end = strchr(line, '\n');

		printf("# %.*s\n", (int)(end ? end - line : (long)strlen(line)), line);
		line = end && end[1] ? end + 1 : NULL;
	}
	show("before", before);
	show("after", after);
}

/* --- the properties --- */

/* What was found out about one property. */
struct tally {
	unsigned wrong;		/* counterexamples */
	unsigned tested;	/* cases in which the property says something */
};

/* Runs try(), which draws no policy itself, with many. */
static struct tally try_many(void (*try)(const struct policy *policy, enum stage stage, struct tally *tally))
{
	struct tally tally = { 0 };

	for (unsigned i = 0; i < POLICIES; i++) {
		struct policy *policy = draw_policy();

		for (unsigned k = 0; k < SESSIONS; k++) {
			draw_session();
			draw_answers();
			draw_spf();
			resolver_down = false;
			try(policy, STAGE_CONNECT + draw(STAGE_COUNT), &tally);
		}
		policy_free(&policy);
	}
	return tally;
}

static bool has_skipped(const struct judged *judged)
{
	for (size_t id = 0; id < CHECK_COUNT; id++) {
		const struct reason *reason = judged->decision.findings[id].reason;

		if (reason && strcmp(reason->word, "decided") == 0)
			return true;
	}
	return false;
}

/* What is skipped because a reject is decided changes nothing but the time it takes. */
static void try_decided(const struct policy *policy, enum stage stage, struct tally *tally)
{
	static struct judged all, some;

	judge(policy, stage, true, false, &all);
	judge(policy, stage, false, false, &some);
	tally->tested += has_skipped(&some);
	if (!is_same(&all, &some))
		show_case(++tally->wrong, "another verdict when all is judged", &some, &all);
}

static bool is_told(const struct verdict *verdict, enum stage stage)
{
	return (verdict->answer == ANSWER_TEMPFAIL || verdict->answer == ANSWER_REJECT) && verdict->stage <= stage;
}

/* What a session is told step by step is what is said of it at its end. */
static void try_steps(const struct policy *policy, enum stage last, struct tally *tally)
{
	static struct judged end, step;
	enum stage stage = STAGE_CONNECT;

	judge(policy, last, false, false, &end);
	do
		judge(policy, stage, false, false, &step);
	while (!is_told(&step.decision.verdict, stage) && stage++ < last);
	tally->tested += stage < last;
	if (!verdict_equal(&step.decision.verdict, &end.decision.verdict) || strcmp(step.replies[0], end.replies[0]) != 0)
		show_case(++tally->wrong, "another verdict step by step", &step, &end);
}

/* Some answers are put behind the others, and not counted.  Returns how many there are in all. */
static size_t hide_answers(void)
{
	size_t all = item_count;

	for (size_t i = 0; i < item_count;) {
		struct dns_item item = items[i];

		if (draw(3) > 0) {
			i++;
			continue;
		}
		items[i] = items[--item_count];
		items[item_count] = item;
	}
	return all;
}

/* What is not wanted need not be waited for: checks, rules and verdict stay what they are. */
static void try_wanted(const struct policy *policy, enum stage stage, struct tally *tally)
{
	static struct judged part, whole;
	size_t all = hide_answers();

	judge(policy, stage, false, true, &part);
	if (wanted.count > 0)
		return;
	tally->tested++;
	item_count = all;
	judge(policy, stage, false, false, &whole);
	if (!is_same(&part, &whole) || memcmp(part.decision.findings, whole.decision.findings, sizeof part.decision.findings) ||
	    memcmp(part.rules, whole.rules, policy->listeners[0].rule_count * sizeof part.rules[0]) != 0)
		show_case(++tally->wrong, "an answer that was not wanted changes it", &part, &whole);
}

/*
 * One thing that was known is not any more.  Not the client's address or login: that nobody knows these counts as
 * "not exempt".
 */
static const char *forget(void)
{
	static const enum dns_status statuses[] = { DNS_UNKNOWN, DNS_SERVFAIL, DNS_REFUSED, DNS_TIMEOUT, DNS_UNUSABLE,
						    DNS_LIMIT };
	struct text *const texts[] = { &session.daemon_name, &session.listener_service, &session.client_name,
				       &session.client_ptr, &session.ehlo, &session.sender, &session.tls_version };

	switch (draw(9)) {
	case 0:
		spf[draw(IDENTITY_COUNT)] = (struct finding){ draw(2) == 0 ? RESULT_UNKNOWN : RESULT_TEMPERROR, NULL };
		return "SPF";
	case 1:
		texts[draw(sizeof texts / sizeof texts[0])]->presence = PRESENCE_UNKNOWN;
		if (session.ehlo.presence == PRESENCE_UNKNOWN)
			session.verb = VERB_UNKNOWN;
		return "a text";
	case 2:
		session.client_resolve = RESOLVE_UNKNOWN;
		return "{client_resolve}";
	case 3:
		session.daemon_port.presence = session.daemon_addr.presence = session.interface_addr.presence =
			PRESENCE_UNKNOWN;
		return "where it came in";
	case 4:
		if (session.verb != VERB_NONE)
			session.verb = VERB_UNKNOWN;
		session.mta = MTA_UNKNOWN;
		return "the verb";
	case 5:
		resolver_down = true;
		return "the resolver";
	case 6:
		session.host.presence = PRESENCE_UNKNOWN;
		return "our own name";
	default:
		answer_space[draw((unsigned)item_count)] = (struct dns_answer){ .status = PICK(statuses) };
		return "an answer";
	}
}

/* A reject that nothing stood for before, but for a tempfail that was told before it. */
static bool is_new_reject(const struct verdict *before, const struct verdict *after)
{
	return after->answer == ANSWER_REJECT && before->answer != ANSWER_REJECT &&
	       !(before->answer == ANSWER_TEMPFAIL && before->stage < after->stage);
}

/* Unknown never rejects. */
static void try_unknown(const struct policy *policy, enum stage stage, struct tally *tally)
{
	static struct judged before, after;
	const char *what;

	judge(policy, stage, draw(2) == 0, false, &before);
	what = forget();
	judge(policy, stage, draw(2) == 0, false, &after);
	tally->tested += before.decision.would.answer == ANSWER_REJECT;
	if (is_new_reject(&before.decision.verdict, &after.decision.verdict) ||
	    is_new_reject(&before.decision.would, &after.decision.would))
		show_case(++tally->wrong, what, &before, &after);
}

/* Exemptions only loosen: no rule is true by them, unless it asks for what is skipped. */
static void try_exemptions(const struct policy *policy, enum stage stage, struct tally *tally)
{
	static struct judged without, with;
	struct listener *listener = &policy->listeners[0];
	size_t count = listener->exempt_count;

	if (strstr(text, "skipped"))
		return;
	judge(policy, stage, true, false, &with);
	listener->exempt_count = 0;
	judge(policy, stage, true, false, &without);
	listener->exempt_count = count;
	for (size_t i = 0; i < listener->rule_count; i++) {
		tally->tested += with.rules[i] != without.rules[i];
		if (with.rules[i] == TRI_YES && without.rules[i] != TRI_YES)
			show_case(++tally->wrong, "a rule is true by an exemption", &without, &with);
	}
	if (is_new_reject(&without.decision.verdict, &with.decision.verdict) ||
	    is_new_reject(&without.decision.would, &with.decision.would))
		show_case(++tally->wrong, "an exemption that tightens", &without, &with);
}

int main(void)
{
	struct tally tally;

	arena_init(&arena, NULL, 0, 4096);
	tally = try_many(try_decided);
	ok(tally.wrong == 0 && tally.tested > 100, "judging all gives the same verdict and reply (%u of %u that were decided)",
	   tally.wrong, tally.tested);
	tally = try_many(try_steps);
	ok(tally.wrong == 0 && tally.tested > 100, "step by step the verdict is that of the end (%u of %u told before it)",
	   tally.wrong, tally.tested);
	tally = try_many(try_wanted);
	ok(tally.wrong == 0 && tally.tested > 100, "what is not wanted changes nothing (%u of %u)", tally.wrong, tally.tested);
	tally = try_many(try_exemptions);
	ok(tally.wrong == 0 && tally.tested > 100, "exemptions only loosen (%u, where they change %u rules)", tally.wrong,
	   tally.tested);
	tally = try_many(try_unknown);
	ok(tally.wrong == 0 && tally.tested > 100, "what becomes unknown never rejects (%u, where %u rejected before)",
	   tally.wrong, tally.tested);
	arena_clear(&arena);
	return tap_done();
}
