/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of Postfix logs: what its parts share. */
#ifndef LOGS_POSTFIX_H
#define LOGS_POSTFIX_H

#include "logs/index.h"
#include "logs/postfix_parse.h"
#include "logs/reader.h"
#include "logs/sessions.h"

/* Counters come again in the same words. */
#define COUNTS_BYTES 110
struct known_counts {
	unsigned char length;
	bool complete;
	char text[COUNTS_BYTES];
	struct postfix_counts counts;
};

/* The client that a postscreen has let pass last, until it is known that smtpd has it. */
struct postfix_passed {
	uint64_t process;
	uint64_t key;			/* of postfix->postscreen; 0: none */
};

#define POSTFIX_EARLY_PLACES 256

struct postfix {
	struct log_sink *sink;
	struct sessions *smtpd;		/* by host, tag and process */
	struct sessions *postscreen;	/* by host and client; NULL until the first line of postscreen */
	struct postfix_passed passed[256];	/* by a hash of the process */
	uint64_t early[POSTFIX_EARLY_PLACES];		/* keys of queue ids in lines that came before any session had them, by themselves */
	int64_t expired_us;		/* when sessions were last given up */
	struct known_counts counts[64];
	struct index clients;		/* which sessions they have open: of postfix_policy.c */
	bool has_policy_server;		/* they are kept since its first line */
};

/* Gives up what is idle for too long; called when a session begins. */
void postfix_expire(struct postfix *postfix, int64_t now_us);

/* What every line tells of its session: the host and the service that wrote it. */
void postfix_record_begin(struct log_sink *sink, struct session_slot *slot, const struct log_line *line);

/* TLS of its session has begun: record->tls_version and what belongs to it. */
void postfix_set_tls(struct log_sink *sink, struct session_slot *slot, struct span version, struct span cipher);

/* --- smtpd --- */

/* By host, tag and process. */
uint64_t postfix_session_key(const struct log_line *line);
/* The same for a line that names the client: where the process is not logged, by its address. */
uint64_t postfix_client_key(const struct log_line *line, struct span address);

/* A new session with the key of the line; connected: which is its begin.  NULL: out of memory. */
struct session_slot *postfix_begin(struct postfix *postfix, uint64_t key, const struct log_line *line, bool connected);

/*
 * The session to which the line belongs; one whose begin is not in the log begins with it.  NULL: out of memory.
 */
struct session_slot *postfix_current(struct postfix *postfix, uint64_t key, const struct log_line *line);
/* A line of the session: it is not idle. */
void postfix_touch(struct postfix *postfix, struct session_slot *slot, const struct log_line *line);
/* A new session whose begin is not in the log, with this line.  NULL: out of memory. */
struct session_slot *postfix_begin_unseen(struct postfix *postfix, uint64_t key, const struct log_line *line);
/* The same as postfix_current() for a line that names the client: text is how it does so. */
struct session_slot *postfix_of_client(struct postfix *postfix, const struct log_line *line, struct span text,
				       const struct postfix_client *client);
/* The line tells who the client is. */
void postfix_set_client(struct postfix *postfix, struct session_slot *slot, struct span text, const struct postfix_client *client);
/* The same, and what stands behind the client.  false: text does not begin with one; *slot_r is NULL when memory is out. */
bool postfix_take_client(struct postfix *postfix, const struct log_line *line, struct span text,
			 struct session_slot **slot_r, struct span *rest_r);

/* The message of a transaction of this session has this queue id. */
struct seen_tx;
void postfix_name_tx(struct postfix *postfix, const struct log_line *line, struct session_slot *slot, struct seen_tx *tx,
		     struct span queue_id);

/* A line of smtpd, or what stands in it behind the client, that holds no facts of a session. */
bool postfix_smtpd_is_other(struct span text);

enum taken postfix_smtpd_line(struct postfix *postfix, const struct log_line *line);
enum taken postfix_warning_line(struct postfix *postfix, const struct log_line *line, struct span text);

/* "KEYWORD: STAGE from CLIENT: TEXT; from=<S> ..." behind a queue id; queue_id is empty for NOQUEUE. */
enum taken postfix_about_line(struct postfix *postfix, const struct log_line *line, struct span queue_id,
			      struct span text);
/* "proxy-accept: STAGE: TEXT; ...", "proxy-reject: ...": what a content filter before the queue has answered. */
enum taken postfix_proxy_line(struct postfix *postfix, const struct log_line *line, struct span text);
/* "proxy SERVICE rejected "COMMAND": "REPLY"", or that it is gone: this alone tells of refusals before the end of a message. */
enum taken postfix_proxy_warning(struct postfix *postfix, const struct log_line *line, struct span text);
/* The same as postfix_about_line() of cleanup, whose session is known. */
enum taken postfix_about_message(struct postfix *postfix, struct session_slot *slot, uint32_t tx,
				 struct span text);

enum taken postfix_postscreen_line(struct postfix *postfix, const struct log_line *line);
enum taken postfix_tlsproxy_line(struct postfix *postfix, const struct log_line *line);

/* --- policy servers --- */

/* A program, as its tag names it. */
bool postfix_is_policy_server(struct span program);
enum taken postfix_policy_line(struct postfix *postfix, const struct log_line *line);
/* The client of an open session is known, or is another one now. */
void postfix_keep_client(struct postfix *postfix, struct session_slot *slot);
/* The session is not open any more. */
void postfix_forget_client(struct postfix *postfix, struct session_slot *slot);

/* Key of a queue id of a host. */
uint64_t postfix_queue_key(const struct log_line *line, struct span queue_id);

#endif
