/* SPDX-License-Identifier: BSD-2-Clause */
/* SPF (RFC 7208) as a function over answers of DNS: it never waits and never asks the network. */
#ifndef SPF_SPF_H
#define SPF_SPF_H

#include "base/arena.h"
#include "base/ip.h"
#include "base/reason.h"
#include "core/dns_answer.h"

#include <stdbool.h>
#include <stddef.h>

/* RFC 7208 2.6, and two of ours. */
enum spf_result {
	SPF_PENDING,	/* an answer is not there yet: ask for what find() did not have, and call again */
	SPF_UNKNOWN,	/* an answer will never be there (DNS_UNKNOWN): it was not recorded */
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR,
};

const char *spf_result_word(enum spf_result result);	/* "softfail" */

/* RFC 7208 2.3, 2.4. */
enum spf_identity { SPF_HELO, SPF_MAIL_FROM };

struct spf_input {
	enum spf_identity identity;
	struct ip client;
	/* The argument of EHLO as it came, any bytes; NULL: none.  The domain of SPF_HELO, and of the null sender. */
	const char *ehlo;
	/* Of SPF_MAIL_FROM: local part (any bytes; length 0 stands for postmaster, RFC 7208 4.3) and domain. */
	const char *local_part;
	size_t local_part_length;
	const char *domain;	/* NULL: the null sender, which is postmaster@ehlo (RFC 7208 2.4) */
};

/*
 * name: as core/dns_answer.h writes names.  NULL: not there yet.
 *
 * ahead: it is for a term that evaluation has not reached, and perhaps never will.  Such questions count for no limit of
 * RFC 7208 4.6.4, and with each answer that comes there may be others.  So the caller asks at most SPF_AHEAD_MAX of them
 * in one evaluation; what it leaves out comes again, without ahead, when it is needed.
 */
struct spf_lookup {
	const struct dns_answer *(*find)(void *data, const char *name, enum dns_type type, bool ahead);
	void *data;
};

#define SPF_AHEAD_MAX 40

/* --- what was done, for explain --- */

enum spf_step_kind {
	SPF_STEP_RECORD,	/* a domain's record was looked for; text is the record, "" when there is none */
	SPF_STEP_DIRECTIVE,	/* text: "-include:%{d2}" */
	SPF_STEP_REDIRECT,	/* text: the domain-spec of redirect= */
};

enum spf_step_state {
	SPF_STEP_NO_MATCH,
	SPF_STEP_MATCH,		/* of a record: it is there and well-formed; of a redirect: it decided */
	SPF_STEP_STOPPED,	/* ended the whole evaluation: reason says why */
};

/* A look-up of one step, in the order of evaluation. */
struct spf_question {
	struct spf_question *next;
	const char *name;
	enum dns_type type;
	enum dns_status status;
};

struct spf_step {
	struct spf_step *next;		/* in the order of evaluation */
	enum spf_step_kind kind;
	unsigned depth;			/* 0: the domain of the identity; one more in each include and redirect */
	const char *domain;		/* whose record it is about */
	const char *text;		/* as published, printable ASCII ('?' for other bytes) */
	const char *target;		/* the name it asks about, macros expanded; NULL where there is none */
	const char *flaw;		/* of a record that is malformed: the term in question, if it is one; else NULL */
	enum spf_step_state state;
	enum spf_result result;		/* of what matched or stopped: the one that it leads to; else SPF_PENDING */
	enum spf_result inner;		/* of include and redirect: what the other record gave; else SPF_PENDING */
	const struct reason *reason;	/* never NULL */
	struct spf_question *questions;
};

#define SPF_STEPS_MAX 500		/* what comes later is left out */

/* RFC 7208 4.6.4. */
#define SPF_TERMS_MAX 10
#define SPF_VOIDS_MAX 2

struct spf_outcome {
	enum spf_result result;
	const struct reason *reason;	/* never NULL */
	const char *domain;		/* of the identity; "" where there is none */
	/*
	 * The directive of the outermost record that matched, "default" where none did (RFC 7208 9.1); of an error the
	 * term it arose in, or "" where it is about a whole record.
	 */
	const char *mechanism;
	const char *record_domain;	/* whose record that stands in (an error may be deep in an include) */
	unsigned term_count;		/* RFC 7208 4.6.4: terms that ask DNS, terms with a look-up that found nothing */
	unsigned void_count;
	const struct spf_step *steps;
	bool steps_cut;
};

/*
 * check_host() of RFC 7208 4, from the start, with the answers there are.  The same input and answers give the same
 * outcome; any thread.  Everything in *outcome_r that is no constant is in the arena; of a pending one nothing is kept
 * there and there are no steps.  false: memory is out.  Explanations (exp=) are never looked for.  Loopback clients
 * are evaluated like any other.
 */
bool spf_check(const struct spf_input *input, const struct spf_lookup *lookup, struct arena *arena,
	       struct spf_outcome *outcome_r);

const char *spf_library_version(void);

#endif
