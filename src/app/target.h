/* SPDX-License-Identifier: BSD-2-Clause */
/* The server that an audit speaks to: its name, and where that is. */
#ifndef APP_TARGET_H
#define APP_TARGET_H

#include <netdb.h>
#include <stdbool.h>

#define TARGET_HOST_BYTES 256

struct target {
	char host[TARGET_HOST_BYTES];
	char port[6];
};

/* "HOST:PORT" or "[ADDRESS]:PORT"; false for anything else. */
bool target_split(const char *text, struct target *target_r);

struct target_lookup {
	struct target target;
	struct addrinfo *addresses;	/* the caller's, for freeaddrinfo() */
	int error;
};

/*
 * Fills addresses.  NULL, or why there are none.  A name server that does not answer must not hold the audit beyond
 * its limit: then a thread is left behind that still writes into lookup, which must live as long as the process.
 */
const char *target_find(struct target_lookup *lookup, unsigned time_limit_s);

/* Is the first of them loopback, or an address of an interface here? */
bool target_is_here(const struct addrinfo *addresses);

#endif
