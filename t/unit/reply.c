/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply templates: what the loader accepts, how a class is changed, what a client is sent. */
#include "core/reply.h"

#include "core/policy.h"
#include "tap.h"

#include <string.h>

static const struct {
	const char *template;
	enum action action;
	const char *error;	/* NULL: accepted */
	size_t offset;
} templates[] = {
	{ "550 5.7.1 No", ACTION_REJECT, NULL, 0 },
	{ "551 5.1.1 Your domain '{ehlo}' has been blocklisted.", ACTION_REJECT, NULL, 0 },
	{ "450 4.7.1 Later, 100%", ACTION_TEMPFAIL, NULL, 0 },
	{ "421 4.7.0 Goodbye", ACTION_TEMPFAIL, NULL, 0 },
	{ "550 5.100.999 {client} {client_name} {sender_domain} {listener} {check} {rule} {id}", ACTION_REJECT,
	  NULL, 0 },
	{ "450 4.7.1 Later", ACTION_REJECT, "does not fit reject", 0 },
	{ "550 5.7.1 No", ACTION_TEMPFAIL, "does not fit tempfail", 0 },
	{ "421 4.7.0 Goodbye", ACTION_REJECT, "does not fit reject", 0 },
	{ "550 4.7.1 No", ACTION_REJECT, "does not fit code 550", 4 },
	{ "250 2.0.0 Yes", ACTION_REJECT, "4xx or 5xx", 0 },
	{ "55 5.7.1 No", ACTION_REJECT, "4xx or 5xx", 0 },
	{ "", ACTION_REJECT, "4xx or 5xx", 0 },
	{ "550", ACTION_REJECT, "4xx or 5xx", 0 },
	{ "550 No", ACTION_REJECT, "enhanced status code", 4 },
	{ "550 5.7 No", ACTION_REJECT, "enhanced status code", 4 },
	{ "550 5.7.1000 No", ACTION_REJECT, "enhanced status code", 4 },
	{ "550 5.7.1", ACTION_REJECT, "enhanced status code", 4 },
	{ "550 5.7.1 ", ACTION_REJECT, "no text", 10 },
	{ "550 5.7.1 Hello {nobody}", ACTION_REJECT, "unknown placeholder", 16 },
	{ "550 5.7.1 Hello {ehlo", ACTION_REJECT, "unknown placeholder", 16 },
	{ "550 5.7.1 two\r\n250 lines", ACTION_REJECT, "byte 0x0d", 13 },
	{ "550 5.7.1 gr\xc3\xbc\xc3\x9f", ACTION_REJECT, "byte 0xc3", 12 },
	{ "550 5.7.1 {ehlo} {ehlo} {ehlo} {ehlo}", ACTION_REJECT, "can grow to", 0 },
};

static void test_templates(void)
{
	for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
		struct reply_error error = { .offset = 0 };
		bool accepted = reply_template_check(templates[i].template, templates[i].action, &error);

		if (!templates[i].error)
			ok(accepted, "accepted: %s", templates[i].template);
		else
			ok(!accepted && error.offset == templates[i].offset &&
			   strstr(error.text, templates[i].error),
			   "refused: row %zu, byte %zu: %s", i, error.offset, error.text);
	}
}

static void test_classes(void)
{
	struct arena arena;

	arena_init(&arena, NULL, 0, 1024);
	ok(!strcmp(reply_template_for("503 5.5.1 x", ACTION_REJECT, &arena), "503 5.5.1 x"), "503 rejects");
	ok(!strcmp(reply_template_for("503 5.5.1 x", ACTION_TEMPFAIL, &arena), "450 4.5.1 x"),
	   "503 as a tempfail is 450 4.5.1");
	ok(!strcmp(reply_template_for("450 4.7.25 x", ACTION_REJECT, &arena), "550 5.7.25 x"),
	   "450 as a reject is 550 5.7.25");
	ok(!strcmp(reply_template_for("451 4.4.3 x", ACTION_TEMPFAIL, &arena), "451 4.4.3 x"),
	   "451 tempfails");
	arena_clear(&arena);
}

/* Whatever suffix is taken, the default texts fit with it. */
static void test_suffixes(void)
{
	char suffix[REPLY_SUFFIX_MAX + 2];
	struct reply_error error;
	struct arena arena;
	unsigned wrong = 0;

	arena_init(&arena, NULL, 0, 4096);
	memset(suffix, 'x', sizeof suffix);
	suffix[REPLY_SUFFIX_MAX + 1] = '\0';
	ok(!reply_suffix_check(suffix, &error), "a suffix too long: %s", error.text);
	suffix[REPLY_SUFFIX_MAX] = '\0';
	ok(reply_suffix_check(suffix, &error), "the longest");
	ok(!reply_suffix_check("{id} {ide}", &error) && error.offset == 5, "an unknown placeholder: %s", error.text);
	ok(!reply_suffix_check("a\nb", &error) && error.offset == 1, "a line's end: %s", error.text);
	for (size_t id = 0; id < CHECK_COUNT; id++)
		for (size_t i = 0; i < checks[id]->outcome_count; i++) {
			const char *reply = checks[id]->outcomes[i].reply;
			enum action action = reply && reply[0] == '5' ? ACTION_REJECT : ACTION_TEMPFAIL;

			wrong += reply && (strlen(reply) >= 200 ||
					   !reply_template_check(reply_template_with(reply, suffix, &arena), action,
								 &error));
		}
	ok(wrong == 0, "the default texts stay under 200, and fit with it");
	ok(strcmp(reply_template_with("550 5.7.1 No", "({id})", &arena), "550 5.7.1 No ({id})") == 0 &&
	   strcmp(reply_template_with("550 5.7.1 No", NULL, &arena), "550 5.7.1 No") == 0, "with and without");
	arena_clear(&arena);
}

static char line[REPLY_TEXT_BYTES];

static const char *format(const char *template, struct session *session)
{
	static struct facts facts;
	struct rule rule = { .name = "blocklisted" };
	struct verdict verdict = { .rule = &rule };
	struct context context = { .session = session, .facts = &facts, .listener = "mx",
				   .stage = session->recipient.presence == PRESENCE_KNOWN ? STAGE_RCPT : STAGE_MAIL };
	struct reply reply;

	facts_derive(session, &facts);
	reply_format(template, &verdict, &context, &reply);
	reply_line(&reply, line);
	return line;
}

static size_t as_sent(const char *text)
{
	size_t octets = 0;

	for (; *text; text++)
		octets += *text == '%' ? 2 : 1;
	return octets;
}

static void test_values(void)
{
	struct session session = { .id = "01JD8XA7Q2M4T9VB" };

	session.ehlo = text_known("evil\r\n250 ok\x1b[m");
	session.client.presence = PRESENCE_KNOWN;
	ip_parse("2001:db8::1", &session.client.value);
	session.client_name = text_none();
	ok(!strcmp(format("550 5.7.1 '{ehlo}'", &session), "550 5.7.1 'evil\\x0d\\x0a250 ok\\x1b[m'"),
	   "what a client chose is escaped: %s", line);
	ok(!strcmp(format("550 5.7.1 {client} {client_name} {sender_domain} {listener} {check} {rule} {id}",
			  &session),
		   "550 5.7.1 2001:db8::1 none unknown mx - blocklisted 01JD8XA7Q2M4T9VB"),
	   "each placeholder: %s", line);
	session.id[0] = '\0';
	ok(!strcmp(format("550 5.7.1 x ({id})", &session), "550 5.7.1 x (-)"), "no id is shown as -");
}

static void test_limits(void)
{
	struct session session = { .mta = MTA_POSTFIX };
	static char ehlo[600], sender[600];
	static const char *const repeated[] = {
		"450 4.7.1 {ehlo} {ehlo} {ehlo}", "550 5.7.1 {ehlo} {ehlo} {ehlo}", "553 5.7.1 {ehlo} {ehlo} {ehlo}"
	};

	memset(ehlo, 'a', sizeof ehlo - 1);
	session.ehlo = text_known(ehlo);
	format("550 5.7.1 {ehlo}.", &session);
	ok(strlen(line) == 10 + 128 + 1, "a value is cut at 128 bytes: %zu", strlen(line));
	memset(ehlo, '%', sizeof ehlo - 1);
	format("550 5.7.1 {ehlo} {ehlo} {ehlo}", &session);
	ok(as_sent(line) <= REPLY_LINE_MAX, "with each %% doubled the line still fits: %zu", as_sent(line));
	memset(sender, 's', sizeof sender - 1);
	memcpy(sender + 300, "@shop.example", sizeof "@shop.example");
	session.sender = text_known(sender);
	session.mta = MTA_SENDMAIL;
	for (size_t i = 0; i < sizeof repeated / sizeof repeated[0]; i++) {
		format(repeated[i], &session);
		ok(as_sent(line) + strlen("<>... ") + strlen(sender) <= REPLY_LINE_MAX,
		   "%.3s: Sendmail's <sender>... fits beside it: %zu", repeated[i], as_sent(line));
	}
	session.recipient = text_known(sender);
	session.sender = text_known("<a@b.example>");
	format("550 5.7.1 {ehlo} {ehlo} {ehlo}", &session);
	ok(as_sent(line) + strlen("<>... ") + strlen(sender) <= REPLY_LINE_MAX,
	   "at RCPT it is the recipient that fits beside it: %zu", as_sent(line));
	format("451 4.7.1 {ehlo} {ehlo} {ehlo}", &session);
	ok(as_sent(line) + strlen(sender) > REPLY_LINE_MAX, "451: Sendmail adds nothing, nothing is left out: %zu",
	   as_sent(line));
}

/* Those of every check, filled with names as long as providers have them. */
static void test_defaults(void)
{
	struct session session = { .mta = MTA_SENDMAIL, .client = { .presence = PRESENCE_KNOWN } };

	session.ehlo = text_known("mail-ew2-0123456789.out.eu-central-1.cluster.provider.example");
	session.sender = text_known("<news-0123456789@bounces.eu-central-1.cluster.provider.example>");
	(void)snprintf(session.id, sizeof session.id, "%s", "01JD8XA7Q2M4T9VB");
	ip_parse("2001:db8:1234:5678:9abc:def0:1234:5678", &session.client.value);
	for (size_t i = 0; i < CHECK_COUNT; i++)
		for (size_t j = 0; j < checks[i]->outcome_count; j++) {
			const struct outcome *outcome = &checks[i]->outcomes[j];

			if (!outcome->reply)
				continue;
			format(outcome->reply, &session);
			ok(strlen(line) < 200, "%s %s: %zu: %s", checks[i]->name, result_word(outcome->result),
			   strlen(line), line);
		}
}

int main(void)
{
	test_templates();
	test_classes();
	test_suffixes();
	test_values();
	test_limits();
	test_defaults();
	return tap_done();
}
