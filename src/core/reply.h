/* SPDX-License-Identifier: BSD-2-Clause */
/* SMTP replies: templates checked when loaded, filled when sent. */
#ifndef CORE_REPLY_H
#define CORE_REPLY_H

#include "base/arena.h"
#include "core/facts.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stddef.h>

#define REPLY_LINE_MAX 510	/* RFC 5321 4.5.3.1.5, without CRLF, as given to libmilter ('%' counts twice) */

struct reply {
	char code[4];		/* "550" */
	char enhanced[12];	/* "5.5.4" */
	char text[REPLY_LINE_MAX + 1];	/* printable ASCII, '%' not doubled */
};

/* An error of a template: at which byte, and what. */
struct reply_error {
	size_t offset;
	char text[200];
};

/*
 * "CODE ENHANCED TEXT" with {ehlo} {client} {client_name} {sender_domain} {listener} {check} {rule} {id} in it.
 * Code, enhanced code and action must agree: 4xx tempfail, 5xx reject (RFC 3463); 421 is a tempfail.
 * False also when it could grow over REPLY_LINE_MAX.
 */
bool reply_template_check(const char *template, enum action action, struct reply_error *error_r);

/*
 * A suffix is text that stands behind every reply, with placeholders like theirs.  False also when it could
 * grow over REPLY_SUFFIX_MAX, which leaves room for the default texts.
 */
#define REPLY_SUFFIX_MAX 240
bool reply_suffix_check(const char *suffix, struct reply_error *error_r);

/* The template with the suffix (NULL: none) behind it, after a space; NULL when memory is out. */
const char *reply_template_with(const char *template, const char *suffix, struct arena *arena);

/*
 * The template for action, which is reject or tempfail: itself when its class fits; else with code 450 or 550
 * and the class of its enhanced code changed (503 5.5.1 for a tempfail becomes 450 4.5.1).  NULL when memory is
 * out.
 */
const char *reply_template_for(const char *template, enum action action, struct arena *arena);

/* Does {client_name} stand in it, which may take DNS? */
bool reply_names_client(const char *template);

#define REPLY_RULE_REJECT "550 5.7.1 Refused by local policy ({id})"
#define REPLY_RULE_TEMPFAIL "450 4.7.1 Refused by local policy ({id})"
/* RFC 3463: what an unknown exemption leaves of a reject. */
#define REPLY_EXEMPTION_UNKNOWN "451 4.4.3 Exemption cannot be decided now, try again ({id})"
#define REPLY_RESOLVER_DOWN "451 4.4.3 DNS does not answer now, try again ({id})"

/* Fills the template; values are escaped and cut at 128 bytes, the whole at its limit. */
void reply_format(const char *template, const struct verdict *verdict, const struct context *context,
		  struct reply *reply_r);

/* "550 5.5.4 text": what the client sees, less what an MTA adds. */
#define REPLY_TEXT_BYTES (REPLY_LINE_MAX + 20)
void reply_line(const struct reply *reply, char text_r[REPLY_TEXT_BYTES]);

#endif
