/* SPDX-License-Identifier: BSD-2-Clause */
/* What an MTA can ask a socket map about, and what it tells when it does. */
#include "mta/dynamic.h"

#include "core/expr.h"

#include <stddef.h>
#include <string.h>

struct command_setting dynamic_resolve(const struct command_setting *setting, const struct listener *listener,
				       const struct session *daemon)
{
	static const struct facts no_facts = { .reverse_by_mta = true };
	const struct context context = {
		.session = daemon, .facts = &no_facts, .listener = listener->name, .stage = STAGE_MAIL
	};
	struct command_setting resolved = *setting;
	enum tri holds;

	if (!setting->condition)
		return resolved;
	holds = expr_eval(setting->condition, &context);
	if (holds == TRI_UNKNOWN)
		return resolved;
	resolved.value = holds == TRI_YES ? setting->value : setting->otherwise;
	resolved.condition = NULL;
	return resolved;
}

/* --- Postfix: one table of keywords, asked by the address alone, before the greeting --- */

static const char *const postfix_facts[] = { "listener", "mta", "client", NULL };

/* --- Sendmail: rulesets of a command know the session; srv_features is asked when the client connects --- */

static const char *const sendmail_command_facts[] = {
	"listener", "mta", "daemon_name", "daemon_port", "client", "client_name", "authenticated", "auth_user",
	"tls", "tls_version", NULL
};
static const char *const sendmail_feature_facts[] = {
	"listener", "mta", "daemon_name", "daemon_port", "client", "client_name", NULL
};

/* The facts that are told with the question; NULL: the key is never asked for. */
static const char *const *facts_of(enum mta mta, enum command_id id)
{
	if (mta == MTA_POSTFIX)
		return id >= COMMAND_FIRST_EXTENSION ? postfix_facts : NULL;
	switch (id) {
	case COMMAND_VRFY:
	case COMMAND_EXPN:
	case COMMAND_HELO:
		return sendmail_command_facts;
	case COMMAND_ETRN:		/* advertised or not: that is decided first */
	case COMMAND_LINE_ENDINGS:
	case COMMAND_PIPELINING:
	case COMMAND_DSN:
	case COMMAND_ETRN_KEYWORD:
	case COMMAND_STARTTLS:
	case COMMAND_AUTH:
		return sendmail_feature_facts;
	default:
		return NULL;
	}
}

bool dynamic_is_asked(enum mta mta, enum command_id id)
{
	return facts_of(mta, id) != NULL;
}

/* What a condition names that is not told. */
struct untold {
	const char *const *told;
	bool found;
};

static void look_for_untold(void *data, const struct expr_operand *operand)
{
	struct untold *untold = data;

	for (const char *const *told = untold->told; *told; told++)
		if (operand->fact && strcmp(operand->fact->name, *told) == 0)
			return;
	untold->found = true;
}

const char *dynamic_objection(enum mta mta, enum command_id id, const struct command_setting *setting)
{
	struct untold untold = { .told = facts_of(mta, id) };

	if (!untold.told)
		return mta == MTA_POSTFIX ?
		       "Postfix cannot tell clients apart here: give those clients a service of their own, and a "
		       "listener that matches its port" :
		       "Sendmail cannot ask for it: give those clients a daemon of their own, and a listener that "
		       "matches its port or name";
	expr_each_operand(setting->condition, look_for_untold, &untold);
	if (!untold.found)
		return NULL;
	return mta == MTA_POSTFIX ?
	       "Postfix tells nothing but the client's address when it asks: expected a condition on client" :
	       "Sendmail asks for it when the client connects: expected a condition on client, client_name, "
	       "daemon_name or daemon_port";
}
