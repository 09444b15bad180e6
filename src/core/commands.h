/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only the MTA can enforce: VRFY, EXPN, ETRN, HELO against EHLO, the advertised extensions and line
 * endings of a listener, and the greeting of the MTA's own client.  Values of the policy; how an MTA is made
 * to do them is in mta/.
 */
#ifndef CORE_COMMANDS_H
#define CORE_COMMANDS_H

#include "core/expr.h"
#include "core/list.h"

#include <stdbool.h>
#include <stddef.h>

/* In the order of the manual; all outputs follow it. */
enum command_id {
	COMMAND_VRFY,
	COMMAND_EXPN,
	COMMAND_ETRN,
	COMMAND_HELO,
	COMMAND_EHLO,
	COMMAND_LINE_ENDINGS,
	COMMAND_EIGHT_BIT_HEADERS,
	/* extensions: advertisement only */
	COMMAND_PIPELINING,
	COMMAND_CHUNKING,
	COMMAND_DSN,
	COMMAND_VRFY_KEYWORD,
	COMMAND_ETRN_KEYWORD,
	COMMAND_SMTPUTF8,
	COMMAND_8BITMIME,
	COMMAND_SIZE,
	COMMAND_STARTTLS,
	COMMAND_AUTH,
	COMMAND_REQUIRETLS,
	COMMAND_NO_SOLICITING,
	COMMAND_FUTURE_RELEASE,
	COMMAND_DELIVER_BY,
	COMMAND_MT_PRIORITY,
	COMMAND_COUNT
};

#define COMMAND_FIRST_EXTENSION COMMAND_PIPELINING

/* Zeroed memory means that the key is not named: the MTA is left alone. */
enum command_value {
	VALUE_ABSENT,
	VALUE_DEFAULT,		/* as the top level says */
	VALUE_ALLOW,
	VALUE_HIDE,		/* vrfy: the same 252 for every address, no keyword */
	VALUE_DISABLE,		/* expn: the same 252; etrn: neither advertised nor done */
	VALUE_DOMAIN,		/* etrn: only the domains of etrn_domains */
	VALUE_SILENT,		/* etrn: done, not advertised */
	VALUE_BLOCK,		/* etrn: advertised, refused */
	VALUE_REFUSE,
	VALUE_CRLF,
	VALUE_LENIENT,
	VALUE_ACCEPT,
	VALUE_REJECT,
	VALUE_FALSE,
	VALUE_TRUE,
	VALUE_COUNT
};

/* A row of the table of keys. */
struct command_info {
	const char *name;			/* "vrfy", "extensions.dsn" */
	const char *key;			/* in its map: "vrfy", "dsn" */
	const char *keyword;			/* of an extension: what EHLO lists, "DSN" */
	const enum command_value *values;	/* what may be written, VALUE_ABSENT after the last */
};

extern const struct command_info command_table[COMMAND_COUNT];

/* What one key is set to.  Points into the policy. */
struct command_setting {
	enum command_value value;	/* with a condition: where it is true */
	enum command_value otherwise;	/* with a condition: where it is false or unknown */
	struct expr *condition;		/* NULL: value holds for every client */
	const char *text;		/* of the condition, as written */
	unsigned line;			/* of the policy file */
};

/* The key commands, of a listener or at the top level. */
struct commands {
	struct command_setting settings[COMMAND_COUNT];
	const struct list *etrn_domains;	/* NULL: not named */
	unsigned etrn_domains_line;
};

const char *command_value_word(enum command_value value);

/* The value that a word stands for in this key; VALUE_ABSENT: none. */
enum command_value command_value_from_word(enum command_id id, const char *word);

/* Frees what does not lie in the policy's arena. */
void commands_release(struct commands *commands);

/*
 * What holds in a listener: its own setting, or that of the top level where it has none or says "default".
 * value is VALUE_ABSENT where nobody says anything; never VALUE_DEFAULT.
 */
struct command_setting commands_in_force(const struct commands *own, const struct commands *top,
					 enum command_id id);

/* The listener's etrn_domains, else the top level's, else NULL. */
const struct list *commands_etrn_domains(const struct commands *own, const struct commands *top);

/* Can the setting come out as value, whatever its condition is? */
bool command_may_be(const struct command_setting *setting, enum command_value value);

/* The value for one client. */
enum command_value command_value_for(const struct command_setting *setting, const struct context *context);

/* Do two settings always mean the same?  Conditions are compared by their text. */
bool command_setting_equal(const struct command_setting *a, const struct command_setting *b);

/* --- the MTA's own client --- */

enum outbound_id { OUTBOUND_GREETING, OUTBOUND_STREAMING, OUTBOUND_EIGHT_BIT, OUTBOUND_ETRN, OUTBOUND_COUNT };

/* Values of greeting and eight_bit; streaming is 0 to 3, etrn 0 or 1. */
enum outbound_greeting { GREETING_EHLO, GREETING_NOEHLO, GREETING_CHECKEHLO };
enum outbound_eight_bit { EIGHT_BIT_NEGOTIATE, EIGHT_BIT_SEVEN, EIGHT_BIT_EIGHT };

struct outbound_setting {
	bool named;
	unsigned value;
	unsigned line;
};

struct outbound {
	const char *transport;	/* Postfix: a service of master.cf; Sendmail: a mailer.  NULL: all of them */
	struct outbound_setting settings[OUTBOUND_COUNT];
	unsigned line;
};

extern const char *const outbound_names[OUTBOUND_COUNT];
/* [id]: the words of its values by number, NULL after the last. */
extern const char *const *const outbound_words[OUTBOUND_COUNT];

/* The transport's own setting, else that of all; own may be NULL. */
struct outbound_setting outbound_in_force(const struct outbound *own, const struct outbound *all,
					  enum outbound_id id);

#endif
