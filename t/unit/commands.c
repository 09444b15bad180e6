/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds where a listener and the top level both speak of a command. */
#include "core/commands.h"

#include "base/arena.h"
#include "tap.h"

#include <string.h>

static struct command_setting value(enum command_value value)
{
	return (struct command_setting){ .value = value };
}

static void test_in_force(void)
{
	static const struct {
		const char *label;
		enum command_value own, top, expected;
	} cases[] = {
		{ "nobody speaks", VALUE_ABSENT, VALUE_ABSENT, VALUE_ABSENT },
		{ "the top level speaks", VALUE_ABSENT, VALUE_HIDE, VALUE_HIDE },
		{ "the listener speaks", VALUE_ALLOW, VALUE_ABSENT, VALUE_ALLOW },
		{ "both speak", VALUE_ALLOW, VALUE_HIDE, VALUE_ALLOW },
		{ "default is the top level's", VALUE_DEFAULT, VALUE_HIDE, VALUE_HIDE },
		{ "default without a top level is the MTA's own", VALUE_DEFAULT, VALUE_ABSENT, VALUE_ABSENT },
		{ "default at the top level is the MTA's own", VALUE_ABSENT, VALUE_DEFAULT, VALUE_ABSENT },
		{ "default of both", VALUE_DEFAULT, VALUE_DEFAULT, VALUE_ABSENT },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct commands own = { .settings[COMMAND_VRFY] = value(cases[i].own) };
		struct commands top = { .settings[COMMAND_VRFY] = value(cases[i].top) };

		ok(commands_in_force(&own, &top, COMMAND_VRFY).value == cases[i].expected, "%s", cases[i].label);
	}
}

static void test_etrn_domains(void)
{
	struct list first, second;
	struct commands own = { .etrn_domains = &first }, top = { .etrn_domains = &second }, none = { 0 };

	ok(commands_etrn_domains(&own, &top) == &first, "etrn_domains: the listener's");
	ok(commands_etrn_domains(&none, &top) == &second, "etrn_domains: the top level's");
	ok(!commands_etrn_domains(&none, &none), "etrn_domains: none");
}

static void test_words(void)
{
	size_t wrong = 0;

	for (enum command_id id = 0; id < COMMAND_COUNT; id++)
		for (const enum command_value *v = command_table[id].values; *v != VALUE_ABSENT; v++)
			wrong += command_value_from_word(id, command_value_word(*v)) != *v;
	ok(wrong == 0, "each word means its value");
	ok(command_value_from_word(COMMAND_VRFY, "disable") == VALUE_ABSENT &&
	   command_value_from_word(COMMAND_EXPN, "hide") == VALUE_ABSENT &&
	   command_value_from_word(COMMAND_DSN, "") == VALUE_ABSENT, "a word of another key means nothing");
	ok(strcmp(command_table[COMMAND_ETRN_KEYWORD].name, "extensions.etrn") == 0 &&
	   strcmp(command_table[COMMAND_ETRN_KEYWORD].key, "etrn") == 0 &&
	   !command_table[COMMAND_ETRN].keyword, "the command and its keyword are two keys");
}

static void test_condition(void)
{
	static const struct expr_scope scope = { .find_list = NULL };
	struct session session = { .auth_user = text_none() };
	struct facts facts = { 0 };
	struct context context = { .session = &session, .facts = &facts, .listener = "x", .stage = STAGE_MAIL };
	struct command_setting setting = { .value = VALUE_ALLOW, .otherwise = VALUE_HIDE, .text = "authenticated" };
	struct command_setting other = setting, plain = value(VALUE_ALLOW);
	struct expr_error error;
	struct arena arena;

	arena_init(&arena, NULL, 0, 1024);
	setting.condition = other.condition = expr_compile("authenticated", &scope, &arena, &error);
	ok(command_value_for(&setting, &context) == VALUE_HIDE, "a condition that is false");
	session.auth_user = text_known("joe");
	ok(command_value_for(&setting, &context) == VALUE_ALLOW, "a condition that is true");
	session.auth_user = (struct text){ .presence = PRESENCE_UNKNOWN };
	ok(command_value_for(&setting, &context) == VALUE_HIDE, "a condition that is unknown");
	ok(command_value_for(&plain, &context) == VALUE_ALLOW, "no condition");
	ok(command_may_be(&setting, VALUE_ALLOW) && command_may_be(&setting, VALUE_HIDE) &&
	   !command_may_be(&setting, VALUE_DISABLE) && !command_may_be(&plain, VALUE_ABSENT), "what it may be");
	ok(command_setting_equal(&setting, &other) && !command_setting_equal(&setting, &plain), "equal settings");
	other.text = "tls";
	ok(!command_setting_equal(&setting, &other), "another condition");
	arena_clear(&arena);
}

static void test_outbound(void)
{
	struct outbound all = { .settings[OUTBOUND_STREAMING] = { .named = true, .value = 2, .line = 3 } };
	struct outbound own = { .transport = "relay",
				.settings[OUTBOUND_STREAMING] = { .named = true, .value = 0, .line = 5 } };

	ok(outbound_in_force(&own, &all, OUTBOUND_STREAMING).line == 5, "a transport's own setting");
	ok(outbound_in_force(NULL, &all, OUTBOUND_STREAMING).line == 3, "a transport that is not named");
	ok(!outbound_in_force(&own, &all, OUTBOUND_ETRN).named, "a setting that nobody names");
}

int main(void)
{
	test_in_force();
	test_etrn_domains();
	test_words();
	test_condition();
	test_outbound();
	return tap_done();
}
