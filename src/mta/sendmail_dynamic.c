/* SPDX-License-Identifier: BSD-2-Clause */
/* Which keys hang on the client: those Sendmail must ask the daemon about, or cannot have. */
#include "mta/dynamic.h"
#include "mta/keywords.h"
#include "mta/sendmail_work.h"

#include <string.h>
#include <strings.h>

/* --- listeners that share sessions --- */

static bool share_a_number(const unsigned *a, size_t a_count, const unsigned *b, size_t b_count)
{
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			if (a[i] == b[j])
				return true;
	return a_count == 0 || b_count == 0;
}

static bool share_a_name(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			if (strcasecmp(a[i], b[j]) == 0)
				return true;
	return a_count == 0 || b_count == 0;
}

/* Could one daemon be both? */
static bool may_meet(const struct listener *a, const struct listener *b)
{
	return share_a_number(a->match.daemon_ports, a->match.daemon_port_count, b->match.daemon_ports,
			      b->match.daemon_port_count) &&
	       share_a_name(a->match.daemon_names, a->match.daemon_name_count, b->match.daemon_names,
			    b->match.daemon_name_count);
}

bool mc_is_here(const struct listener *listener)
{
	return listener->match.service_count == 0;
}

struct command_setting mc_setting(const struct sendmail_work *work, const struct listener *listener,
				  enum command_id id)
{
	const struct session sendmail = { .mta = MTA_SENDMAIL };
	const struct command_setting setting = commands_in_force(&listener->commands, &work->policy->commands, id);

	return dynamic_resolve(&setting, listener, &sendmail);
}

static bool differ(const struct sendmail_work *work, const struct listener *a, const struct listener *b,
		   enum command_id id)
{
	const struct command_setting x = mc_setting(work, a, id), y = mc_setting(work, b, id);

	return !command_setting_equal(&x, &y) ||
	       (id == COMMAND_ETRN && command_may_be(&x, VALUE_DOMAIN) &&
		commands_etrn_domains(&a->commands, &work->policy->commands) !=
		commands_etrn_domains(&b->commands, &work->policy->commands));
}

/*
 * Rules know daemons, not the clients of match: where a listener that asks for clients wants the same as those
 * below it, its sessions may fall to them.  Else the one that wants something else.
 */
static const struct listener *other_wish(const struct sendmail_work *work, const struct listener *listener,
					 enum command_id id)
{
	const struct policy *policy = work->policy;

	if (!listener->match.clients || !mc_is_here(listener))
		return NULL;
	for (const struct listener *other = listener + 1; other < policy->listeners + policy->listener_count;
	     other++)
		if (mc_is_here(other) && may_meet(listener, other) && differ(work, listener, other, id))
			return other;
	return NULL;
}

bool mc_is_asked(const struct sendmail_work *work, enum command_id id)
{
	if (!dynamic_is_asked(MTA_SENDMAIL, id))
		return false;
	for (size_t i = 0; i < work->policy->listener_count; i++) {
		const struct listener *listener = &work->policy->listeners[i];

		if (mc_is_here(listener) &&
		    (mc_setting(work, listener, id).condition || other_wish(work, listener, id)))
			return true;
	}
	return false;
}

bool mc_features_are_asked(const struct sendmail_work *work)
{
	for (enum command_id id = 0; id < COMMAND_COUNT; id++)
		if (sendmail_letters(id, VALUE_ALLOW) || sendmail_letters(id, VALUE_TRUE) ||
		    sendmail_letters(id, VALUE_CRLF))
			if (mc_is_asked(work, id))
				return true;
	return false;
}

/* --- what cannot be asked for --- */

static void check_listener(struct sendmail_work *work, const struct listener *listener, enum command_id id)
{
	const struct command_setting setting = mc_setting(work, listener, id);
	const struct listener *other = other_wish(work, listener, id);

	if (setting.condition && dynamic_objection(MTA_SENDMAIL, id, &setting))
		mc_error(work, setting.line, "listener %s: commands.%s: %s", listener->name,
			 command_table[id].name, dynamic_objection(MTA_SENDMAIL, id, &setting));
	if (other && !dynamic_is_asked(MTA_SENDMAIL, id) && id != COMMAND_EIGHT_BIT_HEADERS)
		mc_error(work, listener->line,
			 "listeners %s and %s share daemons, and differ in commands.%s, which Sendmail cannot "
			 "ask for; give one a daemon of its own",
			 listener->name, other->name, command_table[id].name);
	if ((setting.condition || other) && dynamic_is_asked(MTA_SENDMAIL, id) && !work->policy->server.socketmap)
		mc_error(work, setting.line > 0 ? setting.line : listener->line,
			 "listener %s: commands.%s hangs on the client, so Sendmail must ask for it; expected "
			 "server.socketmap, such as inet:8898@127.0.0.1",
			 listener->name, command_table[id].name);
}

void sendmail_check_conditions(struct sendmail_work *work)
{
	for (size_t i = 0; i < work->policy->listener_count; i++)
		for (enum command_id id = 0; id < COMMAND_COUNT; id++)
			if (mc_is_here(&work->policy->listeners[i]))
				check_listener(work, &work->policy->listeners[i], id);
}
