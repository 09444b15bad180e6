/* SPDX-License-Identifier: BSD-2-Clause */
/* Which listener judges a session: the first whose match holds. */
#include "core/choice.h"

#include <strings.h>

static enum tri match_number(const struct number *fact, const unsigned *values, size_t count)
{
	if (count == 0)
		return TRI_YES;
	if (fact->presence != PRESENCE_KNOWN)
		return fact->presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	for (size_t i = 0; i < count; i++)
		if (fact->value == values[i])
			return TRI_YES;
	return TRI_NO;
}

static enum tri match_text(const struct text *fact, const char *const *values, size_t count)
{
	if (count == 0)
		return TRI_YES;
	if (fact->presence != PRESENCE_KNOWN)
		return fact->presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(fact->value, values[i]) == 0)
			return TRI_YES;
	return TRI_NO;
}

static enum tri match_address(const struct address *fact, const struct ip *values, size_t count)
{
	if (count == 0)
		return TRI_YES;
	if (fact->presence != PRESENCE_KNOWN)
		return fact->presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	for (size_t i = 0; i < count; i++)
		if (ip_equal(&fact->value, &values[i]))
			return TRI_YES;
	return TRI_NO;
}

/* No list of match asks DNS. */
static enum tri match_client(const struct session *session, const struct list *clients)
{
	const struct context context = { .session = session };

	if (!clients)
		return TRI_YES;
	if (session->client.presence != PRESENCE_KNOWN)
		return session->client.presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	return list_has_address(clients, &context, &session->client.value, NULL);
}

enum tri listener_matches(const struct listener *listener, const struct session *session)
{
	const struct match *m = &listener->match;
	enum tri truth;

	if (listener->match_any)
		return TRI_YES;
	truth = match_number(&session->daemon_port, m->daemon_ports, m->daemon_port_count);
	truth = tri_and(truth, match_text(&session->daemon_name, m->daemon_names, m->daemon_name_count));
	truth = tri_and(truth, match_text(&session->listener_service, m->services, m->service_count));
	truth = tri_and(truth, match_address(&session->daemon_addr, m->daemon_addrs, m->daemon_addr_count));
	return tri_and(truth, match_client(session, m->clients));
}

struct choice choose_listener(const struct policy *policy, const struct session *session)
{
	const struct listener *last = &policy->listeners[policy->listener_count - 1];

	for (size_t i = 0; i < policy->listener_count; i++) {
		const struct listener *listener = &policy->listeners[i];

		switch (listener_matches(listener, session)) {
		case TRI_NO:		break;
		case TRI_YES:		return (struct choice){ .listener = listener };
		case TRI_UNKNOWN:	return (struct choice){ .listener = last, .unsure = true };
		}
	}
	return (struct choice){ .listener = last };	/* not reached: the last matches any */
}

const struct listener *next_possible_listener(const struct policy *policy, const struct session *session,
					      const struct listener *before)
{
	const struct listener *last = &policy->listeners[policy->listener_count - 1];

	if (before && listener_matches(before, session) == TRI_YES)
		return NULL;
	for (const struct listener *listener = before ? before + 1 : policy->listeners; listener < last; listener++)
		if (listener_matches(listener, session) != TRI_NO)
			return listener;
	return NULL;
}
