/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as an SMTP client writes them in a literal (RFC 5321 4.1.3), which is not how inet_pton() reads them. */
#ifndef BASE_LITERAL_ADDRESS_H
#define BASE_LITERAL_ADDRESS_H

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>

/* An IPv4 address, whole.  *zeros_r becomes true when a number begins with a zero, which RFC 5321 allows. */
bool literal_address_v4(const char *text, size_t length, struct ip *ip_r, bool *zeros_r);

/*
 * IPv6-full, IPv6-comp, IPv6v4-full or IPv6v4-comp, whole, without a tag.  *mapped_r: an IPv4-mapped one, which ip_r then is as
 * an IPv4 address.
 */
bool literal_address_v6(const char *text, size_t length, struct ip *ip_r, bool *zeros_r, bool *mapped_r);

#endif
