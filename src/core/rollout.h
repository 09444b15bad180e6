/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a check or rule is carried out: its mode, for which share of the clients, on which days. */
#ifndef CORE_ROLLOUT_H
#define CORE_ROLLOUT_H

#include "core/session.h"
#include "core/verdict.h"

#include <stdbool.h>
#include <stdint.h>

#define DATE_NONE INT32_MIN

/* Inclusive UTC dates; DATE_NONE = open. */
struct period {
	int32_t since;
	int32_t until;
};

/* Is date within the period? */
bool period_holds(const struct period *period, int32_t date);

struct rollout {
	enum mode mode;			/* MODE_INHERIT: the listener's */
	unsigned enforce_percent;	/* of the clients, for which mode enforce holds; the others are observed */
	struct period period;		/* outside it a check is only observed, and a rule is nothing */
	unsigned mode_line;		/* of the key mode in the file; 0: it is not there */
};

/* What holds where nothing is said. */
#define ROLLOUT_WHOLE { MODE_INHERIT, 100, { DATE_NONE, DATE_NONE }, 0 }

/*
 * Is the client among the first percent of 100?  Its /24 or /64 and, with by_name, the name of its greeting
 * (without case and final dot) decide, and nothing else: a retry, another process and another host come to the
 * same.  Who is in a share is in every larger one too.  False where one of the two is unknown, unless percent
 * is 100.
 */
bool client_in_share(const struct session *session, bool by_name, unsigned percent);

#endif
