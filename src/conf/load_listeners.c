/* SPDX-License-Identifier: BSD-2-Clause */
/* The section listeners: each one's own keys, and what must hold between them. */
#include "conf/loader.h"

#include "core/reply.h"

#include <string.h>

static void load_listener_name(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;
	const struct policy *policy = loader->policy;

	listener->name = load_name(loader, node);
	for (size_t i = 0; listener->name && &policy->listeners[i] != listener; i++) {
		if (!policy->listeners[i].name ||
		    strcmp(policy->listeners[i].name, listener->name) != 0)
			continue;
		error_at(loader, node, "a second listener '%s'; the first stands in line %u",
			 listener->name, policy->listeners[i].line);
		return;
	}
}

static void load_profile(struct loader *loader, const struct node *node, void *target)
{
	static const char *const words[] = { "standard", "strict", "submission", "none", NULL };
	struct listener *listener = target;
	size_t i;

	if (load_choice(loader, node, words, &i))
		(void)profile_from_word(words[i], &listener->profile);
}

static void load_listener_mode(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	listener->mode_line = node->key->place.line;
	load_mode(loader, node, &listener->mode);
}

static void load_reply_at(struct loader *loader, const struct node *node, void *target)
{
	static const char *const words[] = { "connect", "ehlo", "mail", "rcpt", NULL };
	struct listener *listener = target;
	size_t i;

	if (load_choice(loader, node, words, &i))
		(void)stage_from_word(words[i], &listener->reply_at);
}

static void load_helo_marker(struct loader *loader, const struct node *node, void *target)
{
	static const char *const words[] = {
		[HELO_MARKER_NONE] = "none", [HELO_MARKER_TRAILING_DOT] = "trailing_dot", NULL
	};
	struct listener *listener = target;
	size_t i;

	if (load_choice(loader, node, words, &i))
		listener->helo_marker = (enum helo_marker)i;
}

static void load_exempt_authenticated(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	(void)load_bool(loader, node, &listener->exempt_authenticated);
}

static void load_exempt_loopback(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	(void)load_bool(loader, node, &listener->exempt_loopback);
}

/* RFC 5321 4.5.1, RFC 2142. */
static void set_always_deliver_to(struct loader *loader, struct listener *listener)
{
	const char **names = policy_array(loader, 2, sizeof *names);

	if (!names)
		return;
	names[0] = "postmaster";
	names[1] = "abuse";
	listener->always_deliver_to = names;
	listener->always_deliver_to_count = 2;
}

static void load_always_deliver_to(struct loader *loader, const struct node *node, void *target)
{
	struct listener *listener = target;

	if (!node) {
		set_always_deliver_to(loader, listener);
		return;
	}
	listener->always_deliver_to = load_texts(loader, node, "names such as postmaster",
						 &listener->always_deliver_to_count);
	for (const struct node *item = first_item(node); item; item = next_item(node, item))
		if (item->kind == NODE_SCALAR && strchr(item->text, '@'))
			error_at(loader, item,
				 "'%s' has a domain; expected only what stands before the '@'",
				 item->text);
}

static const struct key listener_keys[] = {
	{ .name = "name", .load = load_listener_name, .use = KEY_REQUIRED, .expected = "a name",
	  .help = "letters, digits, dot, underscore and hyphen" },
	{ .name = "match", .load = load_match, .use = KEY_REQUIRED,
	  .expected = "'match: any' or a map of keys",
	  .below = &match_table,
	  .help = "any, or a map: all its keys must hold, of the values of a key one" },
	{ .name = "profile", .load = load_profile,
	  .help =
		  "standard, strict, submission or none: the actions of checks that are not named (default: standard)" },
	{ .name = "mode", .load = load_listener_mode,
	  .help = "observe or enforce (default: observe). In mode observe only log and tag happen" },
	{ .name = "reply_at", .load = load_reply_at,
	  .help =
		  "connect, ehlo, mail or rcpt (default: mail). A finding is answered at the later of this and its own stage. An "
		  "answer before MAIL is stored by the MTA and repeated for the rest of the connection, to AUTH and STARTTLS too; "
		  "it therefore demands 'exempt_authenticated: false'. Of a tempfail Sendmail makes a 550 for VRFY and EXPN" },
	{ .name = "helo_marker", .load = load_helo_marker,
	  .help =
		  "trailing_dot where a static smtpd_command_filter of Postfix puts a dot behind each HELO name and takes dots "
		  "off each EHLO name (default: none). A name with an honest trailing dot would read as HELO without that filter. "
		  "Sendmail tells by macro r at MAIL, with two holes: a good HELO followed by an EHLO with an invalid name, or by "
		  "AUTH, looks like EHLO" },
	{ .name = "exempt_authenticated", .load = load_exempt_authenticated,
	  .help = "are clients that have logged in exempt? (default: true)" },
	{ .name = "exempt_loopback", .load = load_exempt_loopback,
	  .help =
		  "are loopback clients? (default: true) Clients without an IP address and what did not come by SMTP always are" },
	{ .name = "always_deliver_to", .load = load_always_deliver_to, .use = KEY_ALWAYS,
	  .help = "with 'reply_at: rcpt': local parts that are let through (default: postmaster, abuse)" },
	{ .name = "checks", .load = load_checks, .use = KEY_ALWAYS,
	  .help =
		  "a map of checks; each value is an action, or a map of results to actions, with mode, enforce_percent, since, "
		  "until, reply (as of a rule; or a map with one for each result) and the check's own settings" },
	{ .name = "rules", .load = load_rules,
	  .below = &rule_table, .each = "[]",
	  .help = "a list of rules; they only tighten" },
	{ .name = "exempt", .load = load_exempts,
	  .below = &exempt_table, .each = "[]",
	  .help = "a list of exemptions; they only loosen" },
	{ .name = "commands", .load = load_listener_commands,
	  .help = "what only the MTA can do with commands, of this listener" },
};
const struct key_table listener_table = KEY_TABLE(listener_keys);

/*
 * A reply to connect or HELO is stored by the MTA and answers AUTH and STARTTLS too: nobody could
 * log in to become exempt.
 */
static void check_reply_at(struct loader *loader, const struct listener *listener,
			   const struct node *node)
{
	const struct node *reply_at = node_get(node, "reply_at");

	if (!reply_at || listener->reply_at >= STAGE_MAIL)
		return;
	if (listener->profile == PROFILE_SUBMISSION)
		error_at(loader, reply_at,
			 "'reply_at: %s' cannot go with 'profile: submission': it answers AUTH and "
			 "STARTTLS too; expected mail or rcpt",
			 stage_word(listener->reply_at));
	else if (listener->exempt_authenticated)
		error_at(loader, reply_at,
			 "'reply_at: %s' answers AUTH too; expected 'exempt_authenticated: false' "
			 "beside it",
			 stage_word(listener->reply_at));
}

static void load_listener(struct loader *loader, const struct node *node, struct listener *listener)
{

	*listener = (struct listener){
		.profile = PROFILE_STANDARD,
		.mode = MODE_OBSERVE,
		.reply_at = STAGE_MAIL,
		.exempt_authenticated = true,
		.exempt_loopback = true,
		.line = node->place.line,
	};
	listener->reply_exemption_unknown = default_reply(loader, REPLY_EXEMPTION_UNKNOWN, ACTION_TEMPFAIL);
	listener->reply_resolver_down = default_reply(loader, REPLY_RESOLVER_DOWN, ACTION_TEMPFAIL);
	load_map(loader, node, &listener_table, listener);
	check_reply_at(loader, listener, node);
}

/* The first that matches judges, so 'match: any' stands once, at the end. */
static void check_order(struct loader *loader, const struct node *node)
{
	const struct policy *policy = loader->policy;
	const struct listener *any = NULL;
	size_t i = 0;

	for (const struct node *item = node->first; item; item = item->next, i++) {
		const struct listener *listener = &policy->listeners[i];

		if (any)
			error_at(loader, item,
				 "this listener is never reached: 'match: any' in line %u comes "
				 "first",
				 any->line);
		else if (listener->match_any)
			any = listener;
		else if (!item->next && node_get(item, "match"))
			error_at(loader, item, "the last listener must have 'match: any'");
	}
}

void load_listeners(struct loader *loader, const struct node *node, void *target)
{
	struct policy *policy = target;

	if (node->kind != NODE_SEQUENCE || node->count == 0) {
		error_at(loader, node,
			 "no listeners; expected a list of at least one, '- name: ...'");
		return;
	}
	policy->listeners = policy_array(loader, node->count, sizeof *policy->listeners);
	if (!policy->listeners)
		return;
	for (const struct node *item = node->first; item; item = item->next)
		load_listener(loader, item, &policy->listeners[policy->listener_count++]);
	check_order(loader, node);
}
