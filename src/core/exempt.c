/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom the policy lets off. */
#include "core/exempt.h"

#include <string.h>
#include <strings.h>

static const struct reason local_submission = {
	"local_submission", "the mail did not come by SMTP: a reject would bounce it", NULL
};
static const struct reason no_address = {
	"no_address", "the client has no IP address", NULL
};
static const struct reason loopback = { "loopback", "the client is this host", NULL };
static const struct reason authenticated = { "authenticated", "the client has logged in", NULL };

const struct reason *always_exempt(const struct listener *listener, const struct session *session,
				   enum stage stage)
{
	if (session->local_submission)
		return &local_submission;
	if (session->client.presence == PRESENCE_NONE)
		return &no_address;
	if (listener->exempt_loopback && session->client.presence == PRESENCE_KNOWN &&
	    ip_is_loopback(&session->client.value))
		return &loopback;
	if (listener->exempt_authenticated && stage >= STAGE_MAIL &&
	    session->auth_user.presence == PRESENCE_KNOWN)
		return &authenticated;
	return NULL;
}

enum tri exempt_applies(const struct exempt *exempt, const struct context *context)
{
	if (!period_holds(&exempt->period, context->session->start_date))
		return TRI_NO;
	return expr_eval(exempt->condition, context);
}

bool exempt_covers(const struct exempt *exempt, const struct check *check, const struct rule *rule)
{
	if (exempt->skip_all)
		return true;
	if (check)
		return exempt->skip_checks >> check->id & 1;
	for (size_t i = 0; i < exempt->skip_rule_count; i++)
		if (strcmp(exempt->skip_rules[i], rule->name) == 0)
			return true;
	return false;
}

bool exempt_bears_on(const struct exempt *exempt, const struct check *check, const struct rule *rule)
{
	if (exempt_covers(exempt, check, rule))
		return true;
	for (size_t i = 0; rule && i < CHECK_COUNT; i++)
		if (exempt_covers(exempt, checks[i], NULL) && expr_names_check(rule->condition, checks[i]->id))
			return true;
	return false;
}

bool always_delivered(const struct listener *listener, const struct context *context)
{
	const struct mailbox *recipient = &context->facts->recipient;

	if (listener->reply_at != STAGE_RCPT || context->stage != STAGE_RCPT ||
	    context->session->recipient.presence != PRESENCE_KNOWN)
		return false;
	for (size_t i = 0; i < listener->always_deliver_to_count; i++) {
		const char *name = listener->always_deliver_to[i];

		if (recipient->local_part && strlen(name) == recipient->local_part_length &&
		    strncasecmp(name, recipient->local_part, recipient->local_part_length) == 0)
			return true;
	}
	return false;
}
