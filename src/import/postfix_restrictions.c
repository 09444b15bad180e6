/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks through the smtpd_*_restrictions in the order in which Postfix does. */
#include "import/postfix_work.h"

#include "base/name.h"

#include <stdio.h>
#include <string.h>

#define CLASS_DEPTH_MAX 8
#define ITEMS_MAX 2000		/* of one listener, whatever its classes hold */

struct draft_place postfix_place(struct postfix_walk *walk, const char *restriction)
{
	struct draft *draft = &walk->import->draft;
	const char *text = draft_textf(draft, "%s: %s", walk->parameter, restriction);

	return (struct draft_place){
		.origin = draft_origin(draft, walk->import->file, walk->line, text),
		.permits = walk->permits,
		.observed = walk->warns,
	};
}

const char *postfix_code_action(const struct postfix_walk *walk, const char *parameter, const char *fallback)
{
	const char *value = postfix_value(walk->current, walk->service, parameter);

	return (value && value[0] != '\0' ? value : fallback)[0] == '4' ? "tempfail" : "reject";
}

static void note(struct postfix_walk *walk, const char *restriction, const char *reason)
{
	draft_note(&walk->import->draft, &walk->listener->notes, postfix_place(walk, restriction).origin, reason);
}

/* --- what becomes settings of checks --- */

struct translation {
	const char *restriction;
	const char *older;		/* its name before Postfix 2.3, or NULL */
	const char *code;		/* the parameter with its reply code */
	const char *code_default;
	const char *check;
	const char *settings[4];	/* a result each, with the action of the code or its own; NULL after the last */
};

static const struct translation translations[] = {
	{ "reject_invalid_helo_hostname", "reject_invalid_hostname", "invalid_hostname_reject_code", "501",
	  "ehlo_syntax", { "fail" } },
	{ "reject_non_fqdn_helo_hostname", "reject_non_fqdn_hostname", "non_fqdn_reject_code", "504",
	  "ehlo_fqdn", { "fail" } },
	/* It refuses what is no valid name as well. */
	{ "reject_non_fqdn_helo_hostname", "reject_non_fqdn_hostname", "non_fqdn_reject_code", "504",
	  "ehlo_syntax", { "fail", "softfail" } },
	{ "reject_unknown_helo_hostname", "reject_unknown_hostname", "unknown_hostname_reject_code", "450",
	  "ehlo_resolves", { "fail", "temperror: tempfail" } },
	{ "reject_unknown_reverse_client_hostname", NULL, "unknown_client_reject_code", "450",
	  "iprev", { "no_ptr", "temperror: tempfail" } },
	{ "reject_unknown_client_hostname", "reject_unknown_client", "unknown_client_reject_code", "450",
	  "iprev", { "no_ptr", "fail", "temperror: tempfail" } },
	{ "reject_unknown_sender_domain", NULL, "unknown_address_reject_code", "450",
	  "mail_from_dns", { "fail", "null_mx: reject", "temperror: tempfail" } },
};

static bool is_restriction(const struct translation *t, const char *word)
{
	return strcmp(word, t->restriction) == 0 || (t->older && strcmp(word, t->older) == 0);
}

static bool translate(struct postfix_walk *walk, const char *word)
{
	struct draft *draft = &walk->import->draft;
	struct draft_place place = postfix_place(walk, word);
	bool found = false;

	for (size_t i = 0; i < sizeof translations / sizeof *translations; i++) {
		const struct translation *t = &translations[i];

		if (!is_restriction(t, word))
			continue;
		found = true;
		for (size_t k = 0; k < 4 && t->settings[k]; k++)
			draft_check(draft, walk->listener, t->check, strchr(t->settings[k], ':') ? t->settings[k] :
				    draft_textf(draft, "%s: %s", t->settings[k],
						postfix_code_action(walk, t->code, t->code_default)), &place);
	}
	return found;
}

/* --- what permits --- */

static bool permit(struct postfix_walk *walk, const char *word)
{
	struct draft_place place;
	bool sasl = strcmp(word, "permit_sasl_authenticated") == 0;
	unsigned bit;

	if (strcmp(word, "permit") == 0) {
		walk->ended = true;
		return true;
	}
	if (!sasl && strcmp(word, "permit_mynetworks") != 0)
		return false;
	if (!sasl && !postfix_value(walk->current, walk->service, "mynetworks")) {
		note(walk, word, "mynetworks is not told; Postfix makes it of its interfaces (postconf mynetworks)");
		return true;
	}
	place = postfix_place(walk, word);
	bit = draft_permit(walk->listener, sasl ? "'authenticated'" : "'client in $mynetworks'", place.origin);
	walk->permits |= bit;
	if (sasl)
		walk->listener->authenticated = bit;
	return true;
}

/* --- DNS lists --- */

struct zone_use {
	const char *restriction;
	const char *fact;
};

static const struct zone_use zone_uses[] = {
	{ "reject_rbl_client", "client" },
	{ "reject_rhsbl_client", "client_name" },
	{ "reject_rhsbl_reverse_client", "client_ptr" },
	{ "reject_rhsbl_helo", "ehlo" },
	{ "reject_rhsbl_sender", "sender_domain" },
};

static const char *zone_fact(const char *word)
{
	for (size_t i = 0; i < sizeof zone_uses / sizeof *zone_uses; i++)
		if (strcmp(word, zone_uses[i].restriction) == 0)
			return zone_uses[i].fact;
	return NULL;
}

static const char *zone_list(struct draft *draft, const char *zone, const char *origin)
{
	const char *kind = draft_textf(draft, "dns_zone: { zone: %s }", draft_quoted(draft, zone));
	const char *name;

	for (const struct draft_list *list = draft->lists; list; list = list->next)
		if (strcmp(list->kind, kind) == 0)
			return list->name;
	name = draft_textf(draft, "zone_%u", ++draft->list_count);
	(void)draft_list_new(draft, name, kind, origin);
	return name;
}

static void add_zone(struct postfix_walk *walk, const char *word, const char *zone)
{
	struct draft *draft = &walk->import->draft;
	const char *whole = draft_textf(draft, "%s %s", word, zone);
	struct draft_place place = postfix_place(walk, whole);

	if (strchr(zone, '=')) {
		note(walk, whole, "answers of a zone are written otherwise: lists, dns_zone, answers");
		return;
	}
	if (!domain_valid(zone, strlen(zone))) {
		note(walk, whole, "this is no zone");
		return;
	}
	draft_rule(draft, walk->listener,
		   draft_textf(draft, "%s in $%s", zone_fact(word), zone_list(draft, zone, place.origin)),
		   postfix_code_action(walk, "maps_rbl_reject_code", "554"), &place);
}

/* --- what stays with Postfix --- */

/* Words whose argument is the next item. */
static bool takes_argument(const char *word)
{
	static const char *const prefixes[] = { "check_", "reject_rbl_client", "reject_rhsbl_", "sleep", "permit_dnswl_",
						"permit_rhswl_", "reject_maps_rbl" };

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(word, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* What is not translated, by how it begins, and why. */
static const struct {
	const char *word;
	const char *reason;
} reasons[] = {
	{ "check_policy_service", "another service decides; leave it in Postfix" },
	{ "check_recipient_", "what hangs on the recipient stays with Postfix" },
	{ "check_", "no fact of a policy stands for what this looks at" },
	{ "reject_unauth_pipelining", "pipelining is seen by the MTA alone; leave it in Postfix" },
	{ "reject_non_fqdn_sender", "write a rule: not (sender_domain contains '.') and not null_sender" },
	{ "reject_unauth_destination", "relaying stays with Postfix" },
	{ "defer_unauth_destination", "relaying stays with Postfix" },
	{ "permit_auth_destination", "relaying stays with Postfix" },
	{ "reject_unlisted_", "who is known here is Postfix's affair" },
	{ "reject_sender_login_mismatch", "who may send as whom stays with Postfix" },
	{ "reject_authenticated_sender_login_mismatch", "who may send as whom stays with Postfix" },
	{ "reject_unverified_", "probing an address stays with Postfix" },
	{ "reject_non_fqdn_recipient", "what hangs on the recipient stays with Postfix" },
	{ "reject_unknown_recipient_domain", "what hangs on the recipient stays with Postfix" },
	{ "permit_", "this permits by what a policy does not know; exempt by hand" },
	{ "reject", "leave it in Postfix, or write a rule" },
	{ "defer", "leave it in Postfix, or write a rule" },
};

static const char *reason_of(const char *word)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strncmp(word, reasons[i].word, strlen(reasons[i].word)) == 0)
			return reasons[i].reason;
	return "not known here; leave it in Postfix";
}

/* --- the walk --- */

static void walk_value(struct postfix_walk *walk, const char *value);

static void walk_argument(struct postfix_walk *walk, const char *word, const char *argument)
{
	for (const struct access_use *use = postfix_access_uses; use->restriction; use++)
		if (strcmp(word, use->restriction) == 0) {
			postfix_access(walk, use, argument);
			return;
		}
	if (strcmp(word, "check_sender_mx_access") == 0)
		postfix_blocked_ips(walk, argument);
	else if (zone_fact(word))
		add_zone(walk, word, argument);
	else
		note(walk, draft_textf(&walk->import->draft, "%s %s", word, argument), reason_of(word));
}

static void walk_word(struct postfix_walk *walk, const char *word)
{
	const char *class = postfix_value(walk->current, walk->service, word);

	if (permit(walk, word) || translate(walk, word))
		return;
	if (!class) {
		note(walk, word, reason_of(word));
	} else if (walk->depth == CLASS_DEPTH_MAX) {
		note(walk, word, "restriction classes that hold each other too deeply");
	} else {
		walk->depth++;
		walk_value(walk, class);
		walk->depth--;
	}
}

static void walk_item(struct postfix_walk *walk, const char *item, const char **rest)
{
	struct arena *arena = walk->import->draft.arena;
	const char *expanded = strchr(item, '$') ? postfix_expand(walk->current, walk->service, item, arena) : item;
	const char *argument;

	if (!expanded) {
		note(walk, item, "it holds a value that is not told");
	} else if (expanded != item) {
		walk->depth++;
		if (walk->depth <= CLASS_DEPTH_MAX)
			walk_value(walk, expanded);
		walk->depth--;
	} else if (strcmp(item, "warn_if_reject") == 0) {
		walk->warns = true;
		return;
	} else if (takes_argument(item)) {
		argument = postfix_next_item(rest, arena);
		if (argument && strchr(argument, '$'))
			argument = postfix_expand(walk->current, walk->service, argument, arena);
		if (argument)
			walk_argument(walk, item, argument);
		else
			note(walk, item, "what it is to look at is missing, or hangs on a value that is not told");
	} else {
		walk_word(walk, item);
	}
	walk->warns = false;
}

static void walk_value(struct postfix_walk *walk, const char *value)
{
	const char *item;

	while (!walk->ended && (item = postfix_next_item(&value, walk->import->draft.arena)) != NULL) {
		if (++walk->item_count > ITEMS_MAX) {
			note(walk, "...", "more restrictions than are read for one service");
			walk->ended = true;
			return;
		}
		walk_item(walk, item, &value);
	}
}

void postfix_restrictions(struct postfix_walk *walk)
{
	static const char *const parameters[] = {
		"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
		"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	};

	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
		const char *value = postfix_value(walk->current, walk->service, parameters[i]);

		if (!value)
			continue;
		walk->parameter = parameters[i];
		walk->line = postfix_line(walk->current, walk->service, parameters[i]);
		walk->permits = 0;
		walk->ended = false;
		walk_value(walk, value);
	}
}

/* --- for the manual --- */

static void describe_translation(const struct translation *t, import_tell *tell, void *context)
{
	const char *action = t->code_default[0] == '4' ? "tempfail" : "reject";
	char texts[4][40];
	const char *settings[5] = { NULL };

	for (size_t i = 0; i < 4 && t->settings[i]; i++) {
		(void)snprintf(texts[i], sizeof texts[i], "%s%s%s", t->settings[i], strchr(t->settings[i], ':') ? "" : ": ",
			       strchr(t->settings[i], ':') ? "" : action);
		settings[i] = texts[i];
	}
	import_tell_settings(tell, context, t->restriction, t->check, settings);
}

void postfix_describe_restrictions(import_tell *tell, void *context)
{
	char text[200];

	for (size_t i = 0; i < sizeof translations / sizeof *translations; i++)
		describe_translation(&translations[i], tell, context);
	for (const struct access_use *use = postfix_access_uses; use->restriction; use++) {
		(void)snprintf(text, sizeof text, "a list, and a rule with %s%s%s in $%s-..., for each run of entries with one action",
			       use->names, use->addresses ? " or " : "", use->addresses ? use->addresses : "", use->label);
		tell(context, use->restriction, text);
	}
	tell(context, "check_sender_mx_access", "mail_from_dns: { blocked_ips: ... }, of a table of networks (cidr)");
	for (size_t i = 0; i < sizeof zone_uses / sizeof *zone_uses; i++) {
		(void)snprintf(text, sizeof text, "a dns_zone, and a rule with %s in it", zone_uses[i].fact);
		tell(context, zone_uses[i].restriction, text);
	}
	tell(context, "permit_mynetworks", "exempt: client in $mynetworks, from what stands behind it");
	tell(context, "permit_sasl_authenticated", "exempt: authenticated, from what stands behind it");
	tell(context, "warn_if_reject", "mode: observe");
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		(void)snprintf(text, sizeof text, "%s%s", reasons[i].word,
			       reasons[i].word[strlen(reasons[i].word) - 1] == '_' ? "*" : "");
		tell(context, text, reasons[i].reason);
	}
}
