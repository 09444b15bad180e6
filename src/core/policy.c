/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a loaded policy and what is asked of it as a whole. */
#include "core/policy.h"

#include <stdlib.h>
#include <string.h>

#define POLICY_BLOCK_BYTES 16384

const char *server_socket_seen(const struct server *server)
{
	/* contrib/systemd/ehlo-milter.socket */
	return strcmp(server->socket, SOCKET_SYSTEMD) == 0 ? "unix:/var/spool/postfix/ehlo-milter/ehlo-milter.sock" :
							     server->socket;
}

struct policy *policy_new(void)
{
	struct policy *policy = calloc(1, sizeof *policy);

	if (policy)
		arena_init(&policy->arena, NULL, 0, POLICY_BLOCK_BYTES);
	return policy;
}

static void listener_release(struct listener *listener)
{
	for (size_t i = 0; i < listener->exempt_count; i++)
		expr_release(listener->exempts[i].condition);
	for (size_t i = 0; i < listener->rule_count; i++)
		expr_release(listener->rules[i].condition);
	commands_release(&listener->commands);
}

void policy_free(struct policy **policy)
{
	struct policy *p = *policy;

	if (!p)
		return;
	for (size_t i = 0; i < p->listener_count; i++)
		listener_release(&p->listeners[i]);
	for (size_t i = 0; i < p->list_count; i++)
		list_clear(&p->lists[i]);
	commands_release(&p->commands);
	arena_clear(&p->arena);
	free(p);
	*policy = NULL;
}

const struct list *policy_find_list(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->list_count; i++)
		if (policy->lists[i].name && strcmp(policy->lists[i].name, name) == 0)
			return &policy->lists[i];
	return NULL;
}

const struct listener *policy_find_listener(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		if (strcmp(policy->listeners[i].name, name) == 0)
			return &policy->listeners[i];
	return NULL;
}

enum stage policy_first_reply(const struct policy *policy)
{
	enum stage first = STAGE_RCPT;

	for (size_t i = 0; i < policy->listener_count; i++)
		if (policy->listeners[i].reply_at < first)
			first = policy->listeners[i].reply_at;
	return first;
}

bool policy_needs_rcpt(const struct policy *policy)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		if (policy->listeners[i].reply_at == STAGE_RCPT)
			return true;
	return false;
}

bool policy_observes(const struct policy *policy, const struct listener *listener)
{
	return policy->observe || !policy->server.enforce || listener->mode == MODE_OBSERVE;
}

bool policy_needs_dns(const struct policy *policy)
{
	for (size_t i = 0; i < policy->listener_count; i++) {
		const struct listener *listener = &policy->listeners[i];

		if (listener->needs_dns || (listener->recorded && policy_observes(policy, listener)))
			return true;
	}
	return false;
}

static bool listener_has_action(const struct listener *listener, enum action action)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		for (size_t result = 0; result < RESULT_COUNT; result++)
			if (listener->checks[i].actions[result] == action)
				return true;
	for (size_t i = 0; i < listener->rule_count; i++)
		if (listener->rules[i].action == action)
			return true;
	return false;
}

bool policy_has_action(const struct policy *policy, enum action action)
{
	for (size_t i = 0; i < policy->listener_count; i++)
		if (listener_has_action(&policy->listeners[i], action))
			return true;
	return false;
}
