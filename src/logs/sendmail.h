/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of Sendmail logs: what its parts share. */
#ifndef LOGS_SENDMAIL_H
#define LOGS_SENDMAIL_H

#include "logs/dialogue.h"
#include "logs/sessions.h"

#define SENDMAIL_HOSTS_MAX 64

/* Hashes of their names. */
struct sendmail_hosts {
	uint64_t hosts[SENDMAIL_HOSTS_MAX];
	size_t count;
};

struct sendmail {
	struct log_sink *sink;
	struct sessions *sessions;	/* by host and process: one for each connection */
	int64_t expired_us;
	/* As far as their lines show: */
	struct sendmail_hosts telling;		/* proto= tells of TLS and of a login (RFC 3848, from Sendmail 8.16 on) */
	struct sendmail_hosts connecting;	/* LogLevel above 9: a session without line of its connection began before the log */
};

/* A name that a line about a refused greeting shows. */
struct refused_helo {
	struct text name;
	int64_t t_us;
};

/* The reader's own part of a slot. */
struct sendmail_session {
	struct dialogue dialogue;
	bool local;			/* of a program of this host: no session of a client */
	bool connected;			/* the begin was seen: LogLevel above 9 */
	bool spoken;			/* "<--" and "---": LogLevel 15 */
	bool ended;
	bool torn;			/* lines may be missing between */
	bool issued_nothing;		/* "did not issue MAIL/EXPN/VRFY/ETRN" */
	bool ungreeted;			/* "didn't use HELO protocol", for the next transaction */
	uint64_t ungreeted_key;		/* of its envelope; 0: not told */
	bool encrypted;			/* STARTTLS was seen to succeed */
	bool undisclosed;		/* proto= tells of a login, but nothing of the user */
	uint64_t losses;		/* of the sink's, at its last line */
	int64_t base_us;
	int64_t end_us;
	struct refused_helo *refused;
	size_t refused_count;
	uint32_t vrfy_count, expn_count, etrn_count;
	uint32_t auth_failures;
};

static inline struct sendmail_session *sendmail_own(struct session_slot *slot)
{
	return session_own(slot);
}

/* "NAME [ADDRESS]", "NAME [ADDRESS] (may be forged)", "[ADDRESS]", with "IDENT@" in front. */
struct sendmail_client {
	struct span name;		/* empty: none */
	struct span address;
	bool forged;
	bool unconfirmed;		/* the line has no "(may be forged)", even where it is */
};

/* From the start of text; what follows is left in *rest_r. */
bool sendmail_client_parse(struct span text, struct sendmail_client *client_r, struct span *rest_r);

/* The client that the first, or the last ", relay=CLIENT" tells: who may have written what stands before or behind? */
bool sendmail_first_relay(struct span text, struct sendmail_client *client_r);
bool sendmail_last_relay(struct span text, struct sendmail_client *client_r);

/* The value of the first KEY, up to the next comma; empty: none. */
struct span sendmail_value(struct span text, const char *key, size_t length);
#define SENDMAIL_VALUE(text, key) sendmail_value(text, "" key, sizeof(key) - 1)

/* "from=<S>, size=N, class=N, nrcpts=N, msgid=<M>, proto=P, daemon=D, tls_verify=V, auth=A, relay=CLIENT" */
struct sendmail_from {
	struct span sender;
	bool has_sender;		/* it can be told for certain */
	struct number size, recipients;
	struct span protocol;
	struct span daemon;
	struct span auth;		/* "auth=M": of builds that log more; NONE, or the mechanism */
	struct sendmail_client client;
	bool has_client;
	bool local;			/* "relay=root@localhost": by a program of this host */
};
bool sendmail_from_parse(struct span text, struct sendmail_from *from_r);

/* --- the lines of a session --- */

/* One line, as far as all kinds of them are alike. */
struct sendmail_entry {
	struct sendmail *sendmail;
	const struct log_line *line;
	struct span queue_id;		/* empty: none */
	struct span text;
	int64_t now_us;
	bool timed;
};

/* A new session of the entry's process.  NULL: out of memory. */
struct session_slot *sendmail_begin(struct sendmail_entry *entry, bool connected);

/*
 * The session of the entry's process; client may be NULL.  Another client in the same process is another session:
 * the number was used again.  NULL: out of memory.
 */
struct session_slot *sendmail_session_of(struct sendmail_entry *entry, const struct sendmail_client *client);

/*
 * Sendmail shows a backslash as two, and bytes that do not print as \t, \n, \r or \303: the text itself, in the arena of
 * the slot.
 */
struct span sendmail_unescaped(struct sendmail_entry *entry, struct session_slot *slot, struct span text);

uint64_t sendmail_queue_key(const struct sendmail_entry *entry);

/* The entry shows that proto= tells of a login; was it shown for the entry's host? */
void sendmail_tells(const struct sendmail_entry *entry);
bool sendmail_is_telling(const struct sendmail_entry *entry);

/* Is the begin of the session not in the log, which holds those of others? */
bool sendmail_began_before(const struct sendmail *sendmail, struct session_slot *slot);

static inline int64_t sendmail_elapsed_us(const struct sendmail_entry *entry, struct session_slot *slot)
{
	return entry->now_us - sendmail_own(slot)->base_us;
}

void sendmail_set_daemon(struct sendmail_entry *entry, struct session_slot *slot, struct span name);

/* Gives transaction number the queue id of the entry. */
void sendmail_name_tx(struct sendmail_entry *entry, struct session_slot *slot, size_t number);

/* MAIL, or a recipient or what follows, was refused.  The sender may be in brackets; without text: not known. */
void sendmail_refused_mail(struct sendmail_entry *entry, struct session_slot *slot, struct span sender,
			   struct span reply);
void sendmail_refused_rcpt(struct sendmail_entry *entry, struct session_slot *slot, struct span reply,
			   bool at_end);

/* The message of the entry's envelope is put in quarantine. */
void sendmail_held(struct sendmail_entry *entry, struct session_slot *slot);

/* "from=<S>, size=...", "to=<R>, delay=...", and all others */
enum taken sendmail_from_line(struct sendmail_entry *entry);
enum taken sendmail_to_line(struct sendmail_entry *entry);
enum taken sendmail_other_line(struct sendmail_entry *entry);

/* A line that is known to hold no facts of a session: sendmail_others.c */
bool sendmail_is_other(struct span text);

/* What rulesets, milters and the daemon itself refuse: sendmail_refused.c */
enum taken sendmail_ruleset_line(struct sendmail_entry *entry);
enum taken sendmail_milter_line(struct sendmail_entry *entry);
enum taken sendmail_milter_deed_line(struct sendmail_entry *entry);
enum taken sendmail_pregreeting_line(struct sendmail_entry *entry);
enum taken sendmail_features_line(struct sendmail_entry *entry);
enum taken sendmail_wrapper_line(struct sendmail_entry *entry);
enum taken sendmail_too_big_line(struct sendmail_entry *entry);

/* Makes the record whole, from all that was seen.  at_end: of the input, so that lines may be still to come. */
void sendmail_complete(struct sendmail *sendmail, struct session_slot *slot, bool at_end);

#endif
