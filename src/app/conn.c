/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns what an MTA tells, callback by callback, into a session. */
#include "app/conn.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "core/choice.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONN_MAGIC 0x45484c4fU
#define BLOCK_BYTES 2000
#define MESSAGE_BLOCK_BYTES 1000

static const char *macro(const struct macros *macros, const char *name)
{
	return macros->get(macros->from, name);
}

/* --- values of macros --- */

/* A macro that is absent is unknown. */
static bool copy_text(struct arena *arena, const char *value, struct text *text_r)
{
	char *copy = value ? arena_strdup(arena, value) : NULL;

	text_r->presence = copy ? PRESENCE_KNOWN : PRESENCE_UNKNOWN;
	text_r->value = copy;
	return copy || !value;
}

/* For the macros whose absence at MAIL means that there is none. */
static bool copy_or_none(struct arena *arena, const char *value, struct text *text_r)
{
	if (value && value[0] != '\0')
		return copy_text(arena, value, text_r);
	*text_r = text_none();
	return true;
}

/* "IPv6:2001:db8::1" or without the tag; "unknown" and the like stay unknown. */
static struct address read_address(const char *value)
{
	struct address address = { .presence = PRESENCE_UNKNOWN };

	if (value && strncasecmp(value, "IPv6:", 5) == 0)
		value += 5;
	if (value && ip_parse(value, &address.value))
		address.presence = PRESENCE_KNOWN;
	return address;
}

static struct number read_port(const char *value)
{
	struct number number = { .presence = PRESENCE_UNKNOWN };
	size_t length = value ? strlen(value) : 0;

	if (length < 1 || length > 5 || strspn(value, "0123456789") != length)
		return number;
	for (; *value != '\0'; value++)
		number.value = number.value * 10 + (unsigned)(*value - '0');
	if (number.value <= 65535)
		number.presence = PRESENCE_KNOWN;
	return number;
}

/* Macro v: "Postfix 3.7.11", or Sendmail's version, "8.17.1.9". */
static enum mta read_mta(const char *version)
{
	if (!version || version[0] == '\0')
		return MTA_UNKNOWN;
	if (strncmp(version, "Postfix", 7) == 0)
		return MTA_POSTFIX;
	return ascii_is_digit(version[0]) ? MTA_SENDMAIL : MTA_OTHER;
}

/* --- the life of a session --- */

static bool read_connect_macros(struct conn *conn, const struct macros *macros)
{
	struct session *session = &conn->session;

	session->mta = read_mta(macro(macros, "v"));
	session->daemon_addr = read_address(macro(macros, "{daemon_addr}"));
	session->daemon_port = read_port(macro(macros, "{daemon_port}"));
	session->interface_addr = read_address(macro(macros, "{if_addr}"));
	return copy_text(&conn->arena, macro(macros, "{daemon_name}"), &session->daemon_name) &&
	       copy_text(&conn->arena, macro(macros, "{service}"), &session->listener_service) &&
	       copy_text(&conn->arena, macro(macros, "j"), &session->host);
}

/* Of a session without CONNECT the client is unknown; macros may be there all the same. */
struct conn *conn_new(const struct macros *macros, const struct gather_plan *plan)
{
	struct conn *conn = malloc(sizeof *conn);
	int64_t now_us = clock_realtime_us();

	if (!conn)
		return NULL;
	memset(conn, 0, offsetof(struct conn, first));
	conn->magic = CONN_MAGIC;
	arena_init(&conn->arena, conn->first, sizeof conn->first, BLOCK_BYTES);
	arena_init(&conn->message, NULL, 0, MESSAGE_BLOCK_BYTES);
	conn->started_us = now_us;
	session_id_make(now_us, conn->session.id);
	conn->session.start_date = date_of_us(now_us);
	conn->session.ehlo = conn->session.sender = conn->session.recipient = text_none();
	conn->session.verb = VERB_NONE;
	if (!read_connect_macros(conn, macros) || (plan && !(conn->gather = gather_new(plan)))) {
		conn_free(&conn);
		return NULL;
	}
	conn->connected = conn->greeted = arena_mark(&conn->arena);
	return conn;
}

void conn_free(struct conn **conn)
{
	struct conn *c = *conn;

	if (!c)
		return;
	gather_free(&c->gather);
	arena_clear(&c->message);
	arena_clear(&c->arena);
	c->magic = 0;
	free(c);
	*conn = NULL;
}

bool conn_is_valid(const struct conn *conn)
{
	return conn && conn->magic == CONN_MAGIC;
}

/* --- connect --- */

/* Is it a name, and not "[address]" or Postfix's "unknown"? */
static bool is_name(const char *host)
{
	return host[0] != '[' && strcmp(host, "unknown") != 0;
}

/*
 * The host argument is the confirmed name; what stands there without one stands there also when DNS failed, so that only
 * {client_resolve} tells whether there is none.
 */
static bool read_client_name(struct conn *conn, const char *host)
{
	struct text *name = &conn->session.client_name;

	if (!host || host[0] == '\0')
		return true;
	if (is_name(host))
		return copy_text(&conn->arena, host, name);
	if (conn->session.client_resolve == RESOLVE_FAIL || conn->session.client_resolve == RESOLVE_FORGED)
		*name = text_none();
	return true;
}

static bool read_client_ptr(struct conn *conn, const char *value)
{
	if (!value || value[0] == '\0')
		return true;
	if (is_name(value))
		return copy_text(&conn->arena, value, &conn->session.client_ptr);
	if (conn->session.client_resolve == RESOLVE_FAIL)
		conn->session.client_ptr = text_none();
	return true;
}

bool conn_connect(struct conn *conn, const char *host, const struct sockaddr *address, const struct macros *macros)
{
	struct session *session = &conn->session;
	bool good;

	session->client_port.presence = PRESENCE_UNKNOWN;
	session->client.presence = PRESENCE_NONE;
	if (ip_from_sockaddr(address, &session->client.value, &session->client_port.value))
		session->client.presence = session->client_port.presence = PRESENCE_KNOWN;
	session->client_resolve = resolve_from_word(macro(macros, "{client_resolve}"));
	good = read_client_name(conn, host) && read_client_ptr(conn, macro(macros, "{client_ptr}"));
	session->local_submission = is_local_submission(session);
	conn->connected = conn->greeted = arena_mark(&conn->arena);
	return good;
}

/* --- greeting --- */

/* With the marker a trailing dot means HELO, and is no part of the name. */
static enum verb take_marker(const struct policy *policy, const struct session *session, char *name)
{
	size_t length = strlen(name);

	if (choose_listener(policy, session).listener->helo_marker != HELO_MARKER_TRAILING_DOT)
		return VERB_UNKNOWN;
	if (length == 0 || name[length - 1] != '.')
		return VERB_EHLO;
	name[length - 1] = '\0';
	return VERB_HELO;
}

/* Before its strings are given back. */
static void forget_transaction(struct conn *conn)
{
	struct session *session = &conn->session;

	session->sender = session->recipient = text_none();
	session->auth_user = session->tls_version = session->queue_id = text_none();
	conn->tag = conn->auth_results = conn->quarantine = NULL;
	conn->received_spf[IDENTITY_HELO] = conn->received_spf[IDENTITY_MAIL_FROM] = NULL;
	conn->forged = NULL;
	conn->forged_lost = false;
	conn->tag_headers = conn->auth_headers = 0;
	arena_clear(&conn->message);
}

bool conn_greet(struct conn *conn, const struct policy *policy, const char *name)
{
	struct session *session = &conn->session;
	char *copy;

	forget_transaction(conn);
	session->ehlo = text_none();
	arena_reset(&conn->arena, conn->connected);
	if (conn->gather)
		gather_begin(conn->gather, STAGE_EHLO);
	copy = arena_strdup(&conn->arena, name ? name : "");
	if (!copy) {
		session->ehlo.presence = PRESENCE_UNKNOWN;
		return false;
	}
	session->verb = take_marker(policy, session, copy);
	session->ehlo = text_known(copy);
	conn->greeted = arena_mark(&conn->arena);
	return true;
}

/* Sendmail tells by macro r; it is set before the argument is checked, so only a greeting that was seen counts. */
static void read_verb(struct session *session, const char *protocol)
{
	if (session->ehlo.presence != PRESENCE_KNOWN) {
		session->verb = session->ehlo.presence == PRESENCE_NONE ? VERB_NONE : VERB_UNKNOWN;
		return;
	}
	if (session->verb != VERB_UNKNOWN || session->mta == MTA_POSTFIX || !protocol)
		return;
	if (strncmp(protocol, "ESMTP", 5) == 0)
		session->verb = VERB_EHLO;
	else if (strcmp(protocol, "SMTP") == 0)
		session->verb = VERB_HELO;
}

/* --- transactions --- */

bool conn_begin_transaction(struct conn *conn, const char *sender, const struct macros *macros)
{
	struct session *session = &conn->session;

	forget_transaction(conn);
	arena_reset(&conn->arena, conn->greeted);
	if (conn->gather)
		gather_begin(conn->gather, STAGE_MAIL);
	session->transaction = ++conn->transactions;
	conn->accept_logged = conn->answer_logged = false;
	read_verb(session, macro(macros, "r"));
	return copy_text(&conn->arena, sender, &session->sender) &&
	       copy_or_none(&conn->arena, macro(macros, "{auth_authen}"), &session->auth_user) &&
	       copy_or_none(&conn->arena, macro(macros, "{tls_version}"), &session->tls_version) &&
	       copy_or_none(&conn->arena, macro(macros, "i"), &session->queue_id);
}

bool conn_begin_recipient(struct conn *conn, const char *recipient)
{
	return copy_text(&conn->arena, recipient, &conn->session.recipient);
}

void conn_end_recipient(struct conn *conn, struct arena_mark before)
{
	conn->session.recipient = text_none();
	arena_reset(&conn->arena, before);
}

void conn_abort(struct conn *conn)
{
	forget_transaction(conn);
}
