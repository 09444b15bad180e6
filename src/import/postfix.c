/* SPDX-License-Identifier: BSD-2-Clause */
/* import postfix: the output of postconf -n, -M and -P; a listener for each smtpd service of master.cf. */
#include "import/postfix_work.h"

#include "base/ip.h"

#include <string.h>
#include <strings.h>

#define LISTENERS_MAX 50
#define MAIN_CF_LISTENER "smtpd"

/* --- mynetworks --- */

static void add_network(struct import *import, struct draft_list *list, const char *item, const char *origin)
{
	struct draft *draft = &import->draft;
	struct network network;
	const char *error;
	char text[IP_TEXT_BYTES + 4];
	const char *whole = item;

	/* [2001:db8::]/32 in Postfix's own words */
	if (item[0] == '[' && strchr(item, ']'))
		item = draft_textf(draft, "%.*s%s", (int)(strchr(item, ']') - item - 1), item + 1, strchr(item, ']') + 1);
	if (network_parse(item, &network, &error)) {
		network_format(&network, text);
		draft_add(draft, &list->items, draft_textf(draft, "'%s'", text), NULL);
		return;
	}
	draft_note(draft, &draft->notes, origin, draft_textf(draft, "'%s' is no network that can be taken as it is",
							     draft_origin(draft, "item", 0, whole) + 6));
}

static void read_networks(struct import *import, const struct postfix_current *current)
{
	struct draft *draft = &import->draft;
	const char *value = postfix_value(current, NULL, "mynetworks"), *expanded, *item, *origin;
	unsigned line = postfix_line(current, NULL, "mynetworks");
	struct draft_list *list;

	if (!value)
		return;
	origin = draft_origin(draft, import->file, line, "mynetworks");
	list = draft_list_new(draft, "mynetworks", "networks:", origin);
	expanded = postfix_expand(current, NULL, value, draft->arena);
	if (!expanded)
		draft_note(draft, &draft->notes, origin, "it holds a value that is not told");
	while (list && expanded && (item = postfix_next_item(&expanded, draft->arena)) != NULL)
		add_network(import, list, item, origin);
	if (list && !list->items.first)
		draft_add(draft, &list->items, "$loopback", NULL);
}

/* --- what is no restriction --- */

static bool is_yes(const char *value)
{
	return value && strcasecmp(value, "yes") == 0;
}

static struct draft_place parameter_place(struct postfix_walk *walk, const char *name, const char *value)
{
	struct draft *draft = &walk->import->draft;
	const char *text = draft_textf(draft, "%s = %s", name, value);

	return (struct draft_place){
		.origin = draft_origin(draft, walk->import->file, postfix_line(walk->current, walk->service, name), text),
	};
}

static void read_etrn(struct postfix_walk *walk)
{
	const char *name = "smtpd_etrn_restrictions";
	const char *value = postfix_value(walk->current, walk->service, name);

	if (!value || value[0] == '\0')
		return;
	if (strcmp(value, "reject") == 0)
		draft_add(&walk->import->draft, &walk->listener->commands, "etrn: block",
			  parameter_place(walk, name, value).origin);
	else
		draft_note(&walk->import->draft, &walk->listener->notes, parameter_place(walk, name, value).origin,
			   "leave it in Postfix; etrn: domain and etrn_domains say it of domains");
}

static void read_keywords(struct postfix_walk *walk)
{
	static const char *const known[] = { "pipelining", "chunking", "dsn", "vrfy", "etrn", "smtputf8", "8bitmime", "size",
					     "starttls", "auth" };
	const char *name = "smtpd_discard_ehlo_keywords";
	const char *value = postfix_value(walk->current, walk->service, name), *item;
	struct draft *draft = &walk->import->draft;
	bool seen[sizeof known / sizeof *known] = { false };

	while (value && (item = postfix_next_item(&value, draft->arena)) != NULL) {
		const char *origin = parameter_place(walk, name, item).origin;
		size_t i = 0;

		while (i < sizeof known / sizeof *known && strcasecmp(item, known[i]) != 0)
			i++;
		if (i == sizeof known / sizeof *known)
			draft_note(draft, &walk->listener->notes, origin, "no extension that a policy names");
		else if (!seen[i])
			draft_add(draft, &walk->listener->extensions, draft_textf(draft, "%s: false", known[i]), origin);
		if (i < sizeof known / sizeof *known)
			seen[i] = true;
	}
}

static void read_parameters(struct postfix_walk *walk)
{
	struct draft *draft = &walk->import->draft;
	const char *value = postfix_value(walk->current, walk->service, "smtpd_helo_required");
	struct draft_place place;

	walk->listener->logins = is_yes(postfix_value(walk->current, walk->service, "smtpd_sasl_auth_enable"));
	if (is_yes(value)) {
		place = parameter_place(walk, "smtpd_helo_required", value);
		draft_check(draft, walk->listener, "greeting", "fail: reject", &place);
	}
	value = postfix_value(walk->current, walk->service, "disable_vrfy_command");
	if (is_yes(value))
		draft_add(draft, &walk->listener->commands, "vrfy: hide",
			  parameter_place(walk, "disable_vrfy_command", value).origin);
	value = postfix_value(walk->current, walk->service, "smtpd_forbid_bare_newline");
	if (value && value[0] != '\0' && strcasecmp(value, "no") != 0)
		draft_add(draft, &walk->listener->commands, "line_endings: crlf",
			  parameter_place(walk, "smtpd_forbid_bare_newline", value).origin);
	read_etrn(walk);
	read_keywords(walk);
}

/* --- listeners --- */

static void read_listener(struct import *import, const struct postfix_current *current,
			  const struct postfix_service *service, const char *match)
{
	struct draft *draft = &import->draft;
	const char *name = MAIN_CF_LISTENER, *origin = NULL, *word;
	struct postfix_walk walk = { .import = import, .current = current, .service = service };

	if (service) {
		word = postfix_option(service, "syslog_name");
		word = word && strrchr(word, '/') ? strrchr(word, '/') + 1 : service->name;
		name = draft_name(draft, word);
		origin = draft_origin(draft, import->file, service->line,
				      draft_textf(draft, "%s %s %s", service->name, service->type, service->command));
	}
	walk.listener = draft_listener_new(draft, name, match, origin);
	if (!walk.listener)
		return;
	read_parameters(&walk);
	postfix_restrictions(&walk);
}

static const char *match_of(struct draft *draft, const struct postfix_service *service)
{
	char address[IP_TEXT_BYTES];

	if (service->port.presence != PRESENCE_KNOWN)
		return NULL;
	if (service->address.presence != PRESENCE_KNOWN)
		return draft_textf(draft, "{ daemon_port: %u }", service->port.value);
	ip_format(&service->address.value, address);
	return draft_textf(draft, "{ daemon_port: %u, daemon_addr: '%s' }", service->port.value, address);
}

/* The service on port 25 comes last and stands for all that no other one matches; without one, main.cf alone does. */
static void read_services(struct import *import, const struct postfix_current *current)
{
	struct draft *draft = &import->draft;
	const struct postfix_service *last = NULL;
	unsigned count = 0;

	for (const struct postfix_service *s = current->services; s; s = s->next) {
		if (!postfix_is_smtpd(s))
			continue;
		if (!last && s->port.presence == PRESENCE_KNOWN && s->port.value == 25 &&
		    s->address.presence != PRESENCE_KNOWN) {
			last = s;
			continue;
		}
		if (++count > LISTENERS_MAX || !match_of(draft, s))
			draft_note(draft, &draft->notes, draft_origin(draft, import->file, s->line, s->name),
				   count > LISTENERS_MAX ? "more services than are read" :
				   "its port is not known; add a listener with daemon_port or daemon_name");
		else
			read_listener(import, current, s, match_of(draft, s));
	}
	read_listener(import, current, last, NULL);
}

static bool make(struct import *import)
{
	struct postfix_current current;

	if (!postfix_current_read(import->text, import->file, import->draft.arena, import->diag, &current))
		return false;
	read_networks(import, &current);
	read_services(import, &current);
	return true;
}

static void describe(import_tell *tell, void *context)
{
	tell(context, "smtpd_helo_required = yes", "greeting: { fail: reject }");
	tell(context, "disable_vrfy_command = yes", "commands: { vrfy: hide }");
	tell(context, "smtpd_forbid_bare_newline = yes", "commands: { line_endings: crlf }");
	tell(context, "smtpd_etrn_restrictions = reject", "commands: { etrn: block }");
	tell(context, "smtpd_discard_ehlo_keywords", "extensions, false for each");
	tell(context, "mynetworks", "a list of networks");
	postfix_describe_restrictions(tell, context);
}

const struct import_source import_postfix = {
	.name = "postfix",
	.summary = "the output of (postconf -n; postconf -M)",
	.make = make,
	.describe = describe,
};
