/* SPDX-License-Identifier: BSD-2-Clause */
/* What the postfix_*.c files share while a plan is made. */
#ifndef MTA_POSTFIX_WORK_H
#define MTA_POSTFIX_WORK_H

#include "mta/daemons.h"
#include "mta/postfix_config.h"

struct postfix_work {
	const struct policy *policy;
	const struct postfix_current *current;
	struct arena *arena;
	struct diag *diag;
	struct postfix_plan *plan;
	const char *path;		/* of the policy, escaped, as origins name it */
	bool log_more;
	bool no_memory;
	bool *reached;			/* for each listener: some service may be it */

	/* the service at hand */
	const struct postfix_service *service;
	struct postfix_block *block;
	struct daemon_listeners listeners;
	struct session daemon;		/* what is known of every session that comes in there */
};

/* A new block of the plan, and the service at hand from now on; false when memory is out. */
bool postfix_begin_block(struct postfix_work *work, const struct postfix_service *service);

/* "policy.yaml:14: TEXT" */
const char *work_origin(struct postfix_work *work, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *setting_origin(struct postfix_work *work, enum command_id id, const struct command_setting *setting);

/* An -o of the service at hand; a remark about it. */
void work_line(struct postfix_work *work, const char *origin, const char *name, const char *value);
void work_note(struct postfix_work *work, const char *origin, const char *text);

/* At a line of the policy: refused with the reason, or said on standard error and in the output. */
void work_error(struct postfix_work *work, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void work_warn(struct postfix_work *work, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Refused when Postfix would take it apart. */
void work_check_socket(struct postfix_work *work, const char *key, const char *socket, unsigned line);

/* Without its condition, where the daemon decides that. */
struct command_setting work_setting(const struct postfix_work *work, enum command_id id);

/*
 * An existing list of the service without the items that drop() names, in its order, separated by commas; ""
 * when there is none.  NULL after an error: it refers to a parameter that is not known.
 */
const char *work_list_without(struct postfix_work *work, const char *name, unsigned line,
			      bool (*drop)(const char *item, const void *context), const void *context);

/* postfix_service.c: what is known of its sessions; the names that listeners ask for, given where they are not */
struct session postfix_daemon(const struct postfix_service *service);
void postfix_names(struct postfix_work *work, struct session *daemon);
/* A line of master.cf holds for all who connect there: listeners that share the service must want the same. */
void postfix_agreement(struct postfix_work *work);
/* "smtpd_milters =" or no_milters for one service: what comes in there has passed the milters already. */
bool postfix_wants_no_milters(const struct postfix_service *service);
void postfix_milters(struct postfix_work *work);
void postfix_helo_required(struct postfix_work *work);

/* The path of a unix socket below the queue directory, as a chrooted smtpd sees it; NULL for all others. */
const char *work_inside(const struct postfix_work *work, const char *socket);

/* postfix_filter.c: the command filter, and what it stands in */
void postfix_filter(struct postfix_work *work);
/* A table of the plan with these rules; NULL after an error: another one is in the way. */
struct postfix_table *work_table(struct postfix_work *work, const char *path, bool foreign,
				 const struct config_lines *rules);

#define POSTFIX_KEYWORD_MAPS "smtpd_discard_ehlo_keyword_address_maps"
#define POSTFIX_VERSION_REQTLS 311

/* postfix_asked.c: does a key hang on the client, in this service? */
bool work_is_asked(struct postfix_work *work, enum command_id id);
void postfix_check_conditions(struct postfix_work *work);
void postfix_asked_keywords(struct postfix_work *work, const char *origin, unsigned line);

/* postfix_commands.c: VRFY, ETRN, keywords, line endings */
void postfix_commands(struct postfix_work *work);

/* postfix_outbound.c */
void postfix_outbound(struct postfix_work *work);

#endif
