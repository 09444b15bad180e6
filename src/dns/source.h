/* SPDX-License-Identifier: BSD-2-Clause */
/* What is behind struct dns, for batch.c. */
#ifndef DNS_SOURCE_H
#define DNS_SOURCE_H

#include "dns/asker.h"
#include "dns/cache.h"
#include "dns/dns.h"
#include "dns/tape.h"

/* Either a tape, which another source may complete, or the other two. */
struct dns {
	struct tape *tape;
	struct dns *below;		/* not its own; NULL: none */
	struct cache *cache;
	struct asker *asker;
	const struct dns_watch *watch;	/* NULL: nobody counts */
};

/* Keeps an answer, and hands it to all who wait for it.  Any thread. */
void dns_deliver(struct dns *dns, const char *name, enum dns_type type, const struct dns_answer *answer);

#endif
