/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines that make Postfix do what the policy says, service by service, merged into what is there. */
#ifndef MTA_POSTFIX_CONFIG_H
#define MTA_POSTFIX_CONFIG_H

#include "base/diag.h"
#include "core/policy.h"
#include "mta/lines.h"
#include "mta/postfix_current.h"

struct postfix_request {
	const struct policy *policy;
	const struct postfix_current *current;
	bool log_more;		/* lines that let a log tell every EHLO name */
};

/* A regexp table: a command filter, or the domains of ETRN. */
struct postfix_table {
	const char *path;		/* "${config_directory}/ehlo-milter-mx.regexp", or the admin's own file */
	bool foreign;			/* the latter: the rules go in front of what it holds */
	struct config_lines rules;	/* name: the pattern, value: the result */
	const struct postfix_service *service;	/* the first that uses it */
	struct postfix_table *next;
};

/* What one service of master.cf gets. */
struct postfix_block {
	const struct postfix_service *service;
	const struct listener *listener;	/* the first that may judge; NULL: the MTA's own client */
	struct config_lines lines;		/* name and value of an -o */
	struct config_lines notes;		/* what cannot be had, and what to know */
	struct postfix_block *next;
};

struct postfix_plan {
	struct postfix_block *blocks;
	struct postfix_table *tables;
	struct config_lines notes;	/* about no service in particular */
};

/*
 * What cannot be done at all is a warning and a note, what cannot be merged an error in diag, with its reason:
 * then false.  False also when memory is out.  All texts lie in arena.
 */
bool postfix_config_make(const struct postfix_request *request, struct arena *arena, struct diag *diag,
			 struct postfix_plan *plan_r);

/* For reading and pasting; "postconf -P" commands and here-documents for a shell; an object for programs. */
void postfix_config_snippet(const struct postfix_plan *plan, const struct policy *policy, struct buf *out);
void postfix_config_script(const struct postfix_plan *plan, const struct policy *policy, struct buf *out);
void postfix_config_json(const struct postfix_plan *plan, const struct policy *policy, struct buf *out);

#endif
