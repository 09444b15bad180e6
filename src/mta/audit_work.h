/* SPDX-License-Identifier: BSD-2-Clause */
/* What asking and judging share: the replies, and what was expected. */
#ifndef MTA_AUDIT_WORK_H
#define MTA_AUDIT_WORK_H

#include "mta/audit.h"

/* In the order in which they are asked. */
enum probe_id {
	PROBE_BANNER,
	PROBE_MAIL_UNGREETED,
	PROBE_EHLO,
	PROBE_STARTTLS,
	PROBE_EHLO_TLS,		/* the greeting after STARTTLS */
	PROBE_HELO_INSTEAD,	/* where EHLO was refused */
	PROBE_VRFY_KNOWN,
	PROBE_VRFY_UNKNOWN,
	PROBE_VRFY_REMOTE,
	PROBE_EXPN,
	PROBE_ETRN_ALLOWED,
	PROBE_ETRN_OTHER,
	PROBE_MAIL_GREETED,
	PROBE_HELO,
	PROBE_MAIL_HELO,
	PROBE_BAD_NAME,
	PROBE_MAIL_BAD_NAME,
	PROBE_BARE_LF,
	PROBE_COUNT
};

struct probe {
	const char *asked;	/* NULL: not asked */
	struct smtp_reply reply;
	const char *failure;	/* why there is no reply, or why it was not asked; NULL: there is one */
};

/* The sessions of which the engine says what MAIL is answered. */
enum greeted { GREETED_NOT, GREETED_WELL, GREETED_BY_HELO, GREETED_BADLY, GREETED_COUNT };

struct audit {
	const struct audit_request *request;
	struct arena *arena;
	struct audit_report *report;
	struct probe probes[PROBE_COUNT];
	struct audit_expected expected[GREETED_COUNT];
	struct session session;		/* GREETED_WELL, for conditions */
	struct ip peer;
	unsigned peer_port;
	unsigned client_port;		/* 0: claimed by XCLIENT */
	bool bad_by_helo;		/* the bad name was given by HELO */
	const char *etrn_allowed;	/* NULL: nothing to try */
	struct audit_point **last;
	bool no_memory;
};

/* audit_ask.c: fills probes, report->mta, client, command_count; false with report->error. */
bool audit_ask(struct audit *audit);

/* What the milter is told of one of the audit's sessions. */
struct session audit_session(struct audit *audit, enum greeted greeted);

/* The value of a key for the address that the audit speaks from. */
enum command_value audit_value(const struct audit *audit, enum command_id id);

/* audit_judge.c: fills report->points; asks nothing. */
void audit_judge(struct audit *audit);

#endif
