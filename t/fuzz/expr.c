/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes expressions: errors have a place, and what is known stays so when more becomes known. */
#include "fuzz.h"

#include "base/buf.h"
#include "core/check.h"
#include "core/expr.h"

static struct list names, networks;
static struct arena arena;	/* of one input */

static const struct list *find_list(const void *lists, const char *name)
{
	(void)lists;
	if (strcmp(name, "names") == 0)
		return &names;
	return strcmp(name, "networks") == 0 ? &networks : NULL;
}

static const bool all_on[CHECK_COUNT];
static const bool verb_off[CHECK_COUNT] = { [CHECK_EHLO_VERB] = true };

/* A rule that may name everything, one that may not, and an exemption. */
static const struct expr_scope wide = {
	.find_list = find_list, .checks_off = all_on, .recipient = true
};
static const struct expr_scope narrow = {
	.find_list = find_list, .checks_off = verb_off, .refuses = true
};
static const struct expr_scope exempting = { .find_list = find_list, .recipient = true };

/* A session with its facts; findings are the same for each stage. */
struct known {
	struct session session;
	struct facts facts;
	struct finding findings[CHECK_COUNT];
};

/* Of which nothing is known; a client that greets with a name; one with a literal and for <>. */
enum { NOTHING, BY_NAME, BY_LITERAL, KNOWN_COUNT };
static struct known knowns[KNOWN_COUNT];

static struct address address_of(const char *text)
{
	struct address address = { .presence = PRESENCE_KNOWN };

	promise(ip_parse(text, &address.value));
	return address;
}

static void fill_by_name(struct session *session)
{
	session->mta = MTA_POSTFIX;
	session->daemon_name = text_known("smtpd");
	session->daemon_addr = address_of("192.0.2.25");
	session->daemon_port = (struct number){ PRESENCE_KNOWN, 25 };
	session->host = text_known("mx.example.org");
	session->client = address_of("192.0.2.9");
	session->client_port = (struct number){ PRESENCE_KNOWN, 40000 };
	session->client_name = text_known("host.example.net");
	session->ehlo = text_known("Mail.Example.ORG.");
	session->verb = VERB_EHLO;
	session->sender = text_known("<Joe@Shop.Example>");
	session->auth_user = text_none();
	session->tls_version = text_known("TLSv1.3");
	session->recipient = text_known("<postmaster@example.org>");
}

static void fill_by_literal(struct session *session)
{
	session->mta = MTA_SENDMAIL;
	session->listener_service = text_known("smtp");
	session->daemon_port = (struct number){ .presence = PRESENCE_NONE };
	session->client = address_of("2001:db8::1");
	session->client_name = text_none();
	session->ehlo = text_known("[IPv6:2001:db8::1]");
	session->verb = VERB_HELO;
	session->sender = text_known("<>");
	session->auth_user = text_known("joe");
	session->tls_version = text_none();
	session->recipient = text_none();
}

static void fill_lists(void)
{
	const struct list_source source = { 0, 1 };
	struct network network;
	const char *error;

	list_init(&names, "names");
	names.holds_names = true;
	names.self = true;
	promise(list_add_domain(&names, "example.org", DOMAIN_SELF | DOMAIN_BELOW, source));
	promise(list_finish(&names));
	list_init(&networks, "networks");
	networks.holds_addresses = true;
	promise(network_parse("192.0.2.0/28", &network, &error));
	promise(list_add_network(&networks, &network, source) && list_finish(&networks));
}

/* Once, and for the life of the process. */
static void prepare(void)
{
	static const enum result results[CHECK_COUNT] = {
		[CHECK_EHLO_VERB] = RESULT_FAIL, [CHECK_EHLO_SYNTAX] = RESULT_SOFTFAIL,
		[CHECK_EHLO_FQDN] = RESULT_PASS, [CHECK_EHLO_LITERAL] = RESULT_SKIPPED,
		[CHECK_EHLO_OWN_NAME] = RESULT_UNKNOWN,
	};

	fill_lists();
	fill_by_name(&knowns[BY_NAME].session);
	fill_by_literal(&knowns[BY_LITERAL].session);
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		facts_derive(&knowns[i].session, &knowns[i].facts);
		for (size_t id = 0; id < CHECK_COUNT; id++)
			knowns[i].findings[id].result = i == NOTHING ? RESULT_UNKNOWN : results[id];
	}
}

static enum tri eval(const struct expr *expr, const struct known *known, enum stage stage)
{
	const struct context context = {
		.session = &known->session,
		.facts = &known->facts,
		.listener = "mx",
		.findings = known->findings,
		.stage = stage,
	};

	return expr_eval(expr, &context);
}

static struct expr *compile(const char *text, const struct expr_scope *scope)
{
	struct expr_error error;
	struct expr *expr;

	memset(&error, 'x', sizeof error);
	expr = expr_compile(text, scope, &arena, &error);
	if (expr)
		return expr;
	promise(error.offset <= strlen(text));
	promise(memchr(error.text, '\0', sizeof error.text) && error.text[0] != '\0');
	return NULL;
}

/* What was known with less stays as it was. */
static void check_knowledge(const struct expr *expr)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		enum tri last = eval(expr, &knowns[i], STAGE_RCPT);
		enum tri with_nothing = eval(expr, &knowns[NOTHING], STAGE_RCPT);

		promise(with_nothing == TRI_UNKNOWN || with_nothing == last);
		promise(eval(expr, &knowns[i], expr_stage(expr)) == last);
		for (unsigned stage = STAGE_CONNECT; stage < STAGE_RCPT; stage++) {
			enum tri now = eval(expr, &knowns[i], (enum stage)stage);

			promise(now == TRI_UNKNOWN || now == last);
		}
	}
}

static bool names_a_check(const struct expr *expr)
{
	for (unsigned id = 0; id < CHECK_COUNT; id++)
		if (expr_names_check(expr, (enum check_id)id))
			return true;
	return false;
}

/* A comparison with a skipped check keeps a rule from firing, so that what it is negated to is not its opposite. */
static bool compares_skipped(const struct expr *expr, const struct known *known)
{
	for (unsigned id = 0; id < CHECK_COUNT; id++)
		if (known->findings[id].result == RESULT_SKIPPED && expr_names_check(expr, (enum check_id)id))
			return true;
	return false;
}

/* The same in brackets, negated or not. */
static void check_wrapped(const char *format, const char *text, const struct expr *expr,
			  bool negated)
{
	struct expr_error error;
	struct expr *wrapped;
	struct buf buf;

	buf_init(&buf);
	for (; *format != '\0'; format++)
		if (*format == 'X')
			buf_add(&buf, text);
		else
			buf_add_char(&buf, *format);
	promise(!buf.failed);
	wrapped = expr_compile(buf.text, &wide, &arena, &error);
	promise(wrapped || strstr(error.text, "nested too deeply"));
	for (size_t i = 0; wrapped && i < KNOWN_COUNT; i++) {
		enum tri value = eval(expr, &knowns[i], STAGE_RCPT);

		if (!negated || !compares_skipped(expr, &knowns[i]))
			promise(eval(wrapped, &knowns[i], STAGE_RCPT) == (negated ? tri_not(value) : value));
	}
	if (wrapped)
		promise(expr_stage(wrapped) == expr_stage(expr));
	expr_release(wrapped);
	buf_clear(&buf);
}

/* What a narrower scope takes, the wide one takes too, with the same meaning. */
static void check_narrower(const struct expr_scope *scope, const char *text,
			   const struct expr *expr)
{
	struct expr *same = compile(text, scope);

	if (!same)
		return;
	promise(expr && expr_stage(same) == expr_stage(expr));
	promise(scope->recipient || expr_stage(same) < STAGE_RCPT);
	promise(!expr_names_check(same, CHECK_EHLO_VERB));
	promise(scope->checks_off || !names_a_check(same));
	for (size_t i = 0; i < KNOWN_COUNT; i++)
		promise(eval(same, &knowns[i], STAGE_RCPT) == eval(expr, &knowns[i], STAGE_RCPT));
	expr_release(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct expr *expr;

	if (!names.name)
		prepare();
	arena_init(&arena, NULL, 0, 4096);
	expr = compile(text, &wide);
	check_narrower(&narrow, text, expr);
	check_narrower(&exempting, text, expr);
	if (expr) {
		check_knowledge(expr);
		check_wrapped("not (X)", text, expr, true);
		check_wrapped("(X) and not not (X)", text, expr, false);
		check_wrapped("X or (X)", text, expr, false);
	}
	expr_release(expr);
	arena_clear(&arena);
	free(text);
	return 0;
}
