/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: every operator, every type error with its column, and Kleene's logic. */
#include "core/expr.h"

#include "core/check.h"
#include "tap.h"

#include <string.h>

static struct list names, networks;
static struct arena arena;
static const bool checks_off[CHECK_COUNT] = { [CHECK_EHLO_VERB] = true };

static const struct list *find_list(const void *lists, const char *name)
{
	(void)lists;
	if (strcmp(name, "names") == 0)
		return &names;
	return strcmp(name, "networks") == 0 ? &networks : NULL;
}

static const struct expr_scope scope = {
	.find_list = find_list, .checks_off = checks_off
};

/* One session: a client that greeted with a single label; what is not set is unknown. */
static void fill(struct session *session)
{
	memset(session, 0, sizeof *session);
	session->mta = MTA_POSTFIX;
	session->daemon_port = (struct number){ PRESENCE_KNOWN, 25 };
	session->client.presence = PRESENCE_KNOWN;
	ip_parse("192.0.2.9", &session->client.value);
	session->client_name = text_none();
	session->ehlo = text_known("Mail.Example.ORG.");
	session->sender = text_known("<Joe@Shop.Example>");
	session->auth_user = text_none();
	session->tls_version = text_known("TLSv1.3");
	session->recipient = text_none();
}

static const struct {
	const char *text;
	enum tri expected;
} values[] = {
	{ "daemon_port == 25", TRI_YES },
	{ "daemon_port != 25", TRI_NO },
	{ "daemon_port == 587", TRI_NO },
	{ "client_port == 1", TRI_UNKNOWN },
	{ "client == 192.0.2.9", TRI_YES },
	{ "client == ::ffff:192.0.2.9", TRI_YES },
	{ "client != 192.0.2.9", TRI_NO },
	{ "client in 192.0.2.0/24", TRI_YES },
	{ "client in 2001:db8::/32", TRI_NO },
	{ "client in [::]/0", TRI_NO },
	{ "client in $networks", TRI_YES },
	{ "not (client in $networks)", TRI_NO },
	{ "daemon_addr in $networks", TRI_UNKNOWN },
	{ "ehlo == 'mail.example.org'", TRI_YES },
	{ "ehlo == \"MAIL.example.org.\"", TRI_YES },
	{ "ehlo != 'mail.example.org'", TRI_NO },
	{ "ehlo starts_with 'mail.'", TRI_YES },
	{ "ehlo ends_with '.org.'", TRI_YES },
	{ "ehlo ends_with '.Org'", TRI_YES },
	{ "ehlo ends_with '.'", TRI_YES },
	{ "ehlo ends_with '..'", TRI_NO },
	{ "ehlo ends_with 'a.name.that.is.longer.than.the.value.example'", TRI_NO },
	{ "ehlo contains 'EXAMPLE'", TRI_YES },
	{ "ehlo contains 'nowhere'", TRI_NO },
	{ "ehlo matches '^mail[.].*'", TRI_YES },
	{ "ehlo matches '^[0-9]+$'", TRI_NO },
	{ "ehlo matches '[.]org$'", TRI_YES },
	{ "ehlo matches '[.]org[.]$'", TRI_YES },
	{ "not (ehlo matches '[.]org$')", TRI_NO },
	{ "sender ends_with 'Shop.Example'", TRI_YES },
	{ "ehlo in $names", TRI_YES },
	{ "sender_domain in $names", TRI_NO },
	{ "sender == 'joe@shop.example'", TRI_YES },
	{ "sender_domain == 'shop.example'", TRI_YES },
	{ "ehlo_kind == fqdn", TRI_YES },
	{ "ehlo_kind != unqualified", TRI_YES },
	{ "mta == postfix", TRI_YES },
	{ "mta == sendmail", TRI_NO },
	{ "verb == EHLO", TRI_UNKNOWN },
	{ "verb != HELO", TRI_UNKNOWN },
	{ "tls", TRI_YES },
	{ "tls == true", TRI_YES },
	{ "tls != false", TRI_YES },
	{ "tls == false", TRI_NO },
	{ "not tls", TRI_NO },
	{ "authenticated", TRI_NO },
	{ "null_sender", TRI_NO },
	{ "listener == 'mx'", TRI_YES },
	/* known to be none: neither equal nor unequal, in nothing */
	{ "client_name == 'a.example'", TRI_NO },
	{ "client_name != 'a.example'", TRI_NO },
	{ "client_name in $names", TRI_NO },
	{ "not (client_name in $names)", TRI_YES },
	{ "auth_user != 'joe'", TRI_NO },
	/* results of checks */
	{ "ehlo_fqdn == fail", TRI_YES },
	{ "ehlo_fqdn != pass", TRI_YES },
	{ "ehlo_fqdn == pass", TRI_NO },
	{ "ehlo_literal == none", TRI_YES },
	{ "ehlo_literal != pass", TRI_NO },
	{ "ehlo_literal != none", TRI_NO },
	{ "greeting == skipped", TRI_YES },
	{ "greeting != fail", TRI_NO },
	{ "not greeting == fail", TRI_NO },
	{ "not (tls and greeting != fail)", TRI_NO },
	{ "not not greeting == fail", TRI_NO },
	{ "not greeting == skipped", TRI_NO },
	{ "not greeting != skipped", TRI_YES },
	{ "not ehlo_literal == pass", TRI_YES },
	{ "ehlo_own_name == fail", TRI_UNKNOWN },
	{ "ehlo_own_name != fail", TRI_UNKNOWN },
	/* Kleene: yes = tls, no = authenticated, unknown = verb == EHLO */
	{ "tls and tls", TRI_YES },
	{ "tls and authenticated", TRI_NO },
	{ "tls and verb == EHLO", TRI_UNKNOWN },
	{ "verb == EHLO and authenticated", TRI_NO },
	{ "authenticated and verb == EHLO", TRI_NO },
	{ "verb == EHLO and verb == EHLO", TRI_UNKNOWN },
	{ "tls or verb == EHLO", TRI_YES },
	{ "verb == EHLO or tls", TRI_YES },
	{ "authenticated or verb == EHLO", TRI_UNKNOWN },
	{ "authenticated or authenticated", TRI_NO },
	{ "not verb == EHLO", TRI_UNKNOWN },
	{ "not not tls", TRI_YES },
	/* and binds closer than or, not closer than and */
	{ "tls or authenticated and authenticated", TRI_YES },
	{ "(tls or authenticated) and authenticated", TRI_NO },
	{ "not authenticated and tls", TRI_YES },
	{ "  tls\tand\n(tls)  ", TRI_YES },
	/* a pattern that would run for ever decides nothing */
	{ "sender matches '^(([a-z]+)+)+!$' or ehlo matches '^(([a-z.]+)+)+!$'", TRI_NO },
};

static const struct {
	const char *text;
	size_t offset;
	const char *error;
} errors[] = {
	{ "", 0, "the expression ends here" },
	{ "tls and", 7, "the expression ends here" },
	{ "tls tls", 4, "expected 'and', 'or' or the end" },
	{ "(tls", 4, "expected 'and', 'or' or ')'" },
	{ "tls)", 3, "expected 'and', 'or' or the end" },
	{ "elho == 'x'", 0, "did you mean 'ehlo'?" },
	{ "zzzzzzzz == 'x'", 0, "unknown fact or check 'zzzzzzzz'" },
	{ "client == 'mail.example.org'", 10, "client is an address" },
	{ "client == mail.example.org", 10, "put text in quotes" },
	{ "client == 192.0.2.0/24", 10, "compared by 'in'" },
	{ "client in $names", 10, "holds names" },
	{ "client in 25", 10, "expected a network or a list" },
	{ "client starts_with '192'", 19, "this operator is for text" },
	{ "ehlo in $networks", 8, "holds networks" },
	{ "ehlo in 192.0.2.0/24", 8, "expected a list of names" },
	{ "ehlo in $nowhere", 8, "unknown list '$nowhere'" },
	{ "ehlo == 25", 8, "expected text in quotes" },
	{ "ehlo == foo", 8, "expected text in quotes" },
	{ "ehlo matches '('", 15, "bad pattern" },
	{ "ehlo == 'foo", 8, "the quote is not closed" },
	{ "ehlo", 4, "expected == != in" },
	{ "ehlo = 'x'", 5, "expected '==' or '!='" },
	{ "ehlo not in $names", 5, "expected == != in" },
	{ "sender in $names", 10, "'in' is for names and addresses" },
	{ "daemon_port == 'x'", 15, "daemon_port is a number" },
	{ "daemon_port == 70000", 15, "expected 0 to 65535" },
	{ "daemon_port in $networks", 15, "'in' is for names and addresses" },
	{ "verb == MAIL", 8, "expected EHLO or HELO" },
	{ "ehlo_kind == domain", 13, "is no value of ehlo_kind" },
	{ "tls == 'yes'", 7, "true or false" },
	{ "ehlo_fqdn == softfail", 13, "is no result of ehlo_fqdn" },
	{ "ehlo_fqdn == unknown", 13, "cannot be asked for" },
	{ "ehlo_fqdn", 9, "expected == or !=" },
	{ "ehlo_verb == fail", 0, "is off in this listener" },
	{ "recipient == 'x'", 0, "reply_at: rcpt" },
	{ "tls & tls", 4, "no meaning" },
	{ "client in $", 10, "name of a list" },
};

static struct expr *compile(const char *text, struct expr_error *error)
{
	memset(error, 0, sizeof *error);
	return expr_compile(text, &scope, &arena, error);
}

static void test_value(const char *text, const struct context *context, enum tri expected)
{
	struct expr_error error;
	struct expr *expr = compile(text, &error);

	ok(expr && expr_eval(expr, context) == expected, "%s%s%s", text, expr ? "" : ": ", error.text);
	expr_release(expr);
}

/* Of a session from b\u00fccher.example, which every fact has as A-labels; a list has it by either. */
static const struct {
	const char *text;
	enum tri expected;
} internationalised[] = {
	{ "sender_domain == 'b\u00fccher.example'", TRI_YES },
	{ "sender_domain == 'B\u00dcCHER.example.'", TRI_YES },
	{ "sender_domain != 'b\u00fccher.example'", TRI_NO },
	{ "sender_domain == 'xn--bcher-kva.example'", TRI_YES },
	{ "sender_domain == 'k\u00f6nige.example'", TRI_NO },
	{ "client_name == 'mail.b\u00fccher.example'", TRI_YES },
	{ "client_name ends_with '.b\u00fccher.example'", TRI_YES },
	{ "client_name ends_with '.k\u00f6nige.example'", TRI_NO },
	{ "ehlo == 'MAIL.b\u00fccher.example'", TRI_YES },
	{ "auth_user == 'b\u00fccher'", TRI_YES },
};

static void test_values(void)
{
	struct finding findings[CHECK_COUNT] = {
		[CHECK_GREETING] = { RESULT_SKIPPED, NULL },
		[CHECK_EHLO_FQDN] = { RESULT_FAIL, NULL },
		[CHECK_EHLO_OWN_NAME] = { RESULT_UNKNOWN, NULL },
	};
	struct session session;
	struct facts facts;
	struct context context = { .session = &session, .facts = &facts, .listener = "mx",
				   .findings = findings, .stage = STAGE_MAIL };

	fill(&session);
	facts_derive(&session, &facts);
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		test_value(values[i].text, &context, values[i].expected);
	session.sender = text_known("<joe@xn--bcher-kva.example>");
	session.client_name = session.ehlo = text_known("mail.xn--bcher-kva.example");
	session.auth_user = text_known("b\u00fccher");
	facts_derive(&session, &facts);
	for (size_t i = 0; i < sizeof internationalised / sizeof internationalised[0]; i++)
		test_value(internationalised[i].text, &context, internationalised[i].expected);
}

static void test_errors(void)
{
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		struct expr_error error;
		struct expr *expr = compile(errors[i].text, &error);

		ok(!expr && error.offset == errors[i].offset && strstr(error.text, errors[i].error),
		   "error in \"%s\": %zu: %s", errors[i].text, error.offset, error.text);
	}
}

/* --- each type with each operator and operand --- */

enum operand { STRING, NUMBER, ADDRESS, NETWORK, NAMES, NETWORKS, FLAG, WORD, NOTHING, OPERAND_COUNT };

static const char *const operands[OPERAND_COUNT] = {
	[STRING] = "'x'", [NUMBER] = "25", [ADDRESS] = "192.0.2.9", [NETWORK] = "192.0.2.0/24", [NAMES] = "$names",
	[NETWORKS] = "$networks", [FLAG] = "true", [WORD] = "fqdn", [NOTHING] = "",
};

static const char *const operators[] = { "==", "!=", "in", "matches", "starts_with", "ends_with", "contains" };

#define BIT(operand) (1u << (operand))

/* What may stand behind an operator; all else is an error at the operand. */
static unsigned allowed(enum fact_type type, size_t operator)
{
	bool is_name = type == FACT_NAME || type == FACT_NAMES;

	if (operator == 2)
		return type == FACT_ADDRESS ? BIT(ADDRESS) | BIT(NETWORK) | BIT(NETWORKS) : is_name ? BIT(NAMES) : 0;
	if (operator > 2)
		return is_name || type == FACT_TEXT || type == FACT_WORD ? BIT(STRING) : 0;
	switch (type) {
	case FACT_TEXT:
	case FACT_NAME:
	case FACT_NAMES:	return BIT(STRING);
	case FACT_WORD:		return BIT(WORD);
	case FACT_NUMBER:	return BIT(NUMBER);
	case FACT_ADDRESS:	return BIT(ADDRESS);
	case FACT_BOOL:		return BIT(FLAG);
	}
	return 0;
}

/* One fact of each type; the word is one of ehlo_kind. */
static const char *const typed[] = {
	[FACT_TEXT] = "sender", [FACT_NAME] = "ehlo", [FACT_NAMES] = "client_ptr", [FACT_WORD] = "ehlo_kind",
	[FACT_NUMBER] = "daemon_port", [FACT_ADDRESS] = "client", [FACT_BOOL] = "tls",
};

static void test_type(enum fact_type type, size_t operator)
{
	unsigned wrong = 0;

	for (unsigned operand = 0; operand < OPERAND_COUNT; operand++) {
		bool good = allowed(type, operator) >> operand & 1;
		struct expr_error error = { .offset = 0 };
		struct expr *expr;
		char text[100];

		(void)snprintf(text, sizeof text, "%s %s %s", typed[type], operators[operator], operands[operand]);
		expr = compile(text, &error);
		if ((expr != NULL) == good &&
		    (good || error.offset == strlen(typed[type]) + strlen(operators[operator]) + 2)) {
			expr_release(expr);
			continue;
		}
		wrong++;
		printf("# %s: %s at %zu: %s\n", text, good ? "refused" : "taken", error.offset, good ? error.text : "");
		expr_release(expr);
	}
	ok(wrong == 0, "%s %s: what may follow, and where the error is", typed[type], operators[operator]);
}

static void test_types(void)
{
	for (size_t type = 0; type < sizeof typed / sizeof typed[0]; type++) {
		ok(fact_find(typed[type]) && fact_find(typed[type])->type == (enum fact_type)type, "%s", typed[type]);
		for (size_t operator = 0; operator < sizeof operators / sizeof operators[0]; operator++)
			test_type((enum fact_type)type, operator);
	}
}

/* --- Kleene's tables --- */

static void test_kleene(void)
{
	/* In the order of enum tri. */
	static const char *const words[] = { "authenticated", "tls", "verb == EHLO" };
	static const enum tri and_table[3][3] = {
		{ TRI_NO, TRI_NO, TRI_NO }, { TRI_NO, TRI_YES, TRI_UNKNOWN }, { TRI_NO, TRI_UNKNOWN, TRI_UNKNOWN },
	};
	static const enum tri or_table[3][3] = {
		{ TRI_NO, TRI_YES, TRI_UNKNOWN }, { TRI_YES, TRI_YES, TRI_YES }, { TRI_UNKNOWN, TRI_YES, TRI_UNKNOWN },
	};
	static const enum tri not_table[3] = { TRI_YES, TRI_NO, TRI_UNKNOWN };
	struct session session;
	struct facts facts;
	struct context context = { .session = &session, .facts = &facts, .stage = STAGE_MAIL };
	struct expr_error error;
	char text[100];

	fill(&session);
	facts_derive(&session, &facts);
	for (int a = 0; a < 3; a++) {
		(void)snprintf(text, sizeof text, "not (%s)", words[a]);
		ok(expr_eval(compile(text, &error), &context) == not_table[a] && tri_not((enum tri)a) == not_table[a], "%s",
		   text);
		for (int b = 0; b < 3; b++) {
			(void)snprintf(text, sizeof text, "%s and %s", words[a], words[b]);
			ok(expr_eval(compile(text, &error), &context) == and_table[a][b] &&
			   tri_and((enum tri)a, (enum tri)b) == and_table[a][b], "%s", text);
			(void)snprintf(text, sizeof text, "%s or %s", words[a], words[b]);
			ok(expr_eval(compile(text, &error), &context) == or_table[a][b] &&
			   tri_or((enum tri)a, (enum tri)b) == or_table[a][b], "%s", text);
		}
	}
}

static void test_stages(void)
{
	struct session session;
	struct facts facts;
	struct context context = { .session = &session, .facts = &facts, .stage = STAGE_CONNECT };
	struct expr_error error;
	struct expr *expr = compile("client in $networks and sender_domain == 'shop.example'", &error);

	fill(&session);
	facts_derive(&session, &facts);
	ok(expr && expr_stage(expr) == STAGE_MAIL, "an expression has the stage of its latest fact");
	ok(expr && expr_eval(expr, &context) == TRI_UNKNOWN, "facts of later stages are unknown");
	ip_parse("203.0.113.9", &session.client.value);
	ok(expr && expr_eval(expr, &context) == TRI_NO, "what is false already stays false");
	expr_release(expr);
}

/* Nested 1,000 deep is an error; a chain of 1,000 is not nested. */
static void test_depth(void)
{
	static char text[20000];
	struct expr_error error;
	struct expr *expr;

	memset(text, '(', 1000);
	ok(!compile(text, &error) && strstr(error.text, "nested too deeply"), "1,000 brackets: %s", error.text);
	memset(text, 0, sizeof text);
	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 10 * i, i < 999 ? "tls   and " : "tls       ", 10);
	expr = compile(text, &error);
	ok(expr, "a chain of 1,000 is fine: %s", error.text);
	expr_release(expr);
}

int main(void)
{
	struct network network;
	const char *error;

	arena_init(&arena, NULL, 0, 4096);
	list_init(&names, "names");
	names.holds_names = true;
	list_add_domain(&names, "example.org", DOMAIN_SELF | DOMAIN_BELOW, (struct list_source){ 0, 1 });
	list_finish(&names);
	list_init(&networks, "networks");
	networks.holds_addresses = true;
	network_parse("192.0.2.0/28", &network, &error);
	list_add_network(&networks, &network, (struct list_source){ 0, 1 });
	list_finish(&networks);
	test_values();
	test_errors();
	test_types();
	test_kleene();
	test_stages();
	test_depth();
	list_clear(&names);
	list_clear(&networks);
	arena_clear(&arena);
	return tap_done();
}
