/* SPDX-License-Identifier: BSD-2-Clause */
/* IP addresses and networks as values. */
#include "base/ip.h"

#include "base/literal_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define NETWORK_TEXT_MAX 60

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* RFC 4291 2.5.5.2: a mapped address is the IPv4 address. */
static void set_v6(struct ip *ip, const uint8_t bytes[16])
{
	*ip = (struct ip){ .family = IP_V6 };
	if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
		ip->family = IP_V4;
		memcpy(ip->bytes, bytes + 12, 4);
		return;
	}
	memcpy(ip->bytes, bytes, 16);
}

bool ip_parse_bytes(const char *text, size_t length, struct ip *ip_r)
{
	char copy[IP_TEXT_BYTES];
	uint8_t bytes[16];
	bool zeros = false;
	struct ip ip;

	if (length == 0)
		return false;
	if (literal_address_v4(text, length, &ip, &zeros) && !zeros) {
		*ip_r = ip;
		return true;
	}
	if (length >= sizeof copy || memchr(text, '\0', length))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (inet_pton(AF_INET6, copy, bytes) != 1)
		return false;
	set_v6(ip_r, bytes);
	return true;
}

bool ip_parse(const char *text, struct ip *ip_r)
{
	return ip_parse_bytes(text, strlen(text), ip_r);
}

void ip_format(const struct ip *ip, char text_r[IP_TEXT_BYTES])
{
	text_r[0] = '\0';
	if (ip->family != IP_NONE)
		(void)inet_ntop(ip->family == IP_V4 ? AF_INET : AF_INET6, ip->bytes, text_r, IP_TEXT_BYTES);
}

bool ip_from_sockaddr(const struct sockaddr *address, struct ip *ip_r, unsigned *port_r)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (!address)
		return false;
	switch (address->sa_family) {
	case AF_INET:
		memcpy(&v4, address, sizeof v4);
		*ip_r = (struct ip){ .family = IP_V4 };
		memcpy(ip_r->bytes, &v4.sin_addr, 4);
		*port_r = ntohs(v4.sin_port);
		return true;
	case AF_INET6:
		memcpy(&v6, address, sizeof v6);
		set_v6(ip_r, v6.sin6_addr.s6_addr);
		*port_r = ntohs(v6.sin6_port);
		return true;
	default:
		return false;
	}
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t v6_loopback[16] = { [15] = 1 };

	if (ip->family == IP_V4)
		return ip->bytes[0] == 127;
	return ip->family == IP_V6 && memcmp(ip->bytes, v6_loopback, sizeof v6_loopback) == 0;
}

/* 1 to 3 decimal digits and nothing else. */
static bool parse_bits(const char *text, unsigned *bits_r)
{
	unsigned bits = 0;
	size_t length = strlen(text);

	if (length < 1 || length > 3)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		bits = bits * 10 + (unsigned)(*text - '0');
	}
	*bits_r = bits;
	return true;
}

static bool host_bits_clear(const struct ip *ip, unsigned prefix_bits)
{
	unsigned width = ip->family == IP_V4 ? 32 : 128;

	for (unsigned bit = prefix_bits; bit < width; bit++)
		if (ip->bytes[bit / 8] >> (7 - bit % 8) & 1)
			return false;
	return true;
}

/* Takes the brackets off in place: "[::1]/128", "[IPv6:::1]". */
static bool unbracket(char *text)
{
	char *close = strchr(text, ']');
	size_t tag = strncasecmp(text + 1, "IPv6:", 5) == 0 ? 5 : 0;
	size_t inside;

	if (!close)
		return false;
	inside = (size_t)(close - text) - 1 - tag;
	memmove(text, text + 1 + tag, inside);
	memmove(text + inside, close + 1, strlen(close + 1) + 1);
	return true;
}

bool network_parse(const char *text, struct network *network_r, const char **error_r)
{
	char copy[NETWORK_TEXT_MAX + 1];
	struct network network;
	char *slash;

	*error_r = "is no address or network";
	if (strlen(text) > NETWORK_TEXT_MAX)
		return false;
	(void)snprintf(copy, sizeof copy, "%s", text);
	if (copy[0] == '[' && !unbracket(copy))
		return false;
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	if (!ip_parse(copy, &network.ip))
		return false;
	network.prefix_bits = network.ip.family == IP_V4 ? 32 : 128;
	if (slash) {
		unsigned bits;
		unsigned width = network.prefix_bits;
		bool mapped = network.ip.family == IP_V4 && strchr(copy, ':');

		if (!parse_bits(slash, &bits) || bits > (mapped ? 128 : width) || (mapped && bits < 96)) {
			*error_r = network.ip.family == IP_V4 ? "has a prefix that is not 0 to 32" :
								"has a prefix that is not 0 to 128";
			return false;
		}
		network.prefix_bits = mapped ? bits - 96 : bits;
	}
	if (!host_bits_clear(&network.ip, network.prefix_bits)) {
		*error_r = "has bits set outside its prefix";
		return false;
	}
	*network_r = network;
	return true;
}

void network_format(const struct network *network, char text_r[IP_TEXT_BYTES + 4])
{
	char address[IP_TEXT_BYTES];

	ip_format(&network->ip, address);
	if (network->prefix_bits == (network->ip.family == IP_V4 ? 32U : 128U))
		(void)snprintf(text_r, IP_TEXT_BYTES + 4, "%s", address);
	else
		(void)snprintf(text_r, IP_TEXT_BYTES + 4, "%s/%u", address, network->prefix_bits);
}

bool network_contains(const struct network *network, const struct ip *ip)
{
	size_t whole = network->prefix_bits / 8;
	unsigned rest = network->prefix_bits % 8;

	if (network->ip.family != ip->family || memcmp(network->ip.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 || (network->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest) == 0;
}
