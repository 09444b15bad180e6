/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that hold the address of their host, as those of access networks do. */
#ifndef CORE_EMBEDDED_H
#define CORE_EMBEDDED_H

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the host part of the name hold all octets of the address, in order or reversed?
 *
 *	IPv4	decimal with separators ("12-34-56-78"), or three digits each without ("012034056078");
 *		hexadecimal, two digits each, with separators or without ("0c22384e")
 *	IPv6	nibbles, octets or groups, with separators or without; a group may lack its leading zeros,
 *		and a doubled separator stands for "::" ("2001-db8--1")
 *
 * A separator is one of - . _ and, between decimal octets, x.  The organisational domain is left out.
 */
bool name_embeds_address(const char *name, const struct ip *ip);

/*
 * How long the host part of a name of length bytes is, without the dot behind it; 0: there is none.  Without a
 * list of public suffixes the organisational domain is the last two labels, or three where the last is a
 * country's and the one before it a generic one ("example.co.uk").
 */
size_t name_host_part(const char *name, size_t length);

#endif
