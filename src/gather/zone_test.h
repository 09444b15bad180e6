/* SPDX-License-Identifier: BSD-2-Clause */
/* The test entries that every DNS list must have: a list that is gone or mistyped is found out at start. */
#ifndef GATHER_ZONE_TEST_H
#define GATHER_ZONE_TEST_H

#include "core/policy.h"
#include "dns/dns.h"

#include <stdbool.h>

/*
 * Asks each zone that a rule or exemption uses for the entries of RFC 5782 5: 127.0.0.2 is listed and 127.0.0.1 is
 * not; of names, "test" is and "invalid" is not.  tell() is given one line for each that is wrong, or got no answer
 * within policy->dns.deadline_ms.  stop() is asked several times a second, and ends it.  False when memory is out.
 */
bool zones_test(const struct policy *policy, struct dns *dns, void (*tell)(const char *line), bool (*stop)(void));

#endif
