/* SPDX-License-Identifier: BSD-2-Clause */
/* IP addresses and networks as values. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

enum ip_family { IP_NONE, IP_V4, IP_V6 };

/* Bytes in network order, the unused ones zero.  A v4-mapped IPv6 address is always held as IPv4. */
struct ip {
	uint8_t bytes[16];
	enum ip_family family;
};

struct network {
	struct ip ip;		/* host bits are zero */
	unsigned prefix_bits;	/* 0 to 32, or 0 to 128 */
};

#define IP_TEXT_BYTES 46	/* the longest text form with its NUL */

/* inet_pton() forms only (no leading zeros, no zone id); false leaves *ip_r alone. */
bool ip_parse(const char *text, struct ip *ip_r);
bool ip_parse_bytes(const char *text, size_t length, struct ip *ip_r);

/* RFC 5952 form. */
void ip_format(const struct ip *ip, char text_r[IP_TEXT_BYTES]);

/* false for NULL, AF_UNIX and families other than IPv4 and IPv6. */
bool ip_from_sockaddr(const struct sockaddr *address, struct ip *ip_r, unsigned *port_r);

bool ip_equal(const struct ip *a, const struct ip *b);
bool ip_is_loopback(const struct ip *ip);	/* 127/8 and ::1 */

/*
 * "ADDRESS", "ADDRESS/BITS", or either in brackets ("[::1]"; "IPv6:" inside them is taken too).
 * On false *error_r is what is wrong, as the end of a sentence: a bit outside the prefix is set, ...
 */
bool network_parse(const char *text, struct network *network_r, const char **error_r);
void network_format(const struct network *network, char text_r[IP_TEXT_BYTES + 4]);
bool network_contains(const struct network *network, const struct ip *ip);

#endif
