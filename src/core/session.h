/* SPDX-License-Identifier: BSD-2-Clause */
/* What an MTA, a log or a command line told of one SMTP session; nothing is derived or judged here. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "base/clock.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Not told, told that there is none, told.  Zeroed memory means not told. */
enum presence { PRESENCE_UNKNOWN, PRESENCE_NONE, PRESENCE_KNOWN };

struct text {
	enum presence presence;
	const char *value;	/* raw bytes; NULL unless known */
};

struct number {
	enum presence presence;
	unsigned value;
};

struct address {
	enum presence presence;
	struct ip value;
};

/* What the MTA made of the client's reverse DNS: macro {client_resolve}. */
enum resolve { RESOLVE_UNKNOWN, RESOLVE_OK, RESOLVE_FAIL, RESOLVE_FORGED, RESOLVE_TEMP };

enum mta { MTA_UNKNOWN, MTA_POSTFIX, MTA_SENDMAIL, MTA_OTHER };

/* VERB_NONE: it is known that there was no greeting. */
enum verb { VERB_UNKNOWN, VERB_NONE, VERB_EHLO, VERB_HELO };

/* The strings belong to the caller's arena. */
struct session {
	char id[SESSION_ID_BYTES];	/* "" where there is none: shown as "-" */
	unsigned transaction;		/* the Nth MAIL, from 1; 0 before the first */
	int32_t start_date;		/* days since 1970-01-01 UTC */
	enum mta mta;

	/* connect */
	struct text listener_service;	/* an invented macro {service}, see milter_macro_defaults */
	struct text daemon_name;
	struct address daemon_addr;
	struct number daemon_port;
	struct text host;		/* macro j: the MTA's own name */
	struct address interface_addr;	/* macro {if_addr} */
	struct address client;		/* NONE: a client without IP address (pipe, unix socket) */
	struct number client_port;
	struct text client_name;	/* confirmed by the MTA, or NONE */
	struct text client_ptr;		/* the name of its PTR record, confirmed or not: macro {client_ptr} */
	enum resolve client_resolve;
	bool local_submission;		/* did not come by SMTP */

	/* the last greeting */
	struct text ehlo;		/* NONE: no greeting; "" is an empty argument */
	enum verb verb;

	/* MAIL; all are known or NONE once MAIL was given */
	struct text sender;		/* argv[0], raw; NONE: no MAIL */
	struct text auth_user;		/* KNOWN with the value NULL: somebody, of whom no more is told */
	struct text tls_version;
	struct text queue_id;

	/* RCPT */
	struct text recipient;		/* argv[0], raw; NONE: no RCPT */
};

static inline struct text text_known(const char *value)
{
	return (struct text){ .presence = PRESENCE_KNOWN, .value = value };
}

static inline struct text text_none(void)
{
	return (struct text){ .presence = PRESENCE_NONE };
}

/* The same is known of both. */
static inline bool texts_equal(const struct text *a, const struct text *b)
{
	return a->presence == b->presence && (a->presence != PRESENCE_KNOWN || strcmp(a->value, b->value) == 0);
}

/* One that somebody describes: what he leaves open is unknown, unless its absence says that there is none. */
static inline struct session session_by_hand(int32_t start_date)
{
	return (struct session){
		.start_date = start_date,
		.verb = VERB_NONE,
		.ehlo = text_none(),
		.sender = text_none(),
		.recipient = text_none(),
		.auth_user = text_none(),
		.tls_version = text_none(),
		.queue_id = text_none(),
		/* He means a client that is not the MTA itself. */
		.interface_addr.presence = PRESENCE_NONE,
	};
}

#endif
