/* SPDX-License-Identifier: BSD-2-Clause */
/* What the events of a session count as. */
#ifndef APP_METER_H
#define APP_METER_H

#include "app/engine.h"
#include "app/metrics.h"
#include "core/session.h"
#include "dns/dns.h"

#include <stdbool.h>
#include <stdint.h>

/* Of one session, for its end.  Zeroed: nothing has come yet. */
struct meter {
	bool had_mail;
	bool greeted_plain;
	bool greeted_in_tls;
	bool logged_in;
	bool answer_counted;		/* of this transaction */
	bool accept_counted;
	enum meter_tls tls;		/* TLS_NONE: nothing was said of it */
	enum meter_outcome outcome;
};

/*
 * In a worker, before any thread: finds the policy's names, and makes the series of its listeners begin at 0.  place is
 * that of this worker.  Without memory all names count as "other".
 */
void meter_start(const struct policy *policy, unsigned place);

/* All of the following: any thread. */
void meter_session_begin(void);
void meter_session_end(const struct policy *policy, const struct session *session, const struct meter *meter);

/* tls_version: as the MTA told at the greeting; NULL or "": not. */
void meter_greeting(struct meter *meter, const char *tls_version);
void meter_mail(struct meter *meter, const struct session *session);

/* A command was answered so; the most severe one stays. */
void meter_outcome(struct meter *meter, enum meter_outcome outcome);

/* Once for each transaction, or twice where some of its recipients are refused. */
void meter_verdict(const struct policy *policy, struct meter *meter, const struct judgement *judgement, bool answered);

/* The command that came at begun_us (clock_monotonic_us()) is answered now. */
void meter_step(enum meter_step step, int64_t begun_us);

void meter_limit(enum meter_limit limit);
void meter_out_of_time(void);
extern const struct dns_watch meter_dns;

/* Now and then: what this worker says of itself.  dns may be NULL.  One thread. */
void meter_report(struct dns *dns);

#endif
