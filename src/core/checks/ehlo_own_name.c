/* SPDX-License-Identifier: BSD-2-Clause */
/* ehlo_own_name: does a foreign client claim one of our names or addresses? */
#include "core/checks/table.h"

static const struct reason own_name = {
	"own_name", "the name is one of this server's own", NULL
};
static const struct reason own_client = {
	"own_client", "the name is ours, and so is the client", NULL
};
static const struct reason own_names_unknown = {
	"own_names_unknown", "not one of the names that are known; the MTA did not tell its own", NULL
};
static const struct reason own_addresses_unknown = {
	"own_addresses_unknown", "the name is ours; the MTA did not tell its own addresses", NULL
};

/* A list of names and addresses; its default holds $self alone. */
enum { NAMES };

/* Is the name, or the address that a literal stands for, in the list? */
static enum tri is_ours(const struct context *context, const struct list *names)
{
	const struct ehlo_name *name = &context->facts->ehlo;

	if (name->kind == EHLO_INVALID)
		return TRI_NO;
	if (name->address.family != IP_NONE)
		return list_has_address(names, context, &name->address, NULL);
	return list_has_name(names, context, context->session->ehlo.value, NULL);
}

/* Neither loopback nor an address of $self; other own networks are exempted in the policy. */
static enum tri is_foreign(const struct context *context)
{
	const struct session *session = context->session;
	struct list self;

	if (session->client.presence != PRESENCE_KNOWN)
		return session->client.presence == PRESENCE_NONE ? TRI_NO : TRI_UNKNOWN;
	if (ip_is_loopback(&session->client.value))
		return TRI_NO;
	list_init(&self, "self");
	self.self = true;
	return tri_not(list_has_address(&self, context, &session->client.value, NULL));
}

static struct finding eval(const struct context *context, const struct check_settings *settings)
{
	enum tri ours;

	if (context->session->ehlo.presence == PRESENCE_UNKNOWN)
		return finding(RESULT_UNKNOWN, NULL);
	if (context->session->ehlo.presence == PRESENCE_NONE)
		return finding(RESULT_NONE, NULL);
	/* Not known to be ours is not ours: that way round, a missing macro never refuses anybody. */
	ours = is_ours(context, settings->lists[NAMES]);
	if (ours != TRI_YES)
		return finding(RESULT_PASS, ours == TRI_UNKNOWN ? &own_names_unknown : NULL);
	switch (is_foreign(context)) {
	case TRI_NO:		return finding(RESULT_PASS, &own_client);
	case TRI_YES:		return finding(RESULT_FAIL, &own_name);
	case TRI_UNKNOWN:	break;
	}
	return finding(RESULT_UNKNOWN, &own_addresses_unknown);
}

static const struct outcome outcomes[] = {
	{ .result = RESULT_FAIL,
	  .actions = { [PROFILE_STANDARD] = ACTION_REJECT, [PROFILE_STRICT] = ACTION_REJECT },
	  .reply = "550 5.7.1 HELO/EHLO name belongs to this server ({id})" },
};

static const struct parameter parameters[] = {
	[NAMES] = { .key = "names", .kind = PARAMETER_NAMES, .fallback = "self",
		    .help = "own names and addresses; $self: what the MTA says of itself" },
};

static const char *const facts[] = { "ehlo", "client", "daemon_addr", NULL };

const struct check check_ehlo_own_name = {
	.name = "ehlo_own_name",
	.id = CHECK_EHLO_OWN_NAME,
	.stage = STAGE_EHLO,
	.question = "does a foreign client claim one of our names or addresses?",
	.clause = "RFC 5321 2.3.5",
	.facts = facts,
	CHECK_OUTCOMES(outcomes),
	CHECK_PARAMETERS(parameters),
	.manual =
		"Nobody else has a reason to greet with this server's name or address, or as localhost. $self is what the MTA "
		"says of itself (macros j, {daemon_addr}, {if_addr}), localhost and localhost.localdomain. A client is foreign "
		"when its address is neither loopback nor one of $self.",
	.false_positives =
		"own hosts and applications that call themselves localhost; exempt the own networks.",
	.example =
		"checks:\n"
		"  ehlo_own_name: { fail: reject, names: [$self, mail.example.org, .mx.example.org] }\n"
		"exempt:\n"
		"  - { if: client in $private, skip: [ehlo_own_name], reason: own hosts }\n",
	.eval = eval,
};
