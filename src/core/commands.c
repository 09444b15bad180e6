/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of keys and words of commands and outbound, and what holds where two levels speak. */
#include "core/commands.h"

#include <string.h>

static const enum command_value vrfy_values[] = { VALUE_ALLOW, VALUE_DEFAULT, VALUE_HIDE, VALUE_ABSENT };
static const enum command_value expn_values[] = { VALUE_ALLOW, VALUE_DEFAULT, VALUE_DISABLE, VALUE_ABSENT };
static const enum command_value etrn_values[] = {
	VALUE_ALLOW, VALUE_DOMAIN, VALUE_SILENT, VALUE_BLOCK, VALUE_DISABLE, VALUE_ABSENT
};
static const enum command_value greeting_values[] = { VALUE_ALLOW, VALUE_REFUSE, VALUE_ABSENT };
static const enum command_value line_ending_values[] = { VALUE_CRLF, VALUE_LENIENT, VALUE_ABSENT };
static const enum command_value eight_bit_values[] = { VALUE_ACCEPT, VALUE_REJECT, VALUE_ABSENT };
static const enum command_value boolean_values[] = { VALUE_TRUE, VALUE_FALSE, VALUE_ABSENT };

#define EXTENSION(key_, keyword_) \
	{ .name = "extensions." key_, .key = key_, .keyword = keyword_, .values = boolean_values }

const struct command_info command_table[COMMAND_COUNT] = {
	[COMMAND_VRFY] = { .name = "vrfy", .key = "vrfy", .values = vrfy_values },
	[COMMAND_EXPN] = { .name = "expn", .key = "expn", .values = expn_values },
	[COMMAND_ETRN] = { .name = "etrn", .key = "etrn", .values = etrn_values },
	[COMMAND_HELO] = { .name = "helo", .key = "helo", .values = greeting_values },
	[COMMAND_EHLO] = { .name = "ehlo", .key = "ehlo", .values = greeting_values },
	[COMMAND_LINE_ENDINGS] = { .name = "line_endings", .key = "line_endings", .values = line_ending_values },
	[COMMAND_EIGHT_BIT_HEADERS] = { .name = "eight_bit_headers", .key = "eight_bit_headers",
					.values = eight_bit_values },
	[COMMAND_PIPELINING] = EXTENSION("pipelining", "PIPELINING"),
	[COMMAND_CHUNKING] = EXTENSION("chunking", "CHUNKING"),
	[COMMAND_DSN] = EXTENSION("dsn", "DSN"),
	[COMMAND_VRFY_KEYWORD] = EXTENSION("vrfy", "VRFY"),
	[COMMAND_ETRN_KEYWORD] = EXTENSION("etrn", "ETRN"),
	[COMMAND_SMTPUTF8] = EXTENSION("smtputf8", "SMTPUTF8"),
	[COMMAND_8BITMIME] = EXTENSION("8bitmime", "8BITMIME"),
	[COMMAND_SIZE] = EXTENSION("size", "SIZE"),
	[COMMAND_STARTTLS] = EXTENSION("starttls", "STARTTLS"),
	[COMMAND_AUTH] = EXTENSION("auth", "AUTH"),
	[COMMAND_REQUIRETLS] = EXTENSION("requiretls", "REQUIRETLS"),
	[COMMAND_NO_SOLICITING] = EXTENSION("no_soliciting", "NO-SOLICITING"),
	[COMMAND_FUTURE_RELEASE] = EXTENSION("future_release", "FUTURERELEASE"),
	[COMMAND_DELIVER_BY] = EXTENSION("deliver_by", "DELIVERBY"),
	[COMMAND_MT_PRIORITY] = EXTENSION("mt_priority", "MT-PRIORITY"),
};

static const char *const value_words[VALUE_COUNT] = {
	[VALUE_ABSENT] = "",
	[VALUE_DEFAULT] = "default",
	[VALUE_ALLOW] = "allow",
	[VALUE_HIDE] = "hide",
	[VALUE_DISABLE] = "disable",
	[VALUE_DOMAIN] = "domain",
	[VALUE_SILENT] = "silent",
	[VALUE_BLOCK] = "block",
	[VALUE_REFUSE] = "refuse",
	[VALUE_CRLF] = "crlf",
	[VALUE_LENIENT] = "lenient",
	[VALUE_ACCEPT] = "accept",
	[VALUE_REJECT] = "reject",
	[VALUE_FALSE] = "false",
	[VALUE_TRUE] = "true",
};

const char *command_value_word(enum command_value value)
{
	return value_words[value];
}

enum command_value command_value_from_word(enum command_id id, const char *word)
{
	const enum command_value *value = command_table[id].values;

	while (*value != VALUE_ABSENT && strcmp(value_words[*value], word) != 0)
		value++;
	return *value;
}

void commands_release(struct commands *commands)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		expr_release(commands->settings[i].condition);
}

static bool speaks(const struct command_setting *setting)
{
	return setting->value != VALUE_ABSENT && setting->value != VALUE_DEFAULT;
}

struct command_setting commands_in_force(const struct commands *own, const struct commands *top,
					 enum command_id id)
{
	if (speaks(&own->settings[id]))
		return own->settings[id];
	if (speaks(&top->settings[id]))
		return top->settings[id];
	return (struct command_setting){ .value = VALUE_ABSENT };
}

const struct list *commands_etrn_domains(const struct commands *own, const struct commands *top)
{
	return own->etrn_domains ? own->etrn_domains : top->etrn_domains;
}

bool command_may_be(const struct command_setting *setting, enum command_value value)
{
	return setting->value == value || (setting->condition && setting->otherwise == value);
}

enum command_value command_value_for(const struct command_setting *setting, const struct context *context)
{
	if (!setting->condition || expr_eval(setting->condition, context) == TRI_YES)
		return setting->value;
	return setting->otherwise;
}

bool command_setting_equal(const struct command_setting *a, const struct command_setting *b)
{
	if (a->value != b->value || !a->condition != !b->condition)
		return false;
	return !a->condition || (a->otherwise == b->otherwise && strcmp(a->text, b->text) == 0);
}

/* --- the MTA's own client --- */

const char *const outbound_names[OUTBOUND_COUNT] = {
	[OUTBOUND_GREETING] = "greeting",
	[OUTBOUND_STREAMING] = "streaming",
	[OUTBOUND_EIGHT_BIT] = "eight_bit",
	[OUTBOUND_ETRN] = "etrn",
};

static const char *const greeting_words[] = {
	[GREETING_EHLO] = "ehlo", [GREETING_NOEHLO] = "noehlo", [GREETING_CHECKEHLO] = "checkehlo", NULL
};
static const char *const streaming_words[] = { "0", "1", "2", "3", NULL };
static const char *const eight_bit_words[] = {
	[EIGHT_BIT_NEGOTIATE] = "negotiate", [EIGHT_BIT_SEVEN] = "seven", [EIGHT_BIT_EIGHT] = "eight", NULL
};
static const char *const etrn_words[] = { "false", "true", NULL };

const char *const *const outbound_words[OUTBOUND_COUNT] = {
	[OUTBOUND_GREETING] = greeting_words,
	[OUTBOUND_STREAMING] = streaming_words,
	[OUTBOUND_EIGHT_BIT] = eight_bit_words,
	[OUTBOUND_ETRN] = etrn_words,
};

struct outbound_setting outbound_in_force(const struct outbound *own, const struct outbound *all,
					  enum outbound_id id)
{
	return own && own->settings[id].named ? own->settings[id] : all->settings[id];
}
