/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Speaks SMTP to a listener and compares what it does with what the policy says.  Never sends mail: it stops
 * before DATA.
 */
#ifndef MTA_AUDIT_H
#define MTA_AUDIT_H

#include "base/buf.h"
#include "core/policy.h"
#include "core/session.h"
#include "mta/smtp_client.h"

#include <netdb.h>

#define AUDIT_COMMANDS_MAX 20
#define AUDIT_REPLY_BYTES 600

/* What the policy answers to MAIL in one of the audit's sessions. */
struct audit_expected {
	enum answer answer;
	enum stage stage;		/* where */
	char reply[AUDIT_REPLY_BYTES];	/* "" for an accept */
	bool exemption_unknown;
	const char *exempt;		/* why the address is exempt from all of it; NULL: it is not */
};

struct audit_request {
	const struct policy *policy;
	const struct listener *listener;
	const char *target;		/* HOST:PORT, as given */
	const char *host;		/* for SNI; NULL: an address was given */
	const struct addrinfo *addresses;
	const struct ip *source;	/* to connect from; NULL: what the system chooses */
	const struct ip *xclient;	/* to claim by XCLIENT; NULL: none */
	const char *known;		/* an address that the server knows */
	const char *ehlo;		/* a good name to greet with */
	bool starttls;
	bool tls;			/* from the first byte */
	bool bare_lf;			/* may be tried: the server is our own */
	enum mta mta;			/* unknown: found out */
	int32_t today;
	int64_t deadline_us;		/* monotonic clock */

	/* Judges by the engine of the daemon.  False when memory is out. */
	bool (*expect)(const struct audit_request *request, const struct session *session,
		       struct audit_expected *expected_r);
};

enum audit_verdict {
	AUDIT_OK,
	AUDIT_FINDING,
	AUDIT_IMPOSSIBLE,	/* the MTA cannot do it: no finding */
	AUDIT_UNSEEN,		/* cannot be seen without a message or from here: no finding */
	AUDIT_OPEN		/* put off, or not reached: to be asked again */
};

struct audit_point {
	const char *name;	/* "commands.vrfy: hide", "greeting" */
	const char *asked;
	const char *expected;
	const char *found;
	enum audit_verdict verdict;
	const char *text;	/* what is wrong, or why there is no verdict; "" when all is well */
	const char *mend;	/* of a finding: the line that would mend it; NULL: none is known */
	unsigned line;		/* of the policy; 0: none */
	struct audit_point *next;
};

struct audit_report {
	struct audit_point *points;
	size_t finding_count;
	size_t open_count;
	unsigned command_count;
	enum mta mta;
	struct ip client;
	const char *exempt;	/* why the policy exempts that address; NULL: it does not */
	const char *tls;	/* "TLSv1.3"; NULL: without */
	const char *error;	/* not reached, or XCLIENT was refused: there are no points */
};

enum audit_outcome { AUDIT_DONE, AUDIT_UNREACHABLE, AUDIT_NO_MEMORY };

/* All texts of the report lie in arena. */
enum audit_outcome audit_run(const struct audit_request *request, struct arena *arena,
			     struct audit_report *report_r);

const char *audit_verdict_word(enum audit_verdict verdict);

void audit_text(const struct audit_report *report, const struct audit_request *request, struct buf *out);
void audit_json(const struct audit_report *report, const struct audit_request *request, struct buf *out);

#endif
