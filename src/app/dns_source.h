/* SPDX-License-Identifier: BSD-2-Clause */
/* The option --dns of commands: where answers come from. */
#ifndef APP_DNS_SOURCE_H
#define APP_DNS_SOURCE_H

#include "core/policy.h"
#include "dns/dns.h"

#include <stdbool.h>

/* "live", "none" or "tape:FILE"? */
bool dns_source_is_valid(const char *source);

/*
 * *dns_r is NULL for none.  EXIT_FINE, or the status of a failure that was told on stderr.  The caller frees by
 * dns_free().
 */
int dns_source_open(const struct policy *policy, const char *source, struct dns **dns_r);

#endif
