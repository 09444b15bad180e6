/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the milter does at each step of an SMTP session: keeps what is told, has it judged where it is time to answer, and
 * says what the MTA is to be answered.  Knows nothing of libmilter, which calls it from app/milter.c.
 */
#ifndef APP_FILTER_H
#define APP_FILTER_H

#include "app/conn.h"
#include "core/policy.h"
#include "core/reply.h"
#include "gather/gather.h"

#include <stdbool.h>

struct recorder;

/* The same for every session; set once, before any thread. */
struct filter {
	const struct policy *policy;
	struct gather_plan plan;	/* .dns NULL: DNS is not asked */
	struct recorder *recorder;	/* NULL: no session is recorded */
	/* Taken out of the policy, which sessions that are put off do not keep. */
	bool answers_connect;		/* with whatever it be */
	bool writes_headers;
	bool refuses_eight_bit;		/* in headers, somewhere */
	bool reads_messages;		/* to their end: for headers or quarantine */
};

/* To a command of the MTA. */
enum response {
	RESPONSE_NONE,		/* agreed on with the MTA: it does not wait for any */
	RESPONSE_CONTINUE,
	RESPONSE_ACCEPT,	/* this message, whatever else comes of it */
	RESPONSE_REPLY,		/* the SMTP reply in reply_r, 4xx or 5xx */
};

/* policy, recorder and what plan points to must outlive every session that conn_is_valid(). */
void filter_init(struct filter *filter, const struct policy *policy, const struct gather_plan *plan,
		 struct recorder *recorder);

/*
 * A session begins with the first thing told of it, whatever that is.  Never NULL: where there is no room or no memory for
 * it, what comes back stands for a session that every command puts off with a 451.  filter_end() takes either, and NULL.
 */
struct conn *filter_begin(const struct filter *filter, const struct macros *macros);
void filter_end(const struct filter *filter, struct conn **conn);

/* *conn may be ended by it, and stand for a session that is put off afterwards.  host, address: see conn_connect(). */
enum response filter_connect(const struct filter *filter, struct conn **conn, const char *host,
			     const struct sockaddr *address, const struct macros *macros, struct reply *reply_r);

/* EHLO and HELO.  tls_version: macro {tls_version}, or NULL. */
enum response filter_helo(const struct filter *filter, struct conn *conn, const char *name, const char *tls_version,
			  struct reply *reply_r);

/* argv: the path and the parameters, NULL behind the last one. */
enum response filter_mail(const struct filter *filter, struct conn *conn, char *const *argv,
			  const struct macros *macros, struct reply *reply_r);
enum response filter_rcpt(const struct filter *filter, struct conn *conn, char *const *argv, struct reply *reply_r);

/* A header of the message; only where the policy minds headers. */
enum response filter_header(const struct filter *filter, struct conn *conn, const char *name, const char *value,
			    struct reply *reply_r);

/* The end of the message, before what it has to do (app/message.h) is done. */
enum response filter_end_of_message(struct conn *conn, struct reply *reply_r);

#endif
