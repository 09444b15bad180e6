/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of the policy file, as the loader knows them, for the manual. */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

#include <stdbool.h>

struct policy_key {
	const char *path;	/* "server.session_log.path", "listeners[].match"; until the next call */
	bool is_top;		/* a section */
	bool required;
	const char *help;
};

/* Tells each of them, in the order of the tables. */
void policy_keys_tell(void (*tell)(void *context, const struct policy_key *key), void *context);

#endif
