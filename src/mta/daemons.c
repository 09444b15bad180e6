/* SPDX-License-Identifier: BSD-2-Clause */
/* From a daemon to the listeners that may judge its sessions. */
#include "mta/daemons.h"

#include "core/decide.h"

bool daemon_listeners_find(const struct policy *policy, const struct session *daemon, struct arena *arena,
			   struct daemon_listeners *found_r)
{
	*found_r = (struct daemon_listeners){
		.listeners = arena_array(arena, policy->listener_count, sizeof *found_r->listeners)
	};
	if (!found_r->listeners)
		return false;
	for (size_t i = 0; i < policy->listener_count; i++) {
		enum tri matches = listener_matches(&policy->listeners[i], daemon);

		if (matches == TRI_NO)
			continue;
		found_r->listeners[found_r->count++] = &policy->listeners[i];
		if (matches == TRI_YES)
			break;
	}
	return true;
}

struct command_setting daemon_setting(const struct policy *policy, const struct daemon_listeners *found,
				      enum command_id id)
{
	return commands_in_force(&found->listeners[0]->commands, &policy->commands, id);
}

static bool differs(const struct policy *policy, const struct listener *a, const struct listener *b,
		    enum command_id id)
{
	const struct command_setting x = commands_in_force(&a->commands, &policy->commands, id);
	const struct command_setting y = commands_in_force(&b->commands, &policy->commands, id);

	if (!command_setting_equal(&x, &y))
		return true;
	return id == COMMAND_ETRN && command_may_be(&x, VALUE_DOMAIN) &&
	       commands_etrn_domains(&a->commands, &policy->commands) !=
	       commands_etrn_domains(&b->commands, &policy->commands);
}

enum command_id daemon_listeners_differ(const struct policy *policy, const struct daemon_listeners *found,
					const struct listener **other_r)
{
	for (enum command_id id = 0; id < COMMAND_COUNT; id++)
		for (size_t i = 1; i < found->count && id != COMMAND_EIGHT_BIT_HEADERS; i++)
			if (differs(policy, found->listeners[0], found->listeners[i], id)) {
				*other_r = found->listeners[i];
				return id;
			}
	return COMMAND_COUNT;
}

bool refuses_without_greeting(const struct policy *policy, const struct listener *listener)
{
	const struct check_settings *greeting = &listener->checks[CHECK_GREETING];
	const struct rollout *rollout = &greeting->rollout;
	enum mode mode = rollout->mode == MODE_INHERIT ? listener->mode : rollout->mode;

	return policy->server.enforce && mode == MODE_ENFORCE && rollout->enforce_percent == 100 &&
	       rollout->period.since == DATE_NONE && rollout->period.until == DATE_NONE &&
	       greeting->actions[RESULT_FAIL] == ACTION_REJECT;
}
