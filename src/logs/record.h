/* SPDX-License-Identifier: BSD-2-Clause */
/* The session record: all that a log, a transcript or the daemon itself tells of one SMTP connection. */
#ifndef LOGS_RECORD_H
#define LOGS_RECORD_H

#include "base/arena.h"
#include "core/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A fact is not told (PRESENCE_UNKNOWN: its JSON key is absent), told to be none (null, []), or known.  Zeroed
 * memory is a record of which nothing is known.  Strings and arrays belong to the arena of whoever filled the
 * record.
 */

enum record_source {
	SOURCE_UNKNOWN,
	SOURCE_DAEMON,
	SOURCE_POSTFIX_LOG,
	SOURCE_SENDMAIL_LOG,
	SOURCE_TRANSCRIPT,
	SOURCE_ZEEK,
	SOURCE_SURICATA
};

/* Microseconds: since 1970-01-01 UTC (start_us), or since the start of the session (t_us). */
struct micros {
	enum presence presence;
	int64_t value;
};

struct flag {
	enum presence presence;
	bool value;
};

/*
 * A greeting.  The list holds those that took effect, in order; one that the MTA refused stands there only if none
 * was in effect.  An entry without name stands for one or more that the log does not show.
 */
struct record_helo {
	enum verb verb;			/* EHLO, HELO, or unknown */
	struct text name;		/* raw bytes; "" is an empty argument */
	struct micros t_us;		/* unknown: before the first transaction */
};

struct string_list {
	enum presence presence;
	size_t count;
	const char **items;
};

/* A transaction: one MAIL. */
struct record_tx {
	struct text queue_id;
	struct text sender;		/* without brackets; "" is <> */
	struct number recipient_count;	/* accepted ones */
	struct flag delivered;
	struct micros t_us;
	/* Where they are not those of the session; UNKNOWN: they are, unless they are missing. */
	struct text sasl_username;
	struct text tls_version;
	struct string_list missing;	/* keys of these two: nobody knows, whatever is known of the session */
};

/* What an answer was, or would have been. */
struct record_outcome {
	struct text action;		/* accept tempfail reject quarantine */
	struct text reply;		/* "550 5.7.1 ..." */
	struct text check;		/* "postscreen": a session that ended there, before any milter */
	struct text rule;
};

struct record_verdict {
	struct number tx;		/* index; NONE: before the first MAIL */
	struct record_outcome outcome;
	struct record_outcome would;
	enum presence would_presence;
};

struct record_check {
	struct text check;
	struct text result;
	struct number tx;		/* NONE: of the session */
};

struct record_dns {
	struct text question;		/* names as in zone files */
	struct text type;
	struct text status;
	struct number ttl;
	struct text source;
	struct micros took_us;
	struct number tx;		/* holds from this transaction on, in place of an earlier answer to the question */
	const char **answers;
	size_t answer_count;
	enum presence answers_presence;
};

/* Commands that are counted, whatever their answer; the order is that of the output. */
enum record_command {
	COUNTED_HELO,
	COUNTED_EHLO,
	COUNTED_STARTTLS,
	COUNTED_AUTH,
	COUNTED_AUTH_FAILED,	/* those of AUTH that were refused */
	COUNTED_MAIL,
	COUNTED_RCPT,
	COUNTED_DATA,
	COUNTED_BDAT,
	COUNTED_RSET,
	COUNTED_NOOP,
	COUNTED_VRFY,
	COUNTED_EXPN,
	COUNTED_ETRN,
	COUNTED_HELP,
	COUNTED_XCLIENT,
	COUNTED_QUIT,
	COUNTED_UNKNOWN,	/* what the MTA does not know; Postfix counts EXPN and HELP here */
	COUNTED_TOTAL
};

struct record {
	struct text id;
	struct text host;
	enum record_source source;
	enum mta mta;
	struct text listener;		/* daemon: the policy's; Postfix log: the service of its syslog_name */
	struct text policy_sha256;
	struct micros start_us;
	struct micros duration_us;
	struct flag complete;		/* both ends were seen */

	struct address client_address;
	struct number client_port;
	struct text client_name;	/* confirmed, or NONE */
	struct text reverse_client_name;
	struct text client_resolve;	/* OK FAIL FORGED TEMP; FAIL covers no PTR */
	struct address server_address;
	struct number server_port;
	struct address interface_address;	/* daemon: macro {if_addr}, which may differ from {daemon_addr} */
	struct text daemon_name;
	struct text service;		/* daemon: macro {service} */

	enum presence helo_presence;	/* NONE: no greeting */
	size_t helo_count;
	struct record_helo *helo;
	bool helo_ordered;		/* record_make_whole() has seen that they stand by their time */

	enum presence tls_presence;	/* KNOWN also when nothing but its use is known */
	struct text tls_version;
	struct text tls_cipher;
	struct text sasl_username;

	enum presence tx_presence;
	size_t tx_count;
	struct record_tx *tx;

	struct number commands[COUNTED_TOTAL];

	enum presence dns_presence;
	size_t dns_count;
	struct record_dns *dns;

	enum presence checks_presence;
	size_t check_count;
	struct record_check *checks;

	enum presence verdicts_presence;
	size_t verdict_count;
	struct record_verdict *verdicts;

	struct string_list missing;	/* UNKNOWN: written as record_missing() finds it */
	struct string_list redacted;
	struct number truncated;

	/* What is left to do for record_make_whole(), with what the reader of the log has seen; NULL: nothing. */
	void (*make_whole)(struct record *record, struct arena *arena);
	void *seen;
};

/* Of an arena for one record and what its reader has seen: few need a second block. */
#define RECORD_BLOCK_BYTES 2000

#define RECORD_MISSING_MAX 24

/* Is the value under this key not what it was, by "redacted"?  Nothing but that there is one is known then. */
bool record_is_redacted(const struct record *record, const char *key);

/* The fact under this key of the transaction is missing from now on.  false: out of memory. */
bool record_tx_lose(struct record_tx *tx, const char *key, struct arena *arena);

/* The login of transaction tx, and whether TLS was in use; of the session when tx is not below tx_count. */
struct text record_login(const struct record *record, size_t tx);
enum presence record_encryption(const struct record *record, size_t tx);

/* Is it known that its message was delivered? */
static inline bool record_was_delivered(const struct record *record, size_t tx)
{
	return tx < record->tx_count && record->tx[tx].delivered.presence == PRESENCE_KNOWN && record->tx[tx].delivered.value;
}

/* The version of TLS; UNKNOWN also where nothing but its use is known. */
struct text record_tls_version(const struct record *record, size_t tx);

/*
 * What the lines of its session say together is put into the record that a reader has handed over: once, in whatever thread,
 * before anything else is done with it.  The arena is the record's.  false: out of memory.
 */
bool record_make_whole(struct record *record, struct arena *arena);

/* Names of the facts that are not told, as constants; how many. */
size_t record_missing(const struct record *record, const char *names_r[RECORD_MISSING_MAX]);

/* false: the session ended in postscreen, before any milter could see it. */
bool record_reaches_milter(const struct record *record);

/*
 * The greeting that was in effect at transaction tx; at the end of the session when tx is not below tx_count.
 * NULL with *presence_r UNKNOWN or NONE.  KNOWN: its name or verb may still be unknown.
 */
const struct record_helo *record_greeting(const struct record *record, size_t tx, enum presence *presence_r);


/* What an MTA did: refused with a reply (its first digit tells how), or took, perhaps to hold it back. */
struct record_outcome record_refused(const struct text *reply);
struct record_outcome record_taken(bool held);

/* A verdict that is not of a transaction, and without a "would"; NULL: out of memory. */
struct record_verdict *record_add_verdict(struct record *record, struct arena *arena);

/*
 * Appends a zeroed element: NULL when memory is out.  items and count are the record's, e.g.
 * record_grow(arena, &record->tx, &record->tx_count, sizeof *record->tx).
 */
void *record_grow(struct arena *arena, void *items, size_t *count, size_t element_bytes);

static inline struct micros micros_known(int64_t value)
{
	return (struct micros){ .presence = PRESENCE_KNOWN, .value = value };
}

/* A clock that was set back in between tells nothing. */
static inline struct micros micros_between(int64_t begin_us, int64_t end_us)
{
	return end_us >= begin_us ? micros_known(end_us - begin_us) : (struct micros){ .presence = PRESENCE_UNKNOWN };
}

static inline struct number number_known(unsigned value)
{
	return (struct number){ .presence = PRESENCE_KNOWN, .value = value };
}

static inline struct flag flag_known(bool value)
{
	return (struct flag){ .presence = PRESENCE_KNOWN, .value = value };
}

const char *record_source_word(enum record_source source);	/* "postfix-log"; NULL for UNKNOWN */
bool record_source_from_word(const char *word, enum record_source *source_r);
const char *record_command_word(enum record_command command);	/* "auth_failed" */

#endif
