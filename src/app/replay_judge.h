/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges session records by the engine of the daemon: what a policy would have said, and how sure that is. */
#ifndef APP_REPLAY_JUDGE_H
#define APP_REPLAY_JUDGE_H

#include "core/policy.h"
#include "dns/dns.h"
#include "report/judged.h"

#include <stdbool.h>

/* By what is judged; all of it outlives the judge. */
struct replay_plan {
	const struct policy *before;	/* NULL: what the MTA did then */
	const struct policy *after;
	const char *listener;		/* a name in all policies; NULL: their match decides */
	struct dns *dns;		/* asked for what the record does not hold; NULL: nobody is asked */
	bool live;			/* dns is the network: it is asked within app/dns_rate.h's bounds */
};

/* One thread. */
struct replay_judge;

/* NULL: out of memory. */
struct replay_judge *replay_judge_new(const struct replay_plan *plan);
void replay_judge_free(struct replay_judge **judge);

/*
 * What the policy would answer if every mode were enforce, for each transaction; a session without MAIL is judged once,
 * and refused only by what is answered before MAIL, unless the MTA itself kept it from MAIL then.  The answers of DNS in
 * the record come first.  Replies cost some time, and are left out unless asked for.  Valid until the next call, and as
 * long as the record is.  NULL: out of memory.
 */
const struct judged_session *replay_judge_record(struct replay_judge *judge, const struct record *record,
						 bool replies);

#endif
