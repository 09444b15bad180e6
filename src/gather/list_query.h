/* SPDX-License-Identifier: BSD-2-Clause */
/* A look-up in a list outside a session, DNS lists included. */
#ifndef GATHER_LIST_QUERY_H
#define GATHER_LIST_QUERY_H

#include "core/policy.h"
#include "dns/dns.h"

#include <stdbool.h>

/* A value that is looked up in a list, of which DNS is asked what its zones hold. */
struct list_query {
	const struct list *list;
	const char *name;		/* one of the two; the other is NULL */
	const struct ip *address;
	unsigned deadline_ms;

	enum tri found;
	struct list_hit hit;		/* where found is TRI_YES */
	struct alarms alarms;
};

/* dns NULL: it is not asked.  False when memory is out. */
bool list_query_run(struct list_query *query, struct dns *dns);

#endif
