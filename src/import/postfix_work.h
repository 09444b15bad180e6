/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of import postfix share: a walk through the restrictions of one listener. */
#ifndef IMPORT_POSTFIX_WORK_H
#define IMPORT_POSTFIX_WORK_H

#include "import/import.h"
#include "mta/postfix_current.h"

/* Of one listener. */
struct postfix_walk {
	struct import *import;
	const struct postfix_current *current;
	const struct postfix_service *service;	/* NULL: main.cf alone */
	struct draft_listener *listener;
	const char *parameter;		/* that is being read: "smtpd_helo_restrictions" */
	unsigned line;
	unsigned permits;		/* bits of what permits before this place of the list */
	bool warns;			/* warn_if_reject stands before it */
	bool ended;			/* everything is permitted from here on */
	unsigned depth;			/* of restriction classes */
	unsigned item_count;
};

/* The place of the restriction at hand, such as "check_helo_access hash:/etc/postfix/helo". */
struct draft_place postfix_place(struct postfix_walk *walk, const char *restriction);

/* "reject" or "tempfail", as the reply code in this parameter says; fallback: Postfix's default. */
const char *postfix_code_action(const struct postfix_walk *walk, const char *parameter, const char *fallback);

/* Reads every list of restrictions that the EHLO stage hangs on. */
void postfix_restrictions(struct postfix_walk *walk);

/* Tells what becomes of each restriction. */
void postfix_describe_restrictions(import_tell *tell, void *context);

/* What an access(5) table is asked for. */
struct access_use {
	const char *restriction;	/* "check_helo_access" */
	const char *names;		/* the fact that holds a name: "ehlo" */
	const char *addresses;		/* the fact that holds an address, or NULL */
	const char *label;		/* begins the names of the lists */
};

extern const struct access_use postfix_access_uses[];	/* restriction NULL after the last */

void postfix_access(struct postfix_walk *walk, const struct access_use *use, const char *table);

/* check_sender_mx_access: networks that a sender's domain may not lead to. */
void postfix_blocked_ips(struct postfix_walk *walk, const char *table);

#endif
