/* SPDX-License-Identifier: BSD-2-Clause */
/* Sendmail's lines about connections, greetings, refusals, TLS and logins; and the dialogue of LogLevel 15. */
#include "logs/sendmail.h"

#include <string.h>

static enum taken connect_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;
	struct session_slot *slot;
	struct span rest;

	if (!sendmail_client_parse(span_after(entry->text, 13), &client, &rest))
		return TAKEN_NOT;
	slot = sendmail_begin(entry, true);
	if (slot)
		(void)sendmail_session_of(entry, &client);
	return TAKEN;
}

/* "<-- EHLO a", "--- 250 ..." */
static enum taken spoken_line(struct sendmail_entry *entry)
{
	struct session_slot *slot = sendmail_session_of(entry, NULL);
	struct sendmail_session *own;
	size_t tx_count;

	if (!slot)
		return TAKEN;
	own = sendmail_own(slot);
	own->spoken = true;
	tx_count = own->dialogue.tx_count;
	if (entry->text.text[0] == '<')
		dialogue_command(&own->dialogue, span_after(entry->text, 4), sendmail_elapsed_us(entry, slot));
	else
		dialogue_reply(&own->dialogue, span_after(entry->text, 4), sendmail_elapsed_us(entry, slot));
	if (own->dialogue.tx_count > tx_count)
		sendmail_name_tx(entry, slot, tx_count);
	own->ended |= own->dialogue.ended;
	return own->connected ? TAKEN : TAKEN_ORPHAN;
}

/* Of what "relay=CLIENT" tells: the client. */
static bool take_relay(struct span text, struct sendmail_client *client_r)
{
	const char *relay = memmem(text.text, text.length, ", relay=", 8);
	struct span rest;

	return relay && sendmail_client_parse(span_between(relay + 8, text.text + text.length), client_r, &rest);
}

/* The value of ", KEY=" up to the next comma. */
static struct span take_value(struct span text, const char *key, size_t length)
{
	const char *at = memmem(text.text, text.length, key, length), *end = text.text + text.length, *comma;

	if (!at)
		return (struct span){ end, 0 };
	at += length;
	comma = memchr(at, ',', (size_t)(end - at));
	return span_between(at, comma ? comma : end);
}

#define TAKE_VALUE(text, key) take_value(text, "" key, sizeof(key) - 1)

/* "STARTTLS=server, relay=R, version=TLSv1.3, verify=NO, cipher=C, bits=256/256" */
static enum taken starttls_line(struct sendmail_entry *entry)
{
	struct span version = TAKE_VALUE(entry->text, ", version="), cipher = TAKE_VALUE(entry->text, ", cipher=");
	struct sendmail_client client;
	struct session_slot *slot;

	if (!take_relay(entry->text, &client))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	if (!slot || version.length == 0)
		return TAKEN;
	slot->record.tls_presence = PRESENCE_KNOWN;
	slot->record.tls_version = sink_text(entry->sendmail->sink, &slot->arena, version);
	if (cipher.length > 0)
		slot->record.tls_cipher = sink_text(entry->sendmail->sink, &slot->arena, cipher);
	return TAKEN;
}

/* "AUTH=server, relay=R, authid=U, mech=M, bits=0"; "AUTH failure (M): ..., relay=R" */
static enum taken auth_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;
	struct session_slot *slot;
	struct span user = TAKE_VALUE(entry->text, ", authid=");
	bool failed = SPAN_BEGINS(entry->text, "AUTH failure");

	if (!take_relay(entry->text, &client))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	if (!slot)
		return TAKEN;
	sendmail_own(slot)->auth_failures += failed;
	if (!failed && user.length > 0)
		slot->record.sasl_username = sink_text(entry->sendmail->sink, &slot->arena, user);
	return TAKEN;
}

/* "ruleset=check_mail, arg1=<S>, relay=R, reject=TEXT" */
static enum taken ruleset_line(struct sendmail_entry *entry)
{
	static const char relay[] = ", relay=", reject[] = ", reject=";
	struct span text = entry->text, ruleset = TAKE_VALUE(text, "ruleset="), argument, reply;
	const char *end = text.text + text.length, *argument_at, *relay_at = NULL, *next = text.text, *reject_at;
	struct sendmail_client client;
	struct session_slot *slot;

	/* The argument is the client's: what counts stands behind the last relay=. */
	while ((next = memmem(next, (size_t)(end - next), relay, sizeof relay - 1)) != NULL)
		relay_at = next++;
	argument_at = memmem(text.text, text.length, ", arg1=", 7);
	if (!relay_at || !sendmail_client_parse(span_between(relay_at + 8, end), &client, &reply))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	reject_at = memmem(relay_at, (size_t)(end - relay_at), reject, sizeof reject - 1);
	if (!slot || !reject_at || sendmail_own(slot)->spoken)
		return TAKEN;
	/* Unlike VRFY and EXPN it leaves no other line then. */
	sendmail_own(slot)->etrn_count += SPAN_IS(ruleset, "check_etrn");
	argument = argument_at && argument_at < relay_at ? span_between(argument_at + 7, relay_at) :
							   (struct span){ end, 0 };
	reply = span_between(reject_at + 9, end);
	if (SPAN_IS(ruleset, "check_relay"))
		sendmail_own(slot)->dialogue.reply = sink_text(entry->sendmail->sink, &slot->arena, reply);
	else if (SPAN_IS(ruleset, "check_mail"))
		sendmail_refused_mail(entry, slot, argument, reply);
	else if (SPAN_IS(ruleset, "check_rcpt") || SPAN_IS(ruleset, "check_data"))
		sendmail_refused_rcpt(entry, slot, reply, SPAN_IS(ruleset, "check_data"));
	return TAKEN;
}

/*
 * "Milter: helo=N, reject=TEXT", "Milter: from=<S>, reject=TEXT", "Milter: connect: host=H, addr=A, rejecting
 * commands"
 */
static enum taken milter_line(struct sendmail_entry *entry)
{
	static const char reject[] = ", reject=";
	struct span text = span_after(entry->text, 8), value, reply;
	const char *end = text.text + text.length, *at = NULL, *next = text.text;
	struct session_slot *slot;
	struct text name;

	if (SPAN_BEGINS(text, "connect: host=") || SPAN_BEGINS(text, "initialization failed, ")) {
		struct sendmail_client client = { .address = TAKE_VALUE(text, ", addr="),
						  .name = { text.text, 0 } };
		struct span host = TAKE_VALUE(text, "connect: host=");

		if (host.length > 0 && host.text[0] != '[')
			client.name = host;
		slot = sendmail_session_of(entry, client.address.length > 0 ? &client : NULL);
		/* What it answers is not in the log. */
		if (slot && !sendmail_own(slot)->spoken)
			sendmail_own(slot)->dialogue.action = text_known(
				memmem(text.text, text.length, "rejecting", 9) ? "reject" : "tempfail");
		return TAKEN;
	}
	while ((next = memmem(next, (size_t)(end - next), reject, sizeof reject - 1)) != NULL)
		at = next++;
	if (!at)
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, NULL);
	if (!slot || sendmail_own(slot)->spoken)
		return TAKEN;
	value = span_between(text.text, at);
	reply = span_between(at + 9, end);
	if (SPAN_BEGINS(value, "helo=")) {
		name = sink_text(entry->sendmail->sink, &slot->arena, span_after(value, 5));
		(void)dialogue_greeting(&sendmail_own(slot)->dialogue, VERB_UNKNOWN, name,
					sendmail_elapsed_us(entry, slot));
		sendmail_own(slot)->dialogue.reply = sink_text(entry->sendmail->sink, &slot->arena, reply);
		/* "Command rejected": the default has no code here. */
		if (reply.length > 0 && (reply.text[0] < '0' || reply.text[0] > '9'))
			sendmail_own(slot)->dialogue.action = text_known("reject");
	} else if (SPAN_BEGINS(value, "from=")) {
		sendmail_refused_mail(entry, slot, span_after(value, 5), reply);
	} else if (SPAN_BEGINS(value, "to=") || SPAN_BEGINS(value, "data")) {
		sendmail_refused_rcpt(entry, slot, reply, value.text[0] == 'd');
	}
	return TAKEN;
}

/* "rejecting commands from NAME [ADDRESS] due to pre-greeting traffic after 0 seconds" */
static enum taken rejecting_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;
	struct session_slot *slot;
	struct span rest;

	if (!sendmail_client_parse(span_after(entry->text, 24), &client, &rest))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	/* What it answers is not in the log. */
	if (slot && !sendmail_own(slot)->spoken)
		sendmail_own(slot)->dialogue.action = text_known("reject");
	return TAKEN;
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
	own->vrfy_count += SPAN_BEGINS(rest, ": VRFY");
	own->expn_count += SPAN_BEGINS(rest, ": EXPN");
	own->etrn_count += SPAN_BEGINS(rest, ": ETRN");
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
	if (slot && SPAN_IS(rest, " didn't use HELO protocol"))
		sendmail_own(slot)->ungreeted = true;
	return TAKEN;
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
	refused->name = sink_text(entry->sendmail->sink, &slot->arena, span_between(text.text, at));
	refused->t_us = dialogue_tick(&own->dialogue, sendmail_elapsed_us(entry, slot));
	return TAKEN;
}

/* "ERROR: srv_features=tempfail, relay=CLIENT, access temporarily disabled" */
static enum taken features_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;
	struct session_slot *slot;

	if (!take_relay(entry->text, &client))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, &client);
	if (slot && !sendmail_own(slot)->spoken)
		sendmail_own(slot)->dialogue.action = text_known("tempfail");
	return TAKEN;
}

static const struct {
	const char *begin;
	enum taken (*take)(struct sendmail_entry *entry);
} kinds[] = {
	{ "<-- ", spoken_line },
	{ "--- ", spoken_line },
	{ "connect from ", connect_line },
	{ "ruleset=", ruleset_line },
	{ "Milter: ", milter_line },
	{ "STARTTLS=server, ", starttls_line },
	{ "AUTH=server, ", auth_line },
	{ "AUTH failure", auth_line },
	{ "lost input channel from ", lost_line },
	{ "Authentication-Warning: ", warning_line },
	{ "invalid domain name (", invalid_line },
	{ "rejecting commands from ", rejecting_line },
	{ "ERROR: srv_features=", features_line },
	/* Of Sendmail itself, of milters, of messages. */
	{ "Milter ", NULL },
	{ "milter=", NULL },
	{ "AUTH: ", NULL },
	{ "AUTH=client", NULL },
	{ "STARTTLS=", NULL },
	{ "tls_", NULL },
	{ "srv_features", NULL },
	{ "collect: ", NULL },
	{ "Sending \"", NULL },
	{ "rejecting ", NULL },
	{ "SYSERR", NULL },
	{ "starting daemon", NULL },
	{ "restarting ", NULL },
	{ "daemon ", NULL },
	{ "clone", NULL },
	{ "done; ", NULL },
	{ "timeout waiting for input ", NULL },
	{ "alias ", NULL },
	{ "/", NULL },
	{ "ctladdr=", NULL },
	{ "DSN: ", NULL },
	{ "return to sender: ", NULL },
	{ "sender notify: ", NULL },
	{ "postmaster notify: ", NULL },
	{ "locked", NULL },
	{ "Losing ", NULL },
	{ "lost input channel", NULL },
	{ "discarded", NULL },
	{ "gethostbyaddr", NULL },
	{ "NOQUEUE", NULL },
	{ "grew WorkList", NULL },
	{ "runqueue: ", NULL },
	{ "accepting connections again ", NULL },
	{ "quarantine", NULL },
	{ "header: ", NULL },
	{ "stopping daemon", NULL },
	{ "unable to ", NULL },
	{ "WARNING: ", NULL },
	{ "gencrl", NULL },
	{ "engine=", NULL },
	{ "dropenvelope", NULL },
};

enum taken sendmail_other_line(struct sendmail_entry *entry)
{
	/* "<bob@example.org>... User unknown": of one recipient, and no matter of the session's. */
	if (SPAN_BEGINS(entry->text, "<") && SPAN_FIND(entry->text, ">... "))
		return TAKEN_OTHER;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (span_begins(entry->text, kinds[i].begin, strlen(kinds[i].begin)))
			return kinds[i].take ? kinds[i].take(entry) : TAKEN_OTHER;
	return client_line(entry);
}
