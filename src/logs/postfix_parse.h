/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of which Postfix's log lines are made. */
#ifndef LOGS_POSTFIX_PARSE_H
#define LOGS_POSTFIX_PARSE_H

#include "logs/record.h"
#include "logs/span.h"

/* "NAME[ADDRESS]:PORT"; of postscreen "[ADDRESS]:PORT". */
struct postfix_client {
	struct span name;	/* "unknown", or empty for postscreen */
	struct span address;	/* "unknown" too */
	struct span port;	/* empty: not logged */
};

/* From the start of text; what follows is left in *rest_r. */
bool postfix_client_parse(struct span text, struct postfix_client *client_r, struct span *rest_r);

/*
 * "; from=<S> to=<R> proto=ESMTP helo=<H> sasl_username=<U>", as smtpd, postscreen and cleanup end their lines
 * about a client's command.  Postfix writes the name of HELO without blanks and brackets, so the end can be told
 * for certain; the sender can hold anything: where it could be read in two ways it is left out.
 */
struct postfix_trailer {
	struct span text;		/* what stands before it */
	struct span paths;		/* "; from=<S> to=<R>"; empty: no sender was logged */
	struct span sender;
	struct span helo;
	struct span user;
	bool has_sender;
	bool has_recipient;		/* or the sender holds what looks like it */
	bool has_helo;
	bool has_user;
	bool has_protocol;
	enum verb protocol;		/* ESMTP: EHLO, SMTP: HELO; says nothing without helo */
};

void postfix_trailer_parse(struct span text, struct postfix_trailer *trailer_r);

/*
 * The same of a line about EHLO or HELO itself: its name is as it was sent, brackets and all, and so may be read in two
 * ways.  Then helo is "??", and the text is left out if it cannot be told where it ends.
 */
void postfix_greeting_trailer_parse(struct span text, struct postfix_trailer *trailer_r);

/*
 * A name that the log holds only in part, as Postfix shows what it cannot show: postfix_helo_is_exact() is false.
 */
static const struct span name_not_shown = { "??", 2 };

/* "ehlo=2 mail=1/2 ... commands=7/8": how many were given, and how many of them were taken. */
struct postfix_counts {
	uint32_t given[COUNTED_TOTAL];
	uint32_t taken[COUNTED_TOTAL];
};

/* false: there are none (Postfix before 3.0). */
bool postfix_counts_parse(struct span text, struct postfix_counts *counts_r);

/*
 * How long "Anonymous TLS connection established from " is, with which a line about a client begins; 0: it is another line.
 * smtpd -v logs what the client has sent behind words of its own: so it must be the begin.
 */
size_t postfix_tls_begin_length(struct span text);

/* What stands behind the client and ": ": "TLSv1.3 with cipher NAME (256/256 bits) ..." */
bool postfix_tls_parse(struct span text, struct span *version_r, struct span *cipher_r);

/*
 * Is the name of HELO in the log the one that was sent?  Postfix writes '?' for each byte that a name may not
 * hold: such a name is wrong in any case, unless it was an address literal with text behind it, or held UTF-8.
 */
bool postfix_helo_is_exact(struct span name);

#endif
