/* SPDX-License-Identifier: BSD-2-Clause */
/* A record as the engine takes it. */
#include "logs/record_session.h"

#include "core/facts.h"

#include <string.h>

/* Whoever it was has logged in: that is told even when the name is not. */
static struct text login_of(const struct record *record, size_t tx)
{
	struct text login = record_login(record, tx);

	if (login.presence == PRESENCE_KNOWN && record_is_redacted(record, "sasl_username"))
		login.value = NULL;
	return login;
}

static void set_greeting(const struct record *record, size_t tx, struct session *session)
{
	enum presence presence;
	const struct record_helo *helo = record_greeting(record, tx, &presence);

	session->ehlo.presence = presence == PRESENCE_NONE ? PRESENCE_NONE : PRESENCE_UNKNOWN;
	session->verb = presence == PRESENCE_NONE ? VERB_NONE : VERB_UNKNOWN;
	if (!helo)
		return;
	session->verb = helo->verb;
	if (!record_is_redacted(record, "helo"))
		session->ehlo = helo->name;
}

static void set_transaction(const struct record *record, size_t tx, struct session *session)
{
	if (tx >= record->tx_count) {
		session->sender.presence = record->tx_presence == PRESENCE_NONE ? PRESENCE_NONE : PRESENCE_UNKNOWN;
		return;
	}
	session->transaction = (unsigned)tx + 1;
	session->queue_id = record->tx[tx].queue_id;
	if (!record_is_redacted(record, "sender"))
		session->sender = record->tx[tx].sender;
}

/* As a milter has them from its macros: where the MTA met a temporary error, no name does not mean that there is none. */
static void set_client_names(const struct record *record, struct session *session)
{
	session->client_name = record->client_name;
	session->client_ptr = record->reverse_client_name;
	session->client_resolve = resolve_from_word(record->client_resolve.value);
	if (session->client_resolve == RESOLVE_TEMP && session->client_name.presence == PRESENCE_NONE)
		session->client_name.presence = PRESENCE_UNKNOWN;
	/* The daemon tells by itself what it was told. */
	if (record->source != SOURCE_DAEMON && session->client_resolve == RESOLVE_FAIL &&
	    session->client_ptr.presence == PRESENCE_UNKNOWN)
		session->client_ptr = text_none();
}

void record_session(const struct record *record, size_t tx, struct session *session_r)
{
	size_t length = record->id.presence == PRESENCE_KNOWN ? strlen(record->id.value) : 0;

	memset(session_r, 0, sizeof *session_r);
	if (length < sizeof session_r->id)
		memcpy(session_r->id, length > 0 ? record->id.value : "", length);
	if (record->start_us.presence == PRESENCE_KNOWN)
		session_r->start_date = date_of_us(record->start_us.value);
	session_r->mta = record->mta;
	/*
	 * The daemon's own listener is what a policy made of the session; that of a log is a service of the MTA.
	 */
	if (record->source == SOURCE_POSTFIX_LOG)
		session_r->listener_service = record->listener;
	/* A log's host is that of the machine, which need not be the MTA's name. */
	if (record->source == SOURCE_DAEMON) {
		session_r->host = record->host;
		session_r->listener_service = record->service;
		session_r->interface_addr = record->interface_address;
	}
	session_r->daemon_name = record->daemon_name;
	session_r->daemon_addr = record->server_address;
	session_r->daemon_port = record->server_port;
	if (!record_is_redacted(record, "client_address"))
		session_r->client = record->client_address;
	session_r->client_port = record->client_port;
	set_client_names(record, session_r);
	session_r->auth_user = login_of(record, tx);
	session_r->tls_version = record_tls_version(record, tx);
	session_r->local_submission = is_local_submission(session_r);
	set_greeting(record, tx, session_r);
	set_transaction(record, tx, session_r);
}
