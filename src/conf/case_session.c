/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of a case that describe its session: facts by their names in the language, or as options of explain. */
#include "conf/case_loader.h"

#include <string.h>

/* Any text, an empty one too. */
static const char *load_any(struct loader *loader, const struct node *node)
{
	return is_text(loader, node, "text") ? policy_copy(loader, node->text) : NULL;
}

static void load_text_fact(struct loader *loader, const struct node *node, struct text *text)
{
	const char *value = load_any(loader, node);

	if (value)
		*text = text_known(value);
}

/* '' says that there is none, as in the options of explain. */
static void load_text_or_none(struct loader *loader, const struct node *node, struct text *text)
{
	load_text_fact(loader, node, text);
	if (text->presence == PRESENCE_KNOWN && text->value[0] == '\0')
		*text = text_none();
}

static void load_address_fact(struct loader *loader, const struct node *node, struct address *address)
{
	struct ip ip;

	if (!is_scalar(loader, node, "an IP address"))
		return;
	if (ip_parse(node->text, &ip))
		*address = (struct address){ PRESENCE_KNOWN, ip };
	else
		error_at(loader, node, "'%s' is no IP address", node->text);
}

static void load_port_fact(struct loader *loader, const struct node *node, struct number *number)
{
	unsigned port;

	if (load_number(loader, node, 65535, &port))
		*number = (struct number){ PRESENCE_KNOWN, port };
}

static void load_client(struct loader *loader, const struct node *node, void *draft)
{
	load_address_fact(loader, node, &((struct case_draft *)draft)->test.session.client);
}

static void load_client_port(struct loader *loader, const struct node *node, void *draft)
{
	load_port_fact(loader, node, &((struct case_draft *)draft)->test.session.client_port);
}

static void load_client_name(struct loader *loader, const struct node *node, void *draft)
{
	load_text_or_none(loader, node, &((struct case_draft *)draft)->test.session.client_name);
}

static void load_client_ptr(struct loader *loader, const struct node *node, void *draft)
{
	load_text_or_none(loader, node, &((struct case_draft *)draft)->test.session.client_ptr);
}

static void load_client_resolve(struct loader *loader, const struct node *node, void *draft)
{
	static const char *const words[] = { "OK", "FAIL", "FORGED", "TEMP", NULL };
	struct case_draft *d = draft;
	size_t i;

	if (load_choice(loader, node, words, &i))
		d->test.session.client_resolve = (enum resolve)(RESOLVE_OK + i);
}

static void load_greeting(struct loader *loader, const struct node *node, struct session *session, enum verb verb)
{
	load_text_fact(loader, node, &session->ehlo);
	session->verb = verb;
}

static void load_ehlo(struct loader *loader, const struct node *node, void *draft)
{
	load_greeting(loader, node, &((struct case_draft *)draft)->test.session, VERB_EHLO);
}

static void load_helo(struct loader *loader, const struct node *node, void *draft)
{
	load_greeting(loader, node, &((struct case_draft *)draft)->test.session, VERB_HELO);
}

static void load_sender(struct loader *loader, const struct node *node, void *draft)
{
	load_text_fact(loader, node, &((struct case_draft *)draft)->test.session.sender);
}

static void load_recipient(struct loader *loader, const struct node *node, void *draft)
{
	load_text_fact(loader, node, &((struct case_draft *)draft)->test.session.recipient);
}

static void load_auth_user(struct loader *loader, const struct node *node, void *draft)
{
	load_text_or_none(loader, node, &((struct case_draft *)draft)->test.session.auth_user);
}

static void load_tls_version(struct loader *loader, const struct node *node, void *draft)
{
	load_text_or_none(loader, node, &((struct case_draft *)draft)->test.session.tls_version);
}

/* Port 0 is how Postfix shows what did not come by SMTP. */
static void load_daemon_port(struct loader *loader, const struct node *node, void *draft)
{
	struct session *session = &((struct case_draft *)draft)->test.session;

	load_port_fact(loader, node, &session->daemon_port);
	session->local_submission = session->daemon_port.presence == PRESENCE_KNOWN &&
				    session->daemon_port.value == 0;
}

static void load_daemon_name(struct loader *loader, const struct node *node, void *draft)
{
	load_text_fact(loader, node, &((struct case_draft *)draft)->test.session.daemon_name);
}

static void load_daemon_addr(struct loader *loader, const struct node *node, void *draft)
{
	load_address_fact(loader, node, &((struct case_draft *)draft)->test.session.daemon_addr);
}

static void load_service(struct loader *loader, const struct node *node, void *draft)
{
	load_text_fact(loader, node, &((struct case_draft *)draft)->test.session.listener_service);
}

static void load_host(struct loader *loader, const struct node *node, void *draft)
{
	load_text_fact(loader, node, &((struct case_draft *)draft)->test.session.host);
}

static void load_mta(struct loader *loader, const struct node *node, void *draft)
{
	static const char *const words[] = { "postfix", "sendmail", "other", NULL };
	struct case_draft *d = draft;
	size_t i;

	if (load_choice(loader, node, words, &i))
		d->test.session.mta = (enum mta)(MTA_POSTFIX + i);
}

static void load_case_date(struct loader *loader, const struct node *node, void *draft)
{
	(void)load_date(loader, node, &((struct case_draft *)draft)->test.session.start_date);
}

static void load_case_listener(struct loader *loader, const struct node *node, void *draft)
{
	struct case_draft *d = draft;

	if (is_listener_of(loader, node, d->policy))
		d->test.listener = policy_copy(loader, node->text);
}

/* --- facts that are none, or not known --- */

/* Makes the fact none or unknown; false: there is no such fact. */
static bool set_fact(struct session *session, const char *name, enum presence presence)
{
	const struct {
		const char *name;
		const char *option;
		struct text *text;	/* one of the two */
		enum presence *presence;
	} rows[] = {
		{ "client", NULL, NULL, &session->client.presence },
		{ "client_port", NULL, NULL, &session->client_port.presence },
		{ "client_name", "ptr", &session->client_name, NULL },
		{ "client_ptr", NULL, &session->client_ptr, NULL },
		{ "ehlo", "helo", &session->ehlo, NULL },
		{ "sender", "mail_from", &session->sender, NULL },
		{ "recipient", "rcpt", &session->recipient, NULL },
		{ "auth_user", "auth", &session->auth_user, NULL },
		{ "tls_version", "tls", &session->tls_version, NULL },
		{ "daemon_port", "port", NULL, &session->daemon_port.presence },
		{ "daemon_name", NULL, &session->daemon_name, NULL },
		{ "daemon_addr", NULL, NULL, &session->daemon_addr.presence },
		{ "service", NULL, &session->listener_service, NULL },
		{ "host", NULL, &session->host, NULL },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(rows[i].name, name) != 0 && !(rows[i].option && strcmp(rows[i].option, name) == 0))
			continue;
		if (rows[i].text)
			*rows[i].text = (struct text){ .presence = presence };
		else
			*rows[i].presence = presence;
		return true;
	}
	return false;
}

static void set_presence(struct loader *loader, const struct node *item, struct session *session,
			 enum presence presence)
{
	const char *name = item->text;

	/* Without a greeting there is no verb, and of an unknown one it is not known. */
	if (strcmp(name, "ehlo") == 0 || strcmp(name, "helo") == 0)
		session->verb = presence == PRESENCE_NONE ? VERB_NONE : VERB_UNKNOWN;
	if (set_fact(session, name, presence))
		return;
	if (strcmp(name, "verb") == 0 && presence == PRESENCE_UNKNOWN)
		session->verb = VERB_UNKNOWN;
	else if (strcmp(name, "mta") == 0 && presence == PRESENCE_UNKNOWN)
		session->mta = MTA_UNKNOWN;
	else
		error_at(loader, item, "'%s' cannot be %s; expected client, client_port, client_name, client_ptr, "
			 "ehlo, sender, recipient, auth_user, tls_version, daemon_port, daemon_name, daemon_addr, "
			 "service, host%s", name, presence == PRESENCE_NONE ? "none" : "unknown",
			 presence == PRESENCE_NONE ? "" : ", verb or mta");
}

static void load_presences(struct loader *loader, const struct node *node, struct session *session,
			   enum presence presence)
{
	if (!is_items(loader, node, "names of facts"))
		return;
	for (const struct node *item = first_item(node); item; item = next_item(node, item))
		if (is_scalar(loader, item, "the name of a fact"))
			set_presence(loader, item, session, presence);
}

static void load_none(struct loader *loader, const struct node *node, void *draft)
{
	load_presences(loader, node, &((struct case_draft *)draft)->test.session, PRESENCE_NONE);
}

static void load_unknown(struct loader *loader, const struct node *node, void *draft)
{
	load_presences(loader, node, &((struct case_draft *)draft)->test.session, PRESENCE_UNKNOWN);
}

const struct key case_session_keys[] = {
	{ .name = "listener", .load = load_case_listener },
	{ .name = "date", .load = load_case_date },
	{ .name = "client", .load = load_client },
	{ .name = "client_port", .load = load_client_port },
	{ .name = "client_name", .load = load_client_name },
	{ .name = "ptr", .load = load_client_name },
	{ .name = "client_ptr", .load = load_client_ptr },
	{ .name = "client_resolve", .load = load_client_resolve },
	{ .name = "ehlo", .load = load_ehlo },
	{ .name = "helo", .load = load_helo },
	{ .name = "sender", .load = load_sender },
	{ .name = "mail_from", .load = load_sender },
	{ .name = "recipient", .load = load_recipient },
	{ .name = "rcpt", .load = load_recipient },
	{ .name = "auth_user", .load = load_auth_user },
	{ .name = "auth", .load = load_auth_user },
	{ .name = "tls_version", .load = load_tls_version },
	{ .name = "tls", .load = load_tls_version },
	{ .name = "daemon_port", .load = load_daemon_port },
	{ .name = "port", .load = load_daemon_port },
	{ .name = "daemon_name", .load = load_daemon_name },
	{ .name = "daemon_addr", .load = load_daemon_addr },
	{ .name = "service", .load = load_service },
	{ .name = "host", .load = load_host },
	{ .name = "mta", .load = load_mta },
	{ .name = "none", .load = load_none },
	{ .name = "unknown", .load = load_unknown },
	{ .name = "dns", .load = load_case_dns },
};
const size_t case_session_key_count = COUNT_OF(case_session_keys);

void case_session_check(struct loader *loader, const struct node *map)
{
	static const char *const pairs[][2] = {
		{ "ehlo", "helo" }, { "client_name", "ptr" }, { "sender", "mail_from" }, { "recipient", "rcpt" },
		{ "auth_user", "auth" }, { "tls_version", "tls" }, { "daemon_port", "port" },
	};

	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		if (node_get(map, pairs[i][0]) && node_get(map, pairs[i][1]))
			error_at(loader, node_get(map, pairs[i][1])->key,
				 "'%s' and '%s' are the same fact; expected one of them", pairs[i][0], pairs[i][1]);
}
