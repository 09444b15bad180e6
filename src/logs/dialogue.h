/* SPDX-License-Identifier: BSD-2-Clause */
/* A session of which commands and replies are seen, or at least some of its transactions. */
#ifndef LOGS_DIALOGUE_H
#define LOGS_DIALOGUE_H

#include "logs/reader.h"
#include "logs/smtp_command.h"

/* A command whose reply has not come yet. */
struct pending {
	enum record_command command;
	struct text argument;		/* of greetings and MAIL with a path */
};

/* In step with record.tx. */
struct dialogue_tx {
	uint64_t queue_key;		/* the reader's; 0: none */
	bool refused_at_mail;
	bool refused_at_end;		/* at DATA or behind it */
	bool taken;			/* a recipient, or the message, was accepted */
	bool tracked;			/* its recipients were seen one by one */
	bool unanswered;		/* what MAIL was answered is not in the log, but perhaps what RCPT was */
	bool uncounted;			/* nor is it told whether some RCPT was taken */
	bool told;			/* Sendmail's from= line, which comes when it is over, was seen */
	enum verb protocol;		/* Sendmail's proto=: VERB_HELO is HELO or no greeting */
	bool ungreeted;			/* Sendmail has warned that there was no greeting */
	bool login_unsure;		/* Sendmail has told of it late: the login that was seen may have come behind it */
	bool tls_unsure;		/* the same of TLS */
	struct text reply;		/* of the last refusal */
	bool held;			/* taken, and put in quarantine */
};

/* Zeroed memory with sink, arena and record set is one that has just begun. */
struct dialogue {
	struct log_sink *sink;
	struct arena *arena;
	struct record *record;
	struct pending *pending;
	size_t pending_first;
	size_t pending_count;
	size_t pending_capacity;
	struct dialogue_tx *txs;
	size_t tx_count;
	int64_t last_t_us;
	bool seen;			/* a command or reply was */
	bool in_data;			/* lines of the client are a message */
	bool in_auth;			/* lines of the client are a login */
	bool in_tx;
	bool greeted;			/* a greeting is in effect */
	bool authenticated;
	bool partial;			/* what came before is not known */
	bool ended;			/* QUIT, or a reply 421 */
	struct text reply;		/* of a refusal before MAIL */
	struct text action;		/* of one whose reply is not shown, or bears no code */
	uint32_t given[COUNTED_TOTAL];
};

/* now_us: since the start of the session; in any case t_us grows from event to event. */
void dialogue_command(struct dialogue *dialogue, struct span text, int64_t now_us);

/* One line of a reply: "250-...", "250 ...". */
void dialogue_reply(struct dialogue *dialogue, struct span text, int64_t now_us);

/* What comes between is not in the log, or what came before. */
void dialogue_lost(struct dialogue *dialogue);

/* The time of an event that a reader adds itself. */
int64_t dialogue_tick(struct dialogue *dialogue, int64_t now_us);

/* For logs that show more than commands.  NULL: out of memory. */
struct dialogue_tx *dialogue_new_tx(struct dialogue *dialogue, struct text sender, int64_t now_us);
struct record_helo *dialogue_greeting(struct dialogue *dialogue, enum verb verb, struct text name, int64_t now_us);

/*
 * Makes the record whole.  whole: every command was seen, so what is not there is none.  Called once, at the end.
 */
void dialogue_complete(struct dialogue *dialogue, bool whole);

#endif
