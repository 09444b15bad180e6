/* SPDX-License-Identifier: BSD-2-Clause */
/* A session of Postfix' smtpd while its lines come in, and the record that they make. */
#ifndef LOGS_POSTFIX_SESSION_H
#define LOGS_POSTFIX_SESSION_H

#include "logs/postfix_parse.h"
#include "logs/reader.h"
#include "logs/sessions.h"
#include "logs/smtp_command.h"

#define NO_GREETING (-1)	/* it is known that none was in effect */
#define NOT_SEEN (-2)

/* A greeting that the log shows: as a command, or only by its effect on a later line. */
struct seen_helo {
	enum verb verb;		/* not as_command: EHLO means that there was an EHLO, now or before */
	struct text name;
	struct span shown;	/* as later lines show it, or the begin of it */
	bool cut;
	int64_t t_us;
	bool as_command;
	bool refused;
};

struct seen_tx {
	uint64_t queue_key;	/* 0: no queue id */
	int helo;		/* index of the greeting in effect, NO_GREETING or NOT_SEEN */
	bool past_mail;		/* a RCPT was seen */
	bool over;		/* the next command begins another one */
	bool refused_last;	/* its last line so far refused a recipient */
	bool continues;		/* perhaps no MAIL of its own, but a recipient that the one before it has taken */
	bool same;		/* which it is for certain */
	bool only_at_mail;	/* its sender is told only by a line about MAIL, so that a recipient may be another's */
	bool said;		/* smtpd itself has named the sender */
	bool behind_tls;	/* TLS was seen to begin before it */
	bool shows_user;	/* "sasl_username=<U>" in a line of its own */
	bool refused_at_mail;
	bool refused_at_data;	/* DATA itself: the MAIL goes on, and another may be taken */
	bool refused_at_end;	/* after DATA */
	bool refused_by_content;	/* by header_checks, of which no other line has told yet */
	bool refused_as_message;	/* by cleanup: no other recipient can come */
	bool hold;
	bool discarded;
	bool proxied;		/* to a content filter before the queue, which may refuse even what this line tells of */
	bool passed;		/* the filter has taken the message */
	bool lines_lost;	/* of what became of it some came before its name was known */
	bool queued;		/* qmgr has it */
	bool handed_on;		/* to a filter behind the queue */
	bool sent;
	bool removed;
	uint32_t recipients;	/* as qmgr counts them; 0: not told */
	uint32_t settled;	/* of them: it was seen what became of them, for good */
	struct text reply;	/* of the last refusal */
	struct text would;	/* of the last reject_warning */
};

/* What smtpd has told a policy server of a recipient. */
struct policy_request {
	struct text helo_name, sender;
};

/* The reader's own part of a slot; record.tx runs in step with txs. */
struct postfix_session {
	bool announced;		/* only lines before its connect were seen */
	bool connected;		/* the begin was seen */
	bool ended;
	bool spoken;		/* smtpd -v: commands and their answers are shown */
	bool verbose;		/* -v: every command was seen */
	bool torn;		/* lines between begin and end may be lost */
	bool moved;		/* the client has changed: by XCLIENT, or it is another session's */
	bool counted;
	bool tls_seen;		/* where TLS began, or was to begin */
	bool greeting_last;	/* the last event was a greeting */
	bool mail_waits;	/* -v: MAIL was given, and is not answered; mail_path is its path */
	struct span mail_path;
	uint64_t losses;	/* of the sink's at the begin */
	size_t helos_before;	/* so many greetings came before it moved */
	int64_t base_us;	/* from where t_us counts: the first line, if the begin was not seen */
	int64_t end_us;
	int64_t last_t_us;
	struct span client;	/* as logged */
	struct postfix_counts counts;
	struct seen_helo *helos;
	size_t helo_count;
	struct seen_tx *txs;
	size_t tx_count;
	uint64_t client_key;	/* in postfix->clients; 0: it is not there */
	struct policy_request *requests;
	size_t request_count;
	bool filtered;		/* a command filter has made some commands others: */
	int32_t altered[COUNTED_TOTAL];	/* sent more, and taken for less, than was counted */
	uint32_t auth_failures;
	struct text shown_user;	/* "sasl_username=<U>" behind a name, in which a client may have written it */
	uint32_t expn_count;
	uint32_t help_count;
	struct text reply;	/* of a refusal before MAIL */
	bool hold;		/* before MAIL */
};

static inline struct postfix_session *postfix_own(struct session_slot *slot)
{
	return session_own(slot);
}

/* Of a line that belongs to this session. */
static inline enum taken postfix_taken(struct session_slot *slot)
{
	return postfix_own(slot)->connected ? TAKEN : TAKEN_ORPHAN;
}

/* Was it XCLIENT that changed the client?  Called once, at the end. */
void postfix_settle_client(struct session_slot *slot);

/* A point in time of the session: never the same twice, in the order of the lines, as exact as their stamps. */
int64_t postfix_tick(struct session_slot *slot);

/* A greeting was given as a command.  shown: the name as smtpd took it. */
struct greeting {
	enum verb verb;
	struct span name, shown;
	bool cut;		/* they are only the begin of it */
	bool refused;
	bool again;		/* the line may be a further one about the same command */
};
void postfix_greet(struct log_sink *sink, struct session_slot *slot, const struct greeting *greeting);

/* A sender as the log shows it. */
struct text postfix_sender(struct log_sink *sink, struct session_slot *slot, struct span sender);

/* The transaction in which a line without queue id stands: the current one or a new one.  NULL: out of memory. */
struct seen_tx *postfix_tx(struct log_sink *sink, struct session_slot *slot, const struct postfix_trailer *trailer,
			   bool at_mail);
struct seen_tx *postfix_new_tx(struct log_sink *sink, struct session_slot *slot);

/* The transaction in which a recipient was taken.  NULL: out of memory. */
struct seen_tx *postfix_taking_tx(struct log_sink *sink, struct session_slot *slot);

/* Is the text the sender, or the sender with its local part in quotes? */
bool postfix_is_sender(const struct text *text, struct span sender);

/* The greeting in effect, as the end of a line shows it: its index, NO_GREETING or NOT_SEEN. */
int postfix_effect(struct log_sink *sink, struct session_slot *slot, const struct postfix_trailer *trailer,
		   int64_t t_us);

/* The same for a line about a transaction. */
void postfix_tx_helo(struct log_sink *sink, struct session_slot *slot, struct seen_tx *tx,
		     const struct postfix_trailer *trailer);

/*
 * The client gave a command: of smtpd -v, or of a command filter that logs, which may have made another one of
 * it.  cut: only the begin of it is in the line.
 */
void postfix_command(struct log_sink *sink, struct session_slot *slot, const struct smtp_command *sent,
		     const struct smtp_command *taken, bool cut);

/* smtpd -v: the command was answered.  text: a line of the reply. */
void postfix_answer(struct log_sink *sink, struct session_slot *slot, struct span text);

/* Is its message gone from the queue, and is it known what became of it? */
bool postfix_is_settled(const struct seen_tx *tx);
/* Can no line of it come that matters? */
bool postfix_is_gone(const struct seen_tx *tx);

/* Does nothing that can still come change its record? */
bool postfix_is_final(struct session_slot *slot);

/* A session of which no more lines come: its reader may have other things to do while its record is made whole. */
struct postfix_ended {
	struct record *record;
	struct postfix_session *own;
	struct arena *arena;	/* remembers where memory was out */
};

/* Joins transactions that continue others, as far as the log tells. */
void postfix_join_txs(const struct postfix_ended *ended);

/* Which greetings were in effect, as policy servers were told.  Called once, at the end. */
void postfix_complete_requests(const struct postfix_ended *ended);

/* Whose login is that of the session, and which transactions have another?  Called once, at the end. */
void postfix_complete_login(const struct postfix_ended *ended);

/* What its transactions were answered, and which messages were delivered.  Called once, at the end. */
void postfix_complete_outcome(const struct postfix_ended *ended);

/* Makes the record whole, from all that was seen: record->seen is the postfix_session. */
void postfix_complete(struct record *record, struct arena *arena);

#endif
