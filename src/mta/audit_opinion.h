/* SPDX-License-Identifier: BSD-2-Clause */
/* What replies tell, and the verdicts that the judging of the audit makes of them. */
#ifndef MTA_AUDIT_OPINION_H
#define MTA_AUDIT_OPINION_H

#include "mta/audit_work.h"

/* A verdict under way. */
struct opinion {
	enum audit_verdict verdict;
	const char *text;
};

extern const struct opinion opinion_ok;
struct opinion opinion_finding(const char *text);
struct opinion opinion_open(const char *text);

/* 0: there is none. */
unsigned reply_code(const struct audit *audit, enum probe_id id);

/* "" without a reply. */
const char *reply_text(const struct audit *audit, enum probe_id id);

/* A silent or broken server is a finding; one that says "later", and what was not reached, is open. */
bool reply_is_missing(const struct audit *audit, enum probe_id id, struct opinion *opinion_r);

/* 530: TLS or a login is wanted first, whatever the policy says. */
bool reply_wants_more(unsigned code, struct opinion *opinion_r);

/* In either greeting: STARTTLS goes and AUTH may come when the session is encrypted. */
bool is_advertised(const struct audit *audit, const char *keyword);

/* audit_commands.c: the replies that tell of a key, and how they are judged. */
size_t command_probes(enum command_id id, const enum probe_id **probes_r);
struct opinion judge_command(struct audit *audit, enum command_id id, enum command_value value);

#endif
