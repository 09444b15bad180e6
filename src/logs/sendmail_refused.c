/* SPDX-License-Identifier: BSD-2-Clause */
/* Sendmail's lines about what rulesets, milters and the daemon itself refuse. */
#include "logs/sendmail.h"

#include <string.h>

static const char reject_key[] = ", reject=";

static const char *last_reject(struct span text)
{
	const char *end = text.text + text.length, *last = NULL, *next = text.text;

	while ((next = memmem(next, (size_t)(end - next), reject_key, sizeof reject_key - 1)) != NULL)
		last = next++;
	return last;
}

static struct text text_of(struct sendmail_entry *entry, struct session_slot *slot, struct span text)
{
	return sink_text(entry->sendmail->sink, &slot->arena, sendmail_unescaped(entry, slot, text));
}

/* --- rulesets --- */

/* What a ruleset's refusal refuses. */
enum refusal { REFUSES_SESSION, REFUSES_MAIL, REFUSES_RCPT, REFUSES_MESSAGE, REFUSES_ETRN, REFUSES_NO_MAIL };

/* Those that are not here judge headers, or the whole message. */
static enum refusal refusal_of(struct span ruleset)
{
	static const struct {
		const char *name;
		enum refusal refusal;
	} rulesets[] = {
		{ "check_relay", REFUSES_SESSION },  { "tls_client", REFUSES_SESSION }, { "check_mail", REFUSES_MAIL },
		{ "check_rcpt", REFUSES_RCPT },	     { "check_etrn", REFUSES_ETRN },	{ "check_vrfy", REFUSES_NO_MAIL },
		{ "check_expn", REFUSES_NO_MAIL },   { "check_other", REFUSES_NO_MAIL }, { "trust_auth", REFUSES_NO_MAIL },
		{ "srv_features", REFUSES_NO_MAIL }, { "tls_srv_features", REFUSES_NO_MAIL }, { "bcc", REFUSES_NO_MAIL },
	};

	for (size_t i = 0; i < sizeof rulesets / sizeof rulesets[0]; i++)
		if (span_is(ruleset, rulesets[i].name, strlen(rulesets[i].name)))
			return rulesets[i].refusal;
	return REFUSES_MESSAGE;
}

/* Asked when mail is sent on, perhaps by another process: none of them is about a client. */
static bool is_outbound(struct span ruleset)
{
	return SPAN_IS(ruleset, "check_compat") || SPAN_IS(ruleset, "try_tls") || SPAN_IS(ruleset, "tls_server") ||
	       SPAN_IS(ruleset, "tls_rcpt") || SPAN_IS(ruleset, "tls_clt_features");
}

/* Both the argument and the reply may repeat what the client sent: a second relay= or reject= may be in either. */
static bool is_plain(struct span text)
{
	static const char relay[] = ", relay=";
	const char *end = text.text + text.length, *at = SPAN_FIND(text, ", relay="), *reject = SPAN_FIND(text, ", reject=");
	const char *quarantine = SPAN_FIND(text, ", quarantine=");

	return at && !memmem(at + 1, (size_t)(end - at) - 1, relay, sizeof relay - 1) && reject == last_reject(text) &&
	       (!quarantine || quarantine > at);
}

static void apply_refusal(struct sendmail_entry *entry, struct session_slot *slot, struct span ruleset, struct span argument,
			  struct span reply)
{
	enum refusal refusal = refusal_of(ruleset);

	switch (refusal) {
	case REFUSES_SESSION:
		sendmail_own(slot)->dialogue.reply = text_of(entry, slot, reply);
		break;
	case REFUSES_MAIL:
		sendmail_refused_mail(entry, slot, argument, reply);
		break;
	case REFUSES_RCPT:
	case REFUSES_MESSAGE:
		sendmail_refused_rcpt(entry, slot, reply, refusal == REFUSES_MESSAGE);
		break;
	case REFUSES_ETRN:
		/* Unlike VRFY and EXPN it leaves no other line then. */
		sendmail_own(slot)->etrn_count++;
		break;
	case REFUSES_NO_MAIL:
		break;
	}
}

/* "ruleset=check_relay, arg1=NAME, arg2=ADDRESS, reject=TEXT": Sendmail before 8.12 */
static enum taken old_relay_line(struct sendmail_entry *entry)
{
	struct sendmail_client client = { .name = SENDMAIL_VALUE(entry->text, ", arg1="),
					  .address = SENDMAIL_VALUE(entry->text, ", arg2="), .unconfirmed = true };
	const char *reject_at = last_reject(entry->text), *end = entry->text.text + entry->text.length;
	struct session_slot *slot;

	if (client.address.length == 0 || !reject_at)
		return TAKEN_OTHER;
	if (SPAN_BEGINS(client.name, "["))
		client.name.length = 0;
	slot = sendmail_session_of(entry, &client);
	if (slot && !sendmail_own(slot)->spoken)
		sendmail_own(slot)->dialogue.reply =
			text_of(entry, slot, span_between(reject_at + sizeof reject_key - 1, end));
	return TAKEN;
}

/* Of MAIL, whatever else the client has written into the line; none of it must look like the other deeds. */
static bool is_refused_mail(struct span ruleset, struct span text)
{
	return refusal_of(ruleset) == REFUSES_MAIL && !SPAN_FIND(text, ", quarantine=") && !SPAN_FIND(text, ", discard");
}

/* "ruleset=check_mail, arg1=<S>, relay=R, reject=TEXT", "..., quarantine=TEXT", "..., discard" */
enum taken sendmail_ruleset_line(struct sendmail_entry *entry)
{
	struct span text = entry->text, ruleset = SENDMAIL_VALUE(text, "ruleset="), argument;
	const char *end = text.text + text.length, *relay_at, *argument_at, *reject_at;
	struct sendmail_client client;
	struct session_slot *slot;
	bool plain = is_plain(text);

	if (SPAN_IS(ruleset, "check_relay") && !SPAN_FIND(text, ", relay="))
		return old_relay_line(entry);
	if (is_outbound(ruleset) || !sendmail_first_relay(text, &client))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, plain ? &client : NULL);
	reject_at = last_reject(text);
	if (slot && plain && !reject_at && SPAN_FIND(text, ", quarantine="))
		sendmail_held(entry, slot);
	if (!slot || !reject_at || sendmail_own(slot)->spoken)
		return TAKEN;
	if (!plain) {
		if (is_refused_mail(ruleset, text))
			sendmail_refused_mail(entry, slot, (struct span){ NULL, 0 }, (struct span){ end, 0 });
		return TAKEN;
	}
	relay_at = SPAN_FIND(text, ", relay=");
	argument_at = SPAN_FIND(text, ", arg1=");
	argument = argument_at && argument_at < relay_at ? span_between(argument_at + 7, relay_at) :
							   (struct span){ end, 0 };
	if (reject_at > relay_at)
		apply_refusal(entry, slot, ruleset, argument, span_between(reject_at + sizeof reject_key - 1, end));
	return TAKEN;
}

/* --- milters --- */

/*
 * "connect: host=H, addr=A, rejecting commands", "..., temp failing commands[=TEXT]", "..., shutdown[=TEXT]", "..., reject=TEXT";
 * "initialization failed, rejecting commands", "..., temp failing commands", "..., closing connection"
 */
static enum taken milter_connect_line(struct sendmail_entry *entry, struct span text)
{
	struct sendmail_client client = { .address = SENDMAIL_VALUE(text, ", addr="), .name = { text.text, 0 },
					  .unconfirmed = true };
	struct span host = SENDMAIL_VALUE(text, "connect: host="), deed;
	const char *end = text.text + text.length, *at;
	struct session_slot *slot;
	struct dialogue *dialogue;

	if (host.length > 0 && host.text[0] != '[')
		client.name = host;
	slot = sendmail_session_of(entry, client.address.length > 0 ? &client : NULL);
	if (!slot || sendmail_own(slot)->spoken)
		return TAKEN;
	at = client.address.length > 0 ? client.address.text + client.address.length : SPAN_FIND(text, ", ");
	deed = at && end - at > 2 ? span_after(span_between(at, end), 2) : (struct span){ end, 0 };
	dialogue = &sendmail_own(slot)->dialogue;
	/* Most do not tell what is answered; a shutdown is answered with 421. */
	dialogue->action = text_known(SPAN_BEGINS(deed, "reject") ? "reject" : "tempfail");
	at = memchr(deed.text, '=', deed.length);
	if (at)
		dialogue->reply = text_of(entry, slot, span_between(at + 1, end));
	return TAKEN;
}

static void milter_helo(struct sendmail_entry *entry, struct session_slot *slot, struct span name, struct span reply)
{
	struct dialogue *dialogue = &sendmail_own(slot)->dialogue;

	(void)dialogue_greeting(dialogue, VERB_UNKNOWN, text_of(entry, slot, name), sendmail_elapsed_us(entry, slot));
	dialogue->reply = text_of(entry, slot, reply);
	/* "Command rejected": the default has no code here. */
	if (reply.length > 0 && (reply.text[0] < '0' || reply.text[0] > '9'))
		dialogue->action = text_known("reject");
}

/* "Milter: helo=N, reject=TEXT", "Milter: from=<S>, reject=TEXT", "Milter: to=<R>, ...", "Milter: [cmd=]data, ..." */
enum taken sendmail_milter_line(struct sendmail_entry *entry)
{
	struct span text = span_after(entry->text, 8), value, reply;
	const char *at;
	struct session_slot *slot;
	bool plain;

	if (SPAN_BEGINS(text, "connect: host=") || SPAN_BEGINS(text, "initialization failed, "))
		return milter_connect_line(entry, text);
	at = SPAN_FIND(text, ", reject=");
	if (!at)
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, NULL);
	if (!slot || sendmail_own(slot)->spoken)
		return TAKEN;
	value = span_between(text.text, at);
	reply = span_between(at + sizeof reject_key - 1, text.text + text.length);
	/* The sender and the recipient may hold it, and the reply may repeat them: then neither is told. */
	plain = at == last_reject(text);
	reply.length = plain ? reply.length : 0;
	if (SPAN_BEGINS(value, "helo="))
		milter_helo(entry, slot, span_after(value, 5), reply);
	else if (SPAN_BEGINS(value, "from="))
		sendmail_refused_mail(entry, slot, plain ? span_after(value, 5) : (struct span){ NULL, 0 }, reply);
	else if (SPAN_BEGINS(value, "to="))
		sendmail_refused_rcpt(entry, slot, reply, false);
	else if (SPAN_IS(value, "data") || SPAN_IS(value, "cmd=data"))
		sendmail_refused_rcpt(entry, slot, reply, true);
	return TAKEN;
}

/* "milter=NAME, quarantine=TEXT"; what else a milter does is in other lines. */
enum taken sendmail_milter_deed_line(struct sendmail_entry *entry)
{
	const char *end = entry->text.text + entry->text.length, *comma = SPAN_FIND(entry->text, ", ");
	struct session_slot *slot;

	if (!comma || !SPAN_BEGINS(span_between(comma, end), ", quarantine="))
		return TAKEN_OTHER;
	slot = sendmail_session_of(entry, NULL);
	if (slot)
		sendmail_held(entry, slot);
	return TAKEN;
}

/* --- the daemon itself: what it answers is not in the log --- */

static enum taken refused_unseen(struct session_slot *slot, const char *action)
{
	if (slot && !sendmail_own(slot)->spoken)
		sendmail_own(slot)->dialogue.action = text_known(action);
	return TAKEN;
}

/* "rejecting commands from NAME [ADDRESS] due to pre-greeting traffic after 0 seconds" */
enum taken sendmail_pregreeting_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;
	struct span rest;

	if (!sendmail_client_parse(span_after(entry->text, 24), &client, &rest))
		return TAKEN_OTHER;
	client.unconfirmed = true;
	return refused_unseen(sendmail_session_of(entry, &client), "reject");
}

/* "ERROR: srv_features=tempfail, relay=CLIENT, access temporarily disabled" */
enum taken sendmail_features_line(struct sendmail_entry *entry)
{
	struct sendmail_client client;

	if (!sendmail_first_relay(entry->text, &client))
		return TAKEN_OTHER;
	return refused_unseen(sendmail_session_of(entry, &client), "tempfail");
}

/* "tcpwrappers (NAME, ADDRESS) rejection", "unknown" for a client without a name */
enum taken sendmail_wrapper_line(struct sendmail_entry *entry)
{
	struct span text = span_after(entry->text, 13);
	const char *comma = SPAN_FIND(text, ", "), *close = SPAN_FIND(text, ") rejection");
	struct sendmail_client client = { .unconfirmed = true };

	if (!comma || !close || comma > close)
		return TAKEN_OTHER;
	client.name = span_between(text.text, comma);
	if (SPAN_IS(client.name, "unknown"))
		client.name.length = 0;
	client.address = span_between(comma + 2, close);
	return refused_unseen(sendmail_session_of(entry, &client), "reject");
}

/* "message size (49771) exceeds maximum (20000)" */
enum taken sendmail_too_big_line(struct sendmail_entry *entry)
{
	uint32_t number;
	struct session_slot *slot = sessions_by_queue_id(entry->sendmail->sessions, sendmail_queue_key(entry), &number);

	/* Of others it is the message of a program here. */
	if (slot && !sendmail_own(slot)->spoken)
		sendmail_refused_rcpt(entry, slot, (struct span){ entry->text.text, 0 }, true);
	return TAKEN;
}
