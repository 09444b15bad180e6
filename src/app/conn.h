/* SPDX-License-Identifier: BSD-2-Clause */
/* One SMTP session as the MTA tells of it, kept from its first callback to its last. */
#ifndef APP_CONN_H
#define APP_CONN_H

#include "app/meter.h"
#include "base/arena.h"
#include "core/policy.h"
#include "core/session.h"
#include "gather/gather.h"

#include <stdbool.h>

struct recording;
struct sockaddr;

#define CONN_FIRST_BYTES 400	/* enough for the strings of most sessions */

/* Macros of the MTA by name; NULL for what it did not send. */
struct macros {
	const char *(*get)(void *from, const char *name);
	void *from;
};

/* A header that came in under a name of ours: the Nth of that name. */
struct forged_header {
	const char *name;
	int index;
	struct forged_header *next;	/* the one before it */
};

/* Bytes outside ASCII in the headers of this message. */
struct eight_bit {
	bool declared;			/* MAIL said SMTPUTF8: headers may hold UTF-8 */
	bool refused;			/* not only logged */
	const struct listener *listener;	/* the one that minds; NULL: nobody */
};

/*
 * The arena is used as a stack: what belongs to a greeting goes with the next greeting, what belongs to a
 * transaction with the next MAIL; so memory does not grow with their number.
 */
struct conn {
	unsigned magic;
	unsigned transactions;
	bool accept_logged;		/* of this transaction */
	bool answer_logged;
	bool client_counted;		/* by limits_admit_client() */
	int64_t started_us;		/* since 1970-01-01 UTC */
	struct session session;
	struct gather *gather;		/* NULL: the policy asks nothing of DNS */
	struct recording *recording;	/* the recorder's; NULL: none is kept */
	struct meter meter;
	struct arena arena;
	struct arena_mark connected;	/* what connect needed lies before it */
	struct arena_mark greeted;

	/* for the end of the message; NULL where there is none */
	struct arena message;		/* of the following */
	const char *tag;
	const char *auth_results;
	const char *received_spf[IDENTITY_COUNT];
	const char *quarantine;		/* why */
	struct eight_bit eight_bit;
	struct forged_header *forged;	/* the last one first */
	bool forged_lost;		/* memory was out for one of them */
	int tag_headers;		/* seen so far */
	int auth_headers;

	char first[CONN_FIRST_BYTES];
};

/* Begins a session of which only macros are known.  plan NULL: DNS is not asked.  NULL when memory is out. */
struct conn *conn_new(const struct macros *macros, const struct gather_plan *plan);
void conn_free(struct conn **conn);

/* Is it a session of ours (and not a pointer to something else)? */
bool conn_is_valid(const struct conn *conn);

/* host: the confirmed name, "[address]" or "unknown"; address may be NULL.  False when memory is out. */
bool conn_connect(struct conn *conn, const char *host, const struct sockaddr *address, const struct macros *macros);

/* A greeting: what the last one left is forgotten. */
bool conn_greet(struct conn *conn, const struct policy *policy, const char *name);

/* MAIL: what the last transaction left is forgotten. */
bool conn_begin_transaction(struct conn *conn, const char *sender, const struct macros *macros);

/* RCPT: until conn_end_recipient(). */
bool conn_begin_recipient(struct conn *conn, const char *recipient);
void conn_end_recipient(struct conn *conn, struct arena_mark before);

/* The transaction is over, and the greeting still holds. */
void conn_abort(struct conn *conn);

#endif
