/* SPDX-License-Identifier: BSD-2-Clause */
/* The answers of DNS in a record, as a source. */
#ifndef APP_RECORD_DNS_H
#define APP_RECORD_DNS_H

#include "dns/dns.h"
#include "logs/record.h"

#include <stdbool.h>

/*
 * *dns_r: what the record holds as of transaction tx, as record_tape() takes it, and below (NULL: nobody) for the rest;
 * NULL when the record tells nothing of DNS.  If one of its answers is none, all count as not recorded.  The caller frees
 * by dns_free().  false: out of memory.
 */
bool record_dns_open(const struct record *record, size_t tx, struct dns *below, struct dns **dns_r);

#endif
