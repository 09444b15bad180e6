/* SPDX-License-Identifier: BSD-2-Clause */
/* The reverse-path of MAIL and the forward-path of RCPT, and the domain in them. */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include "base/name.h"

enum mailbox_kind {
	MAILBOX_MAILBOX,	/* with a domain */
	MAILBOX_NULL,		/* <> or an empty argument */
	MAILBOX_LITERAL,	/* user@[address] */
	MAILBOX_NO_DOMAIN,	/* only a local part */
	MAILBOX_INVALID,	/* not of the form of RFC 5321 4.1.2 */
};

struct mailbox {
	enum mailbox_kind kind;
	/* Normalised as by domain_normalise(); of INVALID that which an MTA reads in it.  "": there is none. */
	char domain[NAME_TEXT_BYTES];
	const char *local_part;		/* points into the argument, quotes kept; NULL unless there is one */
	size_t local_part_length;
};

/*
 * argument: argv[0] of the milter call, raw; the brackets may be missing, a source route is
 * ignored, UTF-8 is taken in the local part and as U-labels.  Lengths of the local part and of
 * the path are not judged.
 */
void mailbox_parse(const char *argument, struct mailbox *mailbox_r);

const char *mailbox_kind_word(enum mailbox_kind kind);	/* "mailbox", "null", ... */

#endif
