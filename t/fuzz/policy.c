/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes policy files: each message has its place, and a policy without errors is whole.  Behind a
 * line "=== file ===" the input holds what every list file contains; without it there are no files.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/file.h"
#include "conf/load.h"
#include "core/decide.h"
#include "core/domain_set.h"
#include "core/network_set.h"
#include "core/pattern_set.h"
#include "core/reply.h"

#define POLICY_NAME "fuzz/policy.yaml"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define PERCENTS "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"

struct bytes {
	const char *text;	/* NULL: not there */
	size_t length;
};

static struct bytes policy_file, list_file;

/* In place of the one in base/file.c: no input names a file of this host. */
const char file_no_memory[] = "out of memory";

bool file_read(const char *path, size_t max_bytes, char **bytes_r, size_t *length_r,
	       const char **error_r)
{
	if (!list_file.text || strcmp(path, POLICY_NAME) == 0 || list_file.length > max_bytes) {
		*error_r = "no such file or directory";
		return false;
	}
	*bytes_r = malloc(list_file.length + 1);
	promise(*bytes_r);
	memcpy(*bytes_r, list_file.text, list_file.length);
	(*bytes_r)[list_file.length] = '\0';
	*length_r = list_file.length;
	return true;
}

static void split(const uint8_t *data, size_t size)
{
	static const char line[] = "\n=== file ===\n";
	const char *text = size > 0 ? (const char *)data : "";
	const char *found = memmem(text, size, line, sizeof line - 1);

	policy_file = (struct bytes){ text, found ? (size_t)(found - text) + 1 : size };
	list_file = (struct bytes){ .text = NULL };
	if (found) {
		list_file.text = found + sizeof line - 1;
		list_file.length = size - (size_t)(list_file.text - text);
	}
}

/* --- messages --- */

/* Is it a place in the file?  The end of a line is one, and the end of the file. */
static bool place_is_in(const struct place *place, const struct bytes *file)
{
	const char *end = file->text + file->length;
	const char *line = file->text;
	const char *newline;

	for (unsigned i = 1; i < place->line; i++) {
		line = memchr(line, '\n', (size_t)(end - line));
		if (!line)
			return false;
		line++;
	}
	newline = memchr(line, '\n', (size_t)(end - line));
	return place->column <= (size_t)((newline ? newline : end) - line) + 1;
}

static void check_entry(const struct diag_entry *entry)
{
	bool in_policy = strcmp(entry->place.file, POLICY_NAME) == 0;
	bool is_sum = !in_policy && strncmp(entry->text, "... and ", 8) == 0;

	promise(entry->text[0] != '\0');
	promise(entry->place.line > 0);
	promise(entry->place.column > 0 || is_sum);
	promise(in_policy || list_file.text);
	promise(place_is_in(&entry->place, in_policy ? &policy_file : &list_file));
}

static void check_order(const struct diag_entry *a, const struct diag_entry *b)
{
	if (strcmp(a->place.file, b->place.file) != 0)
		return;
	promise(a->place.line <= b->place.line);
	if (a->place.line != b->place.line)
		return;
	promise(a->place.column <= b->place.column);
	promise(a->place.column != b->place.column || strcmp(a->text, b->text) != 0);
}

static void check_diag(const struct diag *diag, const struct policy *policy)
{
	promise(!diag->failed && diag->error_count + diag->warning_count == diag->count);
	promise((policy == NULL) == (diag->error_count > 0));
	for (size_t i = 0; i < diag->count; i++) {
		check_entry(&diag->entries[i]);
		if (i > 0)
			check_order(&diag->entries[i - 1], &diag->entries[i]);
	}
}

/* One line for each message, of printable ASCII. */
static void check_printed(const struct buf *printed, size_t count)
{
	size_t lines = 0;

	promise(!printed->failed);
	for (size_t i = 0; i < printed->length; i++) {
		char c = printed->text[i];

		promise(c == '\n' || (c >= 0x20 && c <= 0x7e));
		lines += c == '\n';
	}
	promise(lines == count);
}

/* --- the policy --- */

static void check_domains(const struct list *list)
{
	const struct domain_set *set = &list->domains;

	for (size_t i = 0; i < set->count; i++) {
		const struct domain_entry *entry = &set->entries[i];
		char below[NAME_TEXT_BYTES + 2], normal[NAME_TEXT_BYTES];
		const char *name = below + 2;

		(void)snprintf(below, sizeof below, "x.%.*s", (int)entry->length,
			       set->names + entry->name);
		promise(domain_normalise(name, strlen(name), normal) && !strcmp(name, normal));
		promise(entry->scope != 0 && entry->file < list->file_count && entry->line > 0);
		if (entry->scope & DOMAIN_SELF)
			promise(list_has_name(list, NULL, name, NULL) == TRI_YES);
		if ((entry->scope & DOMAIN_BELOW) && domain_valid(below, strlen(below)))
			promise(list_has_name(list, NULL, below, NULL) == TRI_YES);
	}
}

/* The look-up of the narrowest network finds one exactly when there is one. */
static void check_look_up(const struct list *list, const struct ip *ip)
{
	bool there = false;

	for (size_t i = 0; i < list->networks.count; i++)
		there = there || network_contains(&list->networks.entries[i].network, ip);
	if (list->part_count == 0 && !list->self && !list->zone)
		promise(list_has_address(list, NULL, ip, NULL) == tri_of(there));
	else if (there)
		promise(list_has_address(list, NULL, ip, NULL) == TRI_YES);
}

static void check_networks(const struct list *list)
{
	static const char *const others[] = { "192.0.2.9", "10.1.255.255", "2001:db8::1", "::" };
	struct ip ip;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		promise(ip_parse(others[i], &ip));
		check_look_up(list, &ip);
	}
	for (size_t i = 0; i < list->networks.count; i++) {
		const struct network_entry *entry = &list->networks.entries[i];
		char text[IP_TEXT_BYTES + 4];
		struct network again;
		const char *error;

		network_format(&entry->network, text);
		promise(network_parse(text, &again, &error));
		promise(again.prefix_bits == entry->network.prefix_bits);
		promise(ip_equal(&again.ip, &entry->network.ip));
		promise(entry->file < list->file_count && entry->line > 0);
		check_look_up(list, &again.ip);
	}
}

static void check_zone(const struct zone *zone)
{
	char question[ZONE_QUESTION_BYTES];
	struct ip ip;

	promise(zone->name && zone->answer_count > 0 && zone->line > 0);
	promise(ip_parse("2001:db8::1", &ip) && zone_address_question(zone, &ip, question));
	for (size_t i = 0; i < zone->answer_count; i++) {
		promise(zone->answers[i].first <= zone->answers[i].last);
		promise(zone->answers[i].first >> 24 == 127 && zone->answers[i].last < 0x7fffff00);
	}
}

static void check_patterns(const struct list *list)
{
	for (size_t i = 0; i < list->patterns.count; i++) {
		const struct pattern_entry *entry = &list->patterns.entries[i];

		promise(entry->pattern && entry->text[0] != '\0');
		promise(entry->file < list->file_count && entry->line > 0);
	}
	(void)list_has_name(list, NULL, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", NULL);
}

static void check_list(const struct policy *policy, const struct list *list, bool built_in)
{
	promise(list->name && list->name[0] != '\0');
	promise(list->name[0] == '(' || policy_find_list(policy, list->name) == list);
	for (size_t i = 0; i < list->part_count; i++) {
		promise(list->parts[i] != list);
		for (size_t j = 0; j < i; j++)
			promise(list->parts[i] != list->parts[j]);
	}
	if (built_in)
		return;
	check_domains(list);
	check_networks(list);
	check_patterns(list);
	if (list->zone)
		check_zone(list->zone);
}

/* The reply of an action: there exactly when it refuses, and fitting. */
static void check_reply(const char *reply, enum action action)
{
	struct reply_error error;

	promise((reply != NULL) == (action == ACTION_TEMPFAIL || action == ACTION_REJECT));
	if (reply)
		promise(reply_template_check(reply, action, &error));
}

static void check_settings(const struct check *check, const struct check_settings *settings)
{
	bool off = true;

	for (size_t i = 0; i < check->outcome_count; i++) {
		enum result result = check->outcomes[i].result;

		off = off && settings->actions[result] == ACTION_OFF;
		check_reply(settings->replies[result], settings->actions[result]);
		promise(!check->never_refuses || !settings->replies[result]);
	}
	promise(settings->off == off);
	promise(settings->actions[RESULT_TEMPERROR] != ACTION_REJECT);
	for (size_t i = 0; i < check->parameter_count; i++) {
		const struct parameter *parameter = &check->parameters[i];

		if (parameter->kind == PARAMETER_WORD)
			promise(settings->words[i] < 2 && parameter->words[settings->words[i]]);
		else
			promise(settings->lists[i] || !parameter->fallback);
	}
}

static void check_period(const struct period *period)
{
	promise(period->since == DATE_NONE || period->until == DATE_NONE ||
		period->since <= period->until);
}

static void check_rules(const struct listener *listener)
{
	for (size_t i = 0; i < listener->rule_count; i++) {
		const struct rule *rule = &listener->rules[i];

		promise(rule->name && rule->text && rule->condition && rule->line > 0);
		promise(!fact_find(rule->name) && !check_find(rule->name));
		promise(listener->reply_at == STAGE_RCPT ||
			expr_stage(rule->condition) < STAGE_RCPT);
		check_reply(rule->reply, rule->action);
		check_period(&rule->rollout.period);
	}
	for (size_t i = 0; i < listener->exempt_count; i++) {
		const struct exempt *exempt = &listener->exempts[i];

		promise(exempt->text && exempt->condition && exempt->line > 0);
		promise(exempt->skip_all || exempt->skip_checks || exempt->skip_rule_count > 0);
		for (unsigned id = 0; id < CHECK_COUNT; id++)
			promise(!expr_names_check(exempt->condition, (enum check_id)id));
		check_period(&exempt->period);
	}
}

static void check_listener(const struct policy *policy, const struct listener *listener)
{
	const struct listener *last = &policy->listeners[policy->listener_count - 1];

	promise(listener->name && policy_find_listener(policy, listener->name) == listener);
	promise(listener->match_any == (listener == last));
	promise(listener->reply_at >= policy_first_reply(policy));
	promise(listener->reply_at != STAGE_RCPT || policy_needs_rcpt(policy));
	for (size_t i = 0; i < listener->always_deliver_to_count; i++)
		promise(!strchr(listener->always_deliver_to[i], '@'));
	for (size_t i = 0; i < CHECK_COUNT; i++)
		check_settings(checks[i], &listener->checks[i]);
	check_rules(listener);
}

/* --- judging by it --- */

static void check_verdict(const struct listener *listener, const struct verdict *verdict,
			  const struct context *context)
{
	const char *template = verdict_reply_template(listener, verdict);
	struct reply reply;
	char line[REPLY_TEXT_BYTES];
	size_t octets = 0;

	promise((template != NULL) ==
		(verdict->answer == ANSWER_TEMPFAIL || verdict->answer == ANSWER_REJECT));
	if (!template)
		return;
	reply_format(template, verdict, context, &reply);
	reply_line(&reply, line);
	promise(line[0] == (verdict->answer == ANSWER_REJECT ? '5' : '4'));
	promise(fuzz_printable(line));
	/* A percent sign is doubled for libmilter. */
	for (const char *c = line; *c != '\0'; c++)
		octets += *c == '%' ? 2 : 1;
	promise(octets <= REPLY_LINE_MAX);
}

/* One session, judged at each stage as if every listener enforced, and as the policy says. */
static void check_judging(struct policy *policy, const struct session *session)
{
	const struct choice choice = choose_listener(policy, session);
	struct decision decision = { .notable = false };
	struct facts facts;

	facts_derive(session, &facts);
	decision.rules = calloc(choice.listener->rule_count + 1, sizeof *decision.rules);
	promise(decision.rules);
	for (unsigned stage = STAGE_CONNECT; stage < STAGE_COUNT; stage++) {
		const struct context context = {
			.session = session,
			.facts = &facts,
			.listener = choice.listener->name,
			.findings = decision.findings,
			.stage = (enum stage)stage,
		};

		decide(policy, &choice, session, &facts, (enum stage)stage, NULL, &decision);
		promise(decision.verdict.answer <= decision.would.answer ||
			decision.would.stage < decision.verdict.stage);
		promise(!policy->observe || decision.verdict.answer == ANSWER_ACCEPT);
		check_verdict(choice.listener, &decision.would, &context);
		check_verdict(choice.listener, &decision.verdict, &context);
	}
	free(decision.rules);
}

static void check_session(struct policy *policy)
{
	struct session session = {
		.mta = MTA_SENDMAIL,
		.daemon_port = { PRESENCE_KNOWN, 25 },
		.client = { .presence = PRESENCE_KNOWN },
		.client_name = text_none(),
		.ehlo = text_known("\r\n\x80{id}" PERCENTS PERCENTS PERCENTS PERCENTS),
		.verb = VERB_HELO,
		.sender = text_known("<joe@shop.example>"),
		.auth_user = text_none(),
		.tls_version = text_none(),
		.recipient = text_known("<ann@example.org>"),
	};

	promise(ip_parse("192.0.2.9", &session.client.value));
	check_judging(policy, &session);
	policy->observe = true;
	check_judging(policy, &session);
}

static void check_policy(struct policy *policy)
{
	promise(strcmp(policy->path, POLICY_NAME) == 0 && strlen(policy->sha256) == 64);
	promise(policy->server.socket && policy->server.socket_mode <= 0777);
	promise(policy->listener_count > 0);
	for (size_t i = 0; i < policy->list_count; i++)
		check_list(policy, &policy->lists[i], i < LIST_BUILT_IN_COUNT);
	for (size_t i = 0; i < policy->listener_count; i++)
		check_listener(policy, &policy->listeners[i]);
	check_session(policy);
}

/* --- loading --- */

/* Prints the messages into printed. */
static void load(const struct bytes *file, struct buf *printed)
{
	struct diag diag;
	struct policy *policy;

	diag_init(&diag);
	policy = policy_load_text(POLICY_NAME, file->text, file->length, &diag);
	check_diag(&diag, policy);
	diag_print(&diag, printed);
	check_printed(printed, diag.count);
	if (policy)
		check_policy(policy);
	policy_free(&policy);
	diag_clear(&diag);
}

static size_t mark_length(const char *text, size_t length)
{
	return length >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
}

/*
 * A byte order mark is left out: with or without it, the messages and their places are the same.
 * A second one is refused.
 */
static void check_byte_order_mark(const struct buf *printed)
{
	size_t mark = mark_length(policy_file.text, policy_file.length);
	struct bytes other = { policy_file.text + mark, policy_file.length - mark };
	struct buf marked, again;

	if (mark > 0 && mark_length(other.text, other.length) > 0)
		return;
	buf_init(&marked);
	buf_init(&again);
	buf_add(&marked, BYTE_ORDER_MARK);
	buf_add_bytes(&marked, other.text, other.length);
	promise(!marked.failed);
	if (mark == 0)
		other = (struct bytes){ marked.text, marked.length };
	load(&other, &again);
	promise(strcmp(printed->text, again.text) == 0);
	buf_clear(&again);
	buf_clear(&marked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf printed;

	split(data, size);
	buf_init(&printed);
	load(&policy_file, &printed);
	check_byte_order_mark(&printed);
	buf_clear(&printed);
	return 0;
}
