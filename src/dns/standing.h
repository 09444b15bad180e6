/* SPDX-License-Identifier: BSD-2-Clause */
/* How the name servers stand: which one to ask next, and which dead one to try again. */
#ifndef DNS_STANDING_H
#define DNS_STANDING_H

#include "dns/servers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Questions for so many zones that have nothing to do with each other, without a sign of life between them. */
#define STANDING_STRIKES 3
/*
 * How often one that has been silent gets a copy of a question that goes to another: to see whether it is
 * back, or whether only the zone was slow for which it was asked.
 */
#define STANDING_PROBE_US INT64_C(1000000)

/* One thread at a time. */
struct standing {
	size_t count;
	struct {
		unsigned strikes;
		uint64_t zones[STANDING_STRIKES];	/* of the strikes */
		bool silent;		/* asked after all others */
		int64_t answered_us;	/* the last sign of life */
		int64_t probe_us;	/* of one with strikes: not before */
	} servers[SERVERS_MAX];
};

/* What one question has met so far. */
struct tries {
	uint8_t asked[SERVERS_MAX];	/* how often */
	bool refused[SERVERS_MAX];	/* it has answered SERVFAIL or REFUSED: it need not be asked again */
};

#define SERVER_NONE SIZE_MAX

void standing_init(struct standing *standing, size_t count);

/* Any answer, whatever it says.  true: it was silent until now. */
bool standing_answered(struct standing *standing, size_t server, int64_t now_us);

/*
 * A question sent at sent_us has no answer, and time is up.  zone: a number that stands for the zone of its
 * name, which may be the one that is dead.  true: from now on the server counts as silent, and the others are
 * asked first.
 */
bool standing_failed(struct standing *standing, size_t server, uint64_t zone, int64_t sent_us, int64_t now_us);

/*
 * The one to ask next: not silent before silent, seldom asked before often, in their order.  SERVER_NONE:
 * all refused.
 */
size_t standing_choose(const struct standing *standing, const struct tries *tries);

/* Some have refused, and there is none left but silent ones. */
bool standing_hopeless(const struct standing *standing, const struct tries *tries);

/* A server with strikes whose time to be tried has come; the next time is set.  SERVER_NONE: none. */
size_t standing_probe(struct standing *standing, const struct tries *tries, int64_t now_us);

#endif
