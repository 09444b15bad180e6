/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of one SPF evaluation share. */
#ifndef SPF_SPF_EVAL_H
#define SPF_SPF_EVAL_H

#include "spf/spf.h"
#include "spf/spf_macro.h"
#include "spf/spf_record.h"

/* RFC 7208 4.6.4. */
#define SPF_MX_MAX 10
#define SPF_PTR_MAX 10

struct spf_library;

struct spf_eval {
	const struct spf_input *input;
	const struct spf_lookup *lookup;
	struct arena *arena;
	struct spf_outcome *outcome;
	struct spf_library *library;	/* spf.c */
	const char *sender;		/* with a domain, the null sender replaced */
	size_t sender_length;
	size_t local_part_length;
	const char *ehlo;		/* "" where there is none; a final dot does not count */
	size_t ehlo_length;

	unsigned terms;			/* that ask DNS, so far */
	unsigned voids;			/* of these, with a look-up that found nothing */
	unsigned ahead_terms;		/* once pending: with the terms that were looked at ahead */
	bool void_counted;		/* the present one is among them */

	const char *record_domain;	/* where evaluation is: whose record, and at which text in it */
	const char *at;
	size_t at_length;
	/* Why the present step is as it is; once stopped is set: why the evaluation ends. */
	const struct reason *reason;
	enum spf_result stopped;	/* valid after SPF_STOP */
	bool no_memory;			/* stopped for it */

	/* The last error of DNS that was no reason to stop, and where: with it no failure is certain. */
	const struct reason *passed_over;	/* NULL: none */
	const char *passed_over_domain;
	const char *passed_over_at;
	size_t passed_over_length;

	struct spf_step *step;		/* takes look-ups; the spare one beyond SPF_STEPS_MAX */
	struct spf_step spare;
	struct spf_step **steps_end;
	unsigned step_count;
	struct spf_question **questions_end;
};

/* The record of one domain, while it is evaluated. */
struct spf_level {
	const struct spf_name *domain;
	const char *question;		/* the domain as a question, in the arena */
	unsigned depth;
	struct spf_record record;
};

enum spf_match { SPF_NO_MATCH, SPF_MATCH, SPF_STOP };

/* --- spf_eval.c --- */

/* check_host(): the result, or what stopped the evaluation. */
enum spf_result spf_evaluate(struct spf_eval *eval, const struct spf_name *domain, unsigned depth);

/* Ends the evaluation: SPF_STOP. */
enum spf_match spf_stop(struct spf_eval *eval, enum spf_result result, const struct reason *reason);

/* --- spf_lookup.c --- */

/*
 * What a look-up found.  NOTHING: no such name, or no such records; ERROR: eval->reason says which, and the caller
 * whether it matters.
 */
enum spf_found { SPF_FOUND, SPF_FOUND_NOTHING, SPF_FOUND_ERROR, SPF_FOUND_STOP };

enum spf_found spf_ask(struct spf_eval *eval, const char *name, enum dns_type type,
		       const struct dns_answer **answer_r);

/* As spf_ask() for a term: finding nothing counts (RFC 7208 4.6.4), errors stop (RFC 7208 5). */
enum spf_found spf_ask_for_term(struct spf_eval *eval, const char *name, enum dns_type type,
				const struct dns_answer **answer_r);

/* eval->reason says that a look-up found nothing; false: stopped, there were too many. */
bool spf_count_void(struct spf_eval *eval);

/* "." as the host of an MX (RFC 7505) or of a PTR: there is none. */
bool spf_is_root(const char *name);

/* Makes known what the present term may need next; the limits of RFC 7208 4.6.4 bound it. */
void spf_ask_beside(struct spf_eval *eval, const char *name, enum dns_type type);

/* For a later term.  NULL: the answer is not there yet. */
const struct dns_answer *spf_ask_ahead(struct spf_eval *eval, const char *name, enum dns_type type);

enum dns_type spf_address_type(const struct spf_eval *eval);	/* of the client's family */

/* The record among the TXT records; count_r: how many there are (RFC 7208 4.5). */
const struct dns_record *spf_pick_record(const struct dns_answer *answer, size_t *count_r);

/* --- spf_match.c --- */

/* For mechanisms other than all and include.  target: spf_target()'s; unused by ip4 and ip6. */
enum spf_match spf_match_term(struct spf_eval *eval, const struct spf_term *term, const char *target);

/*
 * The name that a term asks about, in text_r as a question and in name_r.  SPF_NO_MATCH: macros made no name of DNS
 * of it.
 */
enum spf_match spf_target(struct spf_eval *eval, const struct spf_level *level, const struct spf_domain_spec *spec,
			  struct spf_name *name_r, char text_r[DNS_NAME_BYTES]);

/* --- spf_ahead.c --- */

/* Evaluation waits in level at a term before first: asks for what the later terms need, as far as it is plain. */
void spf_look_ahead(struct spf_eval *eval, const struct spf_level *level, size_t first);

/* --- spf_trace.c --- */

struct spf_step *spf_step_begin(struct spf_eval *eval, enum spf_step_kind kind, const struct spf_level *level,
				const char *text, size_t length);
void spf_step_target(struct spf_eval *eval, struct spf_step *step, const char *target);
void spf_step_question(struct spf_eval *eval, const char *name, enum dns_type type, enum dns_status status);
/* Takes the reason over from eval. */
void spf_step_end(struct spf_eval *eval, struct spf_step *step, enum spf_match match);

/* A copy in the arena with '?' for what is not printable ASCII; "" with eval->no_memory when memory is out. */
const char *spf_printable(struct spf_eval *eval, const char *text, size_t length);

/* --- spf.c --- */

/*
 * Is the client in the network of prefix_bits around one of these addresses?  With 0 bits every address will do.
 * libspf2 says it.
 */
enum spf_match spf_library_match(struct spf_eval *eval, const struct dns_record *addresses, size_t count,
				 unsigned prefix_bits);

#endif
