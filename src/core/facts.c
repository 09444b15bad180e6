/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of facts that expressions may name, and how each is had from a session. */
#include "core/facts.h"

#include "core/embedded.h"
#include "core/reverse.h"

#include <string.h>

static const char *const mta_words[] = { "postfix", "sendmail", "other", NULL };
static const char *const verb_words[] = { "EHLO", "HELO", NULL };
static const char *const ehlo_kind_words[] = {
	"fqdn", "unqualified", "ipv4_literal", "ipv6_literal", "bare_ip", "invalid", NULL
};

const char *mta_word(enum mta mta)
{
	return mta == MTA_UNKNOWN ? NULL : mta_words[mta - MTA_POSTFIX];
}

const char *verb_word(enum verb verb)
{
	return verb == VERB_EHLO || verb == VERB_HELO ? verb_words[verb - VERB_EHLO] : NULL;
}

const char *resolve_word(enum resolve resolve)
{
	static const char *const words[] = {
		[RESOLVE_OK] = "OK", [RESOLVE_FAIL] = "FAIL", [RESOLVE_FORGED] = "FORGED", [RESOLVE_TEMP] = "TEMP",
	};

	return words[resolve];
}

enum resolve resolve_from_word(const char *word)
{
	static const struct {
		const char *word;
		enum resolve resolve;
	} words[] = {
		{ "OK", RESOLVE_OK }, { "FAIL", RESOLVE_FAIL }, { "FORGED", RESOLVE_FORGED }, { "TEMP", RESOLVE_TEMP },
	};

	for (size_t i = 0; word && i < sizeof words / sizeof words[0]; i++)
		if (strcmp(word, words[i].word) == 0)
			return words[i].resolve;
	return RESOLVE_UNKNOWN;
}

bool is_local_submission(const struct session *session)
{
	if (session->daemon_port.presence == PRESENCE_KNOWN)
		return session->daemon_port.value == 0;
	return session->client.presence == PRESENCE_KNOWN && ip_is_loopback(&session->client.value) &&
	       session->client_port.presence == PRESENCE_KNOWN && session->client_port.value == 0;
}

static struct fact_value absent(enum presence presence)
{
	return (struct fact_value){ .presence = presence };
}

static struct fact_value known_text(const char *text)
{
	return (struct fact_value){ .presence = PRESENCE_KNOWN, .text = text };
}

static struct fact_value known_flag(bool flag)
{
	return (struct fact_value){ .presence = PRESENCE_KNOWN, .flag = flag };
}

static struct fact_value of_text(const struct text *text)
{
	return (struct fact_value){ .presence = text->presence, .text = text->value };
}

static struct fact_value of_number(const struct number *number)
{
	return (struct fact_value){ .presence = number->presence, .number = number->value };
}

static struct fact_value of_address(const struct address *address)
{
	return (struct fact_value){ .presence = address->presence, .address = &address->value };
}

static struct fact_value get_listener(const struct context *c)
{
	return known_text(c->listener);
}

static struct fact_value get_mta(const struct context *c)
{
	const char *word = mta_word(c->session->mta);

	return word ? known_text(word) : absent(PRESENCE_UNKNOWN);
}

static struct fact_value get_service(const struct context *c)
{
	return of_text(&c->session->listener_service);
}

static struct fact_value get_daemon_name(const struct context *c)
{
	return of_text(&c->session->daemon_name);
}

static struct fact_value get_daemon_port(const struct context *c)
{
	return of_number(&c->session->daemon_port);
}

static struct fact_value get_daemon_addr(const struct context *c)
{
	return of_address(&c->session->daemon_addr);
}

static struct fact_value get_client(const struct context *c)
{
	return of_address(&c->session->client);
}

static struct fact_value get_client_port(const struct context *c)
{
	return of_number(&c->session->client_port);
}

static struct fact_value get_client_name(const struct context *c)
{
	struct reverse reverse;

	if (c->facts->reverse_by_mta)
		return of_text(&c->session->client_name);
	reverse_confirm(c, &reverse);
	/* Which of two names it is must not hang on whose answer came, or came first. */
	if (reverse.confirmed)
		return dns_is_certain(reverse.before) ? known_text(reverse.confirmed) : absent(PRESENCE_UNKNOWN);
	return absent(dns_is_certain(reverse.ptr.status) && dns_is_certain(reverse.forward) ? PRESENCE_NONE :
		      PRESENCE_UNKNOWN);
}

static enum presence get_client_ptr_by_mta(const struct session *session, struct name_set *set_r)
{
	if (session->client_ptr.presence == PRESENCE_KNOWN)
		set_r->names[set_r->count++] = session->client_ptr.value;
	return session->client_ptr.presence;
}

static enum presence get_client_ptr(const struct context *c, struct name_set *set_r)
{
	struct ptr_names ptr;

	if (c->facts->reverse_by_mta)
		return get_client_ptr_by_mta(c->session, set_r);
	reverse_names(c, &ptr);
	if (!dns_is_certain(ptr.status))
		return PRESENCE_UNKNOWN;
	for (size_t i = 0; i < ptr.count && i < NAME_SET_MAX; i++)
		set_r->names[set_r->count++] = ptr.names[i];
	return set_r->count > 0 ? PRESENCE_KNOWN : PRESENCE_NONE;
}

/* A name that the MTA confirmed is one of those in the PTR records: it may decide where these are not known. */
static struct fact_value find_embedded(const struct context *c)
{
	const struct session *session = c->session;
	struct name_set set = { .count = 0 };
	enum presence presence = get_client_ptr(c, &set);

	for (size_t i = 0; i < set.count; i++)
		if (name_embeds_address(set.names[i], &session->client.value))
			return known_flag(true);
	if (presence == PRESENCE_UNKNOWN && c->facts->reverse_by_mta &&
	    session->client_name.presence == PRESENCE_KNOWN &&
	    name_embeds_address(session->client_name.value, &session->client.value))
		return known_flag(true);
	return presence == PRESENCE_KNOWN ? known_flag(false) : absent(presence);
}

static struct fact_value get_client_ptr_embeds_address(const struct context *c)
{
	struct reverse_memo *memo = c->reverse;
	struct fact_value value;

	if (c->session->client.presence != PRESENCE_KNOWN)
		return absent(c->session->client.presence);
	if (memo && memo->has_embeds)
		return memo->embeds;
	value = find_embedded(c);
	if (memo && value.presence != PRESENCE_UNKNOWN) {
		memo->embeds = value;
		memo->has_embeds = true;
	}
	return value;
}

static struct fact_value get_ehlo(const struct context *c)
{
	return of_text(&c->session->ehlo);
}

static struct fact_value get_verb(const struct context *c)
{
	const char *word = verb_word(c->session->verb);

	if (word)
		return known_text(word);
	return absent(c->session->verb == VERB_NONE ? PRESENCE_NONE : PRESENCE_UNKNOWN);
}

static struct fact_value get_ehlo_kind(const struct context *c)
{
	if (c->session->ehlo.presence != PRESENCE_KNOWN)
		return absent(c->session->ehlo.presence);
	return known_text(ehlo_kind_word(c->facts->ehlo.kind));
}

/* The three facts of a path: its text, its domain, and whether it is <>. */
static struct fact_value path_text(const struct text *raw, const char *text)
{
	return raw->presence == PRESENCE_KNOWN ? known_text(text) : absent(raw->presence);
}

static struct fact_value path_domain(const struct text *raw, const struct mailbox *mailbox)
{
	if (raw->presence != PRESENCE_KNOWN)
		return absent(raw->presence);
	return mailbox->domain[0] != '\0' ? known_text(mailbox->domain) : absent(PRESENCE_NONE);
}

static struct fact_value get_sender(const struct context *c)
{
	return path_text(&c->session->sender, c->facts->sender_text);
}

static struct fact_value get_sender_domain(const struct context *c)
{
	return path_domain(&c->session->sender, &c->facts->sender);
}

static struct fact_value get_null_sender(const struct context *c)
{
	if (c->session->sender.presence != PRESENCE_KNOWN)
		return absent(c->session->sender.presence);
	return known_flag(c->facts->sender.kind == MAILBOX_NULL);
}

static struct fact_value get_recipient(const struct context *c)
{
	return path_text(&c->session->recipient, c->facts->recipient_text);
}

static struct fact_value get_recipient_domain(const struct context *c)
{
	return path_domain(&c->session->recipient, &c->facts->recipient);
}

/* Is there a login, is there TLS: known as soon as its name is known or known to be none. */
static struct fact_value whether(const struct text *text)
{
	if (text->presence == PRESENCE_UNKNOWN)
		return absent(PRESENCE_UNKNOWN);
	return known_flag(text->presence == PRESENCE_KNOWN);
}

static struct fact_value get_authenticated(const struct context *c)
{
	return whether(&c->session->auth_user);
}

static struct fact_value get_auth_user(const struct context *c)
{
	const struct text *user = &c->session->auth_user;

	return user->presence == PRESENCE_KNOWN && !user->value ? absent(PRESENCE_UNKNOWN) : of_text(user);
}

static struct fact_value get_tls(const struct context *c)
{
	return whether(&c->session->tls_version);
}

static struct fact_value get_tls_version(const struct context *c)
{
	return of_text(&c->session->tls_version);
}

const struct fact facts_table[] = {
	{ .name = "listener", .type = FACT_TEXT, .stage = STAGE_CONNECT, .get = get_listener,
	  .help = "name of the listener of the policy that judges" },
	{ .name = "mta", .type = FACT_WORD, .stage = STAGE_CONNECT, .words = mta_words, .get = get_mta,
	  .help = "the program that asks, by macro v" },
	{ .name = "service", .type = FACT_TEXT, .stage = STAGE_CONNECT, .get = get_service,
	  .help = "macro {service}, an invented one of milter_macro_defaults" },
	{ .name = "daemon_name", .type = FACT_TEXT, .stage = STAGE_CONNECT, .get = get_daemon_name,
	  .help = "macro {daemon_name}" },
	{ .name = "daemon_port", .type = FACT_NUMBER, .stage = STAGE_CONNECT, .get = get_daemon_port,
	  .help = "port that the client connected to, macro {daemon_port}" },
	{ .name = "daemon_addr", .type = FACT_ADDRESS, .stage = STAGE_CONNECT, .get = get_daemon_addr,
	  .help = "address that the client connected to, macro {daemon_addr}" },
	{ .name = "client", .type = FACT_ADDRESS, .stage = STAGE_CONNECT, .get = get_client,
	  .help = "address of the client" },
	{ .name = "client_port", .type = FACT_NUMBER, .stage = STAGE_CONNECT, .get = get_client_port,
	  .help = "port of the client" },
	{ .name = "client_name", .type = FACT_NAME, .stage = STAGE_CONNECT, .get = get_client_name, .dns = true,
	  .help = "confirmed name of the client, or none" },
	{ .name = "client_ptr", .type = FACT_NAMES, .stage = STAGE_CONNECT, .get_names = get_client_ptr,
	  .dns = true, .unconfirmed = true, .help = "names in the client's PTR records, confirmed or not" },
	{ .name = "client_ptr_embeds_address", .type = FACT_BOOL, .stage = STAGE_CONNECT,
	  .get = get_client_ptr_embeds_address, .dns = true, .unconfirmed = true,
	  .help = "does the host part of such a name hold the client's address?" },
	{ .name = "ehlo", .type = FACT_NAME, .stage = STAGE_EHLO, .get = get_ehlo,
	  .help = "argument of the last HELO or EHLO" },
	{ .name = "verb", .type = FACT_WORD, .stage = STAGE_MAIL, .words = verb_words, .get = get_verb,
	  .help = "how the client greeted, where the MTA tells" },
	{ .name = "ehlo_kind", .type = FACT_WORD, .stage = STAGE_EHLO, .words = ehlo_kind_words,
	  .get = get_ehlo_kind, .help = "what the argument of HELO or EHLO is" },
	{ .name = "sender", .type = FACT_TEXT, .stage = STAGE_MAIL, .get = get_sender,
	  .help = "reverse-path of MAIL FROM, without brackets, source route and final dot; '' for <>" },
	{ .name = "sender_domain", .type = FACT_NAME, .stage = STAGE_MAIL, .get = get_sender_domain,
	  .help = "its domain, as A-labels; none for <>, literals and bare names" },
	{ .name = "null_sender", .type = FACT_BOOL, .stage = STAGE_MAIL, .get = get_null_sender,
	  .help = "is the reverse-path <>?" },
	{ .name = "authenticated", .type = FACT_BOOL, .stage = STAGE_MAIL, .get = get_authenticated,
	  .help = "has the client logged in?" },
	{ .name = "auth_user", .type = FACT_TEXT, .stage = STAGE_MAIL, .get = get_auth_user,
	  .help = "as whom, macro {auth_authen}" },
	{ .name = "tls", .type = FACT_BOOL, .stage = STAGE_MAIL, .get = get_tls,
	  .help = "is the connection encrypted?" },
	{ .name = "tls_version", .type = FACT_TEXT, .stage = STAGE_MAIL, .get = get_tls_version,
	  .help = "how, macro {tls_version}: 'TLSv1.3'" },
	{ .name = "recipient", .type = FACT_TEXT, .stage = STAGE_RCPT, .get = get_recipient,
	  .help = "forward-path of RCPT TO, with reply_at: rcpt" },
	{ .name = "recipient_domain", .type = FACT_NAME, .stage = STAGE_RCPT,
	  .get = get_recipient_domain, .help = "its domain, with reply_at: rcpt" },
};

const size_t facts_count = sizeof facts_table / sizeof facts_table[0];

const struct fact *fact_find(const char *name)
{
	for (size_t i = 0; i < facts_count; i++)
		if (strcmp(name, facts_table[i].name) == 0)
			return &facts_table[i];
	return NULL;
}

enum presence fact_get_names(const struct fact *fact, const struct context *context, struct name_set *set_r)
{
	*set_r = (struct name_set){ .count = 0 };
	if (fact->stage > context->stage)
		return PRESENCE_UNKNOWN;
	return fact->get_names(context, set_r);
}

struct fact_value fact_get(const struct fact *fact, const struct context *context)
{
	struct name_set set;

	if (fact->stage > context->stage)
		return absent(PRESENCE_UNKNOWN);
	return fact->type == FACT_NAMES ? absent(fact_get_names(fact, context, &set)) : fact->get(context);
}
