/* SPDX-License-Identifier: BSD-2-Clause */
/* Sendmail's lines about connections, greetings, TLS and logins; and the dialogue of LogLevel 15. */
#include "logs/sendmail.h"

#include "logs/scan.h"

#include <string.h>
#include <strings.h>

static enum taken connect_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;
	struct session_slot *slot;
	struct span rest;
	bool local = !sendmail_client_parse(span_after(entry->text, 13), &client, &rest);

	slot = sendmail_begin(entry, true);
	/* "root@localhost": a program of this host, which may speak SMTP on standard input */
	if (slot && local)
		sendmail_own(slot)->local = true;
	else if (slot)
		(void)sendmail_session_of(entry, &client);
	return local ? TAKEN_OTHER : TAKEN;
}

/* "250 ... (hold)" was not sent, but kept for later; "250 ... (held)" is what was kept. */
static bool take_sent(struct span *reply)
{
	static const char hold[] = " (hold)";
	size_t mark = sizeof hold - 1;
	struct span end = reply->length > mark ? span_after(*reply, reply->length - mark) : (struct span){ reply->text, 0 };

	if (SPAN_IS(end, " (held)"))
		reply->length -= mark;
	return !SPAN_IS(end, " (hold)");
}

/* "<-- EHLO a", "--- 250 ..." */
static enum taken spoken_line(struct sendmail_entry *entry)
{
	struct span said = span_after(entry->text, 4);
	struct sendmail_session *own;
	struct session_slot *slot;
	size_t tx_count;

	/* "--- open file descriptors: ---": what SIGUSR1 makes it list */
	if (entry->text.text[0] == '-' && said.length > 0 && (said.text[0] < '0' || said.text[0] > '9'))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, NULL);
	if (!slot)
		return TAKEN;
	own = sendmail_own(slot);
	own->spoken = true;
	tx_count = own->dialogue.tx_count;
	said = sendmail_unescaped(entry, slot, said);
	if (entry->text.text[0] == '<')
		dialogue_command(&own->dialogue, said, sendmail_elapsed_us(entry, slot));
	else if (take_sent(&said))
		dialogue_reply(&own->dialogue, said, sendmail_elapsed_us(entry, slot));
	if (own->dialogue.tx_count > tx_count)
		sendmail_name_tx(entry, slot, tx_count);
	own->ended |= own->dialogue.ended;
	return own->connected ? TAKEN : TAKEN_ORPHAN;
}

/* "STARTTLS=server, relay=R, version=TLSv1.3, verify=NO, cipher=C, bits=256/256" */
static enum taken starttls_line(struct sendmail_entry *entry)
{
	struct span version = SENDMAIL_VALUE(entry->text, ", version="), cipher = SENDMAIL_VALUE(entry->text, ", cipher=");
	struct sendmail_client client;
	struct session_slot *slot;

	if (!sendmail_first_relay(entry->text, &client))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	if (!slot || version.length == 0)
		return TAKEN;
	/* Before STARTTLS there may have been mail in the clear. */
	for (size_t i = 0; i < slot->record->tx_count; i++)
		if (!sendmail_own(slot)->encrypted)
			slot->record->tx[i].tls_version = text_none();
	sendmail_own(slot)->encrypted = true;
	slot->record->tls_presence = PRESENCE_KNOWN;
	slot->record->tls_version = sink_text(entry->sendmail->sink, &slot->arena, version);
	if (cipher.length > 0)
		slot->record->tls_cipher = sink_text(entry->sendmail->sink, &slot->arena, cipher);
	return TAKEN;
}

/* "AUTH=server, relay=R, authid=U, mech=M, bits=0": the user's name may have commas. */
static enum taken login_line(struct sendmail_entry *entry)
{
	static const char authid[] = ", authid=", mech[] = ", mech=";
	const char *end = entry->text.text + entry->text.length, *user, *last = NULL, *next;
	struct sendmail_client client;
	struct session_slot *slot;

	if (!sendmail_first_relay(entry->text, &client))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	user = SPAN_FIND(entry->text, ", authid=");
	if (!slot || !user)
		return TAKEN;
	user += sizeof authid - 1;
	for (next = user; (next = memmem(next, (size_t)(end - next), mech, sizeof mech - 1)) != NULL; next++)
		last = next;
	if (!last || last == user)
		return TAKEN;
	for (size_t i = 0; i < slot->record->tx_count; i++)
		if (slot->record->sasl_username.presence != PRESENCE_KNOWN)
			slot->record->tx[i].sasl_username = text_none();
	slot->record->sasl_username = sink_text(entry->sendmail->sink, &slot->arena, span_between(user, last));
	return TAKEN;
}

/* "AUTH failure (M): ..., user=U, relay=R": the user is what the client says, so the last relay counts. */
static enum taken failed_login_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;
	struct session_slot *slot;

	if (!sendmail_last_relay(entry->text, &client))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	if (slot)
		sendmail_own(slot)->auth_failures++;
	return TAKEN;
}

/* The command is as the client wrote it. */
static bool begins_command(struct span text, const char *command)
{
	size_t length = strlen(command);

	return text.length >= length && strncasecmp(text.text, command, length) == 0;
}

/* Behind a client: "did not issue ...", ": VRFY root [rejected]", ": possible SMTP attack: ..." */
static enum taken client_line(struct sendmail_entry *entry)
{
	static const char nothing[] = " did not issue MAIL/EXPN/VRFY/ETRN during connection to ";
	struct sendmail_client client;
	struct session_slot *slot;
	struct sendmail_session *own;
	struct span rest;

	if (!sendmail_client_parse(entry->text, &client, &rest))
		return TAKEN_NOT;
	if (!SPAN_BEGINS(rest, " did not issue ") && !SPAN_BEGINS(rest, ": "))
		return TAKEN_NOT;
	slot = sendmail_session_of(entry, &client);
	if (!slot)
		return TAKEN;
	own = sendmail_own(slot);
	if (SPAN_BEGINS(rest, " did not issue MAIL/EXPN/VRFY/ETRN during connection to ")) {
		own->issued_nothing = own->ended = true;
		sendmail_set_daemon(entry, slot, span_after(rest, sizeof nothing - 1));
		return TAKEN;
	}
	own->vrfy_count += begins_command(rest, ": VRFY");
	own->expn_count += begins_command(rest, ": EXPN");
	own->etrn_count += begins_command(rest, ": ETRN");
	return TAKEN;
}

/* "Null connection from CLIENT": what Sendmail before 8.10 says instead */
static enum taken null_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;
	struct session_slot *slot;
	struct span rest;

	if (!sendmail_client_parse(span_after(entry->text, 21), &client, &rest))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	if (slot)
		sendmail_own(slot)->issued_nothing = sendmail_own(slot)->ended = true;
	return TAKEN;
}

/* "lost input channel from CLIENT to DAEMON after mail" */
static enum taken lost_line(struct sendmail_entry *entry)
{
	const char *end = entry->text.text + entry->text.length, *after;
	struct sendmail_client client;
	struct session_slot *slot;
	struct span rest;

	if (!sendmail_client_parse(span_after(entry->text, 24), &client, &rest) || !SPAN_BEGINS(rest, " to "))
		return TAKEN_NOT;
	slot = sendmail_session_of(entry, &client);
	if (!slot)
		return TAKEN;
	sendmail_own(slot)->ended = true;
	rest = span_after(rest, 4);
	after = memmem(rest.text, rest.length, " after ", 7);
	sendmail_set_daemon(entry, slot, span_between(rest.text, after ? after : end));
	return TAKEN;
}

/* "Authentication-Warning: HOST: CLIENT didn't use HELO protocol" */
static enum taken warning_line(struct sendmail_entry *entry)
{
	const char *at = memmem(entry->text.text, entry->text.length, ": ", 2),
		   *end = entry->text.text + entry->text.length;
	struct sendmail_client client;
	struct session_slot *slot;
	struct span rest;

	at = at ? memmem(at + 2, (size_t)(end - at - 2), ": ", 2) : NULL;
	if (!at || !sendmail_client_parse(span_between(at + 2, end), &client, &rest))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	if (slot && SPAN_IS(rest, " didn't use HELO protocol")) {
		sendmail_own(slot)->ungreeted = true;
		sendmail_own(slot)->ungreeted_key = entry->queue_id.length > 0 ? sendmail_queue_key(entry) : 0;
	}
	return TAKEN;
}

/*
 * A name that is refused has a byte that no name may have, or a space, at which the log has cut it; bytes that do not print are
 * shown as "\\001"; "too long" stands for a name that is.
 */
static bool is_whole_name(struct span name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789[].-_#:";

	if (SPAN_IS(name, "too long") || memchr(name.text, '\\', name.length))
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (name.text[i] == '\0' || !strchr(allowed, name.text[i]))
			return true;
	return false;
}

/* "invalid domain name (N) from CLIENT": a greeting that was refused */
static enum taken invalid_line(struct sendmail_entry *entry)
{
	struct span text = span_after(entry->text, 21), rest;
	const char *end = text.text + text.length, *at = NULL, *next = text.text;
	struct sendmail_client client;
	struct session_slot *slot;
	struct sendmail_session *own;
	struct refused_helo *refused;

	while ((next = memmem(next, (size_t)(end - next), ") from ", 7)) != NULL)
		at = next++;
	if (!at || !sendmail_client_parse(span_between(at + 7, end), &client, &rest))
		return TAKEN_NOT;
	slot = sendmail_session_of(entry, &client);
	if (!slot || sendmail_own(slot)->spoken)
		return TAKEN;
	own = sendmail_own(slot);
	refused = record_grow(&slot->arena, &own->refused, &own->refused_count, sizeof *refused);
	if (!refused) {
		entry->sendmail->sink->no_memory = true;
		return TAKEN;
	}
	if (is_whole_name(span_between(text.text, at)))
		refused->name = sink_text(entry->sendmail->sink, &slot->arena, span_between(text.text, at));
	refused->t_us = dialogue_tick(&own->dialogue, sendmail_elapsed_us(entry, slot));
	return TAKEN;
}

/* "starting daemon (8.17.1.9): SMTP+queueing@00:10:00" */
static enum taken starting_line(struct sendmail_entry *entry)
{
	struct span version = span_after(entry->text, 17);
	struct scan scan = { version.text, version.text + version.length };
	uint64_t major, minor;

	if (scan_take_number(&scan, &major) && scan_skip_char(&scan, '.') && scan_take_number(&scan, &minor) &&
	    (major > 8 || (major == 8 && minor >= 16)))
		sendmail_tells(entry);
	return TAKEN_OTHER;
}

static const struct {
	const char *begin;
	enum taken (*take)(struct sendmail_entry *entry);
} kinds[] = {
	{ "<-- ", spoken_line },
	{ "--- ", spoken_line },
	{ "connect from ", connect_line },
	{ "ruleset=", sendmail_ruleset_line },
	{ "Milter: ", sendmail_milter_line },
	{ "STARTTLS=server, ", starttls_line },
	{ "AUTH=server, ", login_line },
	{ "AUTH failure", failed_login_line },
	{ "Null connection from ", null_line },
	{ "lost input channel from ", lost_line },
	{ "Authentication-Warning: ", warning_line },
	{ "invalid domain name (", invalid_line },
	{ "rejecting commands from ", sendmail_pregreeting_line },
	{ "ERROR: srv_features=", sendmail_features_line },
	{ "tcpwrappers (", sendmail_wrapper_line },
	{ "milter=", sendmail_milter_deed_line },
	{ "starting daemon (", starting_line },
	{ "message size (", sendmail_too_big_line },
};

enum taken sendmail_other_line(struct sendmail_entry *entry)
{
	enum taken taken;

	/* "<bob@example.org>... User unknown": of one recipient, and no matter of the session's. */
	if (SPAN_BEGINS(entry->text, "<") && SPAN_FIND(entry->text, ">... "))
		return TAKEN_OTHER;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (span_begins(entry->text, kinds[i].begin, strlen(kinds[i].begin)))
			return kinds[i].take(entry);
	taken = client_line(entry);
	return taken == TAKEN_NOT && sendmail_is_other(entry->text) ? TAKEN_OTHER : taken;
}
