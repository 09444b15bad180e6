/* SPDX-License-Identifier: BSD-2-Clause */
/* The option --dns of commands: where answers come from. */
#ifndef APP_DNS_SOURCE_H
#define APP_DNS_SOURCE_H

#include "app/command.h"
#include "core/policy.h"
#include "dns/dns.h"

#include <stdbool.h>

/* The row of the option: fallback is what holds without it, member a const char * of type. */
#define DNS_OPTION(fallback, type, member)                                                                            \
	{                                                                                                             \
		.name = "dns", .value = "D",                                                                          \
		.help = "where answers of DNS come from: live asks now; none asks nothing, and the names that the MTA " \
			"confirmed count; tape:FILE takes them from a file, one a line: NAME TYPE STATUS [TTL RDATA] " \
			"(default: " fallback ")",                                                                    \
		.words = "live none tape:", .at = offsetof(type, member), .take = dns_source_take                     \
	}
int dns_source_take(const struct command *command, const char *value, void *at);

/*
 * *dns_r is NULL for none.  EXIT_FINE, or the status of a failure that was told on stderr.  The caller frees by
 * dns_free().
 */
int dns_source_open(const struct policy *policy, const char *source, struct dns **dns_r);

/*
 * For many sessions: one that is asked over the network keeps each answer to the end, whatever its TTL, so that all are
 * judged by the same.  name_r: "none", "live", or "tape " and the SHA-256 of the file.
 */
#define DNS_SOURCE_NAME_BYTES 80
int dns_source_open_for_many(const struct policy *policy, const char *source, struct dns **dns_r,
			     char name_r[DNS_SOURCE_NAME_BYTES]);

#endif
