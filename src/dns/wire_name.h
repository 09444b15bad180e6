/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of DNS between their two forms: text as in zone files, and labels as on the wire. */
#ifndef DNS_WIRE_NAME_H
#define DNS_WIRE_NAME_H

#include "core/dns_answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_NAME_BYTES 255	/* RFC 1035 2.3.4 */
#define WIRE_LABEL_BYTES 63

/* Labels with their lengths, the root's 0 at the end; ASCII letters in lower case (RFC 4343). */
struct wire_name {
	uint8_t bytes[WIRE_NAME_BYTES];
	uint8_t length;		/* at least 1 */
};

/*
 * RFC 1035 5.1: \DDD is the byte of that decimal number, \X stands for X; any other byte is taken as it
 * is.  A final dot may be left out.  false: an empty label or text, a label over 63 octets, a name over
 * 255, a broken escape.
 */
bool wire_name_parse(const char *text, struct wire_name *name_r);

/*
 * The one form that core/dns_answer.h speaks of: bytes that zone files, tapes or shells treat specially
 * become \DDD.
 */
void wire_name_format(const struct wire_name *name, char text_r[DNS_NAME_BYTES]);

bool wire_name_equal(const struct wire_name *a, const struct wire_name *b);

/* Letters, digits, '-' and '_' in all labels, and at least one label. */
bool wire_name_is_host(const struct wire_name *name);

#endif
