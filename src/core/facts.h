/* SPDX-License-Identifier: BSD-2-Clause */
/* The facts that checks and rules judge: a session's own, and what is derived from them. */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include "base/mailbox.h"
#include "base/name.h"
#include "core/alarm.h"
#include "core/lookup.h"
#include "core/session.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>

#define PATH_TEXT_BYTES 2048	/* RFC 5321 4.5.3.1.3 allows 256 octets; what is longer is cut */

/* Derived once for each stage; points into the session. */
struct facts {
	struct ehlo_name ehlo;			/* where session->ehlo is known */
	struct mailbox sender;			/* where session->sender is known; else without domain */
	char sender_text[PATH_TEXT_BYTES];	/* the same without brackets, route and final dot */
	struct mailbox recipient;		/* where session->recipient is known */
	char recipient_text[PATH_TEXT_BYTES];
	const struct answers *dns;	/* NULL: DNS is not asked at all */
	struct finding spf[IDENTITY_COUNT];	/* unknown until it is evaluated */
	bool reverse_by_mta;		/* the MTA's word counts for the client's names, not DNS */
	bool resolver_down;		/* what DNS did not say is our resolver's fault */
	bool judge_all;			/* every check is evaluated, also where the verdict is decided already */
};

/*
 * Pure, and cheap enough to be done again at each stage.  DNS is left out: what it said is for the caller to add.
 */
void facts_derive(const struct session *session, struct facts *facts_r);

struct reverse_memo;

/* Everything that an expression or a check may look at. */
struct context {
	const struct session *session;
	const struct facts *facts;
	const char *listener;		/* its name */
	const struct finding *findings;	/* CHECK_COUNT of them; only rules look at them */
	enum stage stage;		/* facts of later stages are unknown */
	const struct answers *dns;	/* NULL: nothing of DNS is known */
	struct wanted *wanted;		/* notes the answers that are missing; NULL: nobody is going to ask */
	struct alarms *alarms;		/* notes what somebody should look at; NULL: nobody listens */
	struct reverse_memo *reverse;	/* what reverse DNS came to, for the rules that ask again; NULL: nothing is kept */
};

enum fact_type {
	FACT_TEXT,	/* compared without case */
	FACT_NAME,	/* a domain name or EHLO argument: without case and final dot; may be "in" a list of domains */
	FACT_NAMES,	/* several names: a comparison means any of them */
	FACT_WORD,	/* one of fact->words */
	FACT_NUMBER,
	FACT_ADDRESS,	/* may be "in" a list of networks */
	FACT_BOOL
};

struct fact_value {
	enum presence presence;
	const char *text;	/* TEXT, NAME, WORD */
	const struct ip *address;
	unsigned number;
	bool flag;
};

#define NAME_SET_MAX 10

struct name_set {
	const char *names[NAME_SET_MAX];
	size_t count;
};

/* A row of the language's table of facts. */
struct fact {
	const char *name;
	enum fact_type type;
	enum stage stage;		/* from which on it is known */
	const char *const *words;	/* of FACT_WORD, NULL-terminated */
	const char *help;
	bool dns;			/* it takes questions to DNS, unless the MTA's word counts */
	bool unconfirmed;		/* whoever owns the client's address can make it what he likes */
	/* Both ignore context->stage: fact_get() and fact_get_names() look at it. */
	struct fact_value (*get)(const struct context *context);
	enum presence (*get_names)(const struct context *context, struct name_set *set_r);	/* of FACT_NAMES alone */
};

extern const struct fact facts_table[];
extern const size_t facts_count;

const struct fact *fact_find(const char *name);

/*
 * The value at context->stage: unknown when the fact belongs to a later stage.  Of a fact of type NAMES it tells
 * the presence alone.
 */
struct fact_value fact_get(const struct fact *fact, const struct context *context);

/* The same for a fact of type NAMES; the set is empty unless it is known. */
enum presence fact_get_names(const struct fact *fact, const struct context *context, struct name_set *set_r);

const char *mta_word(enum mta mta);
const char *verb_word(enum verb verb);
const char *resolve_word(enum resolve resolve);	/* "FORGED"; NULL for UNKNOWN */
enum resolve resolve_from_word(const char *word);	/* "OK", ...; RESOLVE_UNKNOWN for others, and for NULL */

/* Did the mail come by SMTP at all?  Postfix gives what its sendmail command submits port 0. */
bool is_local_submission(const struct session *session);

#endif
