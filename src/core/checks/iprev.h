/* SPDX-License-Identifier: BSD-2-Clause */
/* The setting of iprev that others depend on: whose word counts for the client's names. */
#ifndef CORE_CHECKS_IPREV_H
#define CORE_CHECKS_IPREV_H

#include "core/check.h"

/* The parameter dns_source, and its words. */
enum { IPREV_DNS_SOURCE };
enum { IPREV_BY_DNS, IPREV_BY_MTA };

/* Of the settings of iprev: does the MTA's word count, also for client_name and client_ptr? */
bool iprev_asks_mta(const struct check_settings *settings);

#endif
