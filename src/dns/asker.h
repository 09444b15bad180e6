/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that owns the network: takes questions from all others. */
#ifndef DNS_ASKER_H
#define DNS_ASKER_H

#include "dns/resolver.h"
#include "dns/servers.h"

#include <stdbool.h>

/* Any thread, but for asker_new() and asker_free().  Where its servers are the system's, it follows a change of those. */
struct asker;

/* answered is called by the asker's own thread.  NULL with *error_r set, a constant. */
struct asker *asker_new(const struct servers *servers, int timeout_ms, resolver_answered *answered, void *context,
			const char **error_r);
/* Ends the thread; what is open is not answered any more.  NULL inside is fine. */
void asker_free(struct asker **asker);

/*
 * Its answer will come: in timeout_ms at the latest, DNS_LIMIT when it was not even sent by then.  false:
 * memory is out, or too many questions wait; then none will come.
 */
bool asker_ask(struct asker *asker, const char *name, enum dns_type type);

bool asker_is_down(const struct asker *asker);

#endif
