/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads addresses by the grammar of RFC 5321 4.1.3. */
#include "base/literal_address.h"

#include "base/ascii.h"

#include <string.h>

/* Snum 3("." Snum), whole; Snum = 1*3DIGIT, decimal. */
static bool parse_v4(const char *text, size_t length, uint8_t bytes_r[4], bool *zeros_r)
{
	const char *at = text, *end = text + length;

	for (size_t i = 0; i < 4; i++) {
		const char *start = at;
		unsigned value = 0;

		while (at < end && ascii_is_digit(*at) && value <= 255)
			value = value * 10 + (unsigned)(*at++ - '0');
		if (at == start || at - start > 3 || value > 255)
			return false;
		if (at - start > 1 && *start == '0')
			*zeros_r = true;
		bytes_r[i] = (uint8_t)value;
		if (i < 3 && (at == end || *at++ != '.'))
			return false;
	}
	return at == end;
}

bool literal_address_v4(const char *text, size_t length, struct ip *ip_r, bool *zeros_r)
{
	uint8_t bytes[4];

	if (!parse_v4(text, length, bytes, zeros_r))
		return false;
	*ip_r = (struct ip){ .family = IP_V4 };
	memcpy(ip_r->bytes, bytes, sizeof bytes);
	return true;
}

/* Sixteen-bit groups as they are read, and where the "::" stands among them. */
struct groups {
	uint8_t bytes[16];
	size_t count;
	size_t gap;
	bool has_gap;
	bool has_v4;
};

/* IPv6-hex = 1*4HEXDIG at text[*at]. */
static bool parse_group(const char *text, size_t length, size_t *at, struct groups *g)
{
	unsigned value = 0;
	size_t start = *at;

	if (g->count == 8)
		return false;
	for (; *at < length && ascii_hex_value(text[*at]) >= 0 && *at - start < 4; (*at)++)
		value = value << 4 | (unsigned)ascii_hex_value(text[*at]);
	if (*at == start)
		return false;
	g->bytes[2 * g->count] = (uint8_t)(value >> 8);
	g->bytes[2 * g->count + 1] = (uint8_t)value;
	g->count++;
	return true;
}

static bool parse_v4_tail(const char *text, size_t length, struct groups *g, bool *zeros_r)
{
	if (g->count > 6 || !parse_v4(text, length, g->bytes + 2 * g->count, zeros_r))
		return false;
	g->count += 2;
	g->has_v4 = true;
	return true;
}

static bool parse_groups(const char *text, size_t length, struct groups *g, bool *zeros_r)
{
	size_t at = 0;

	while (at < length) {
		if (length - at >= 2 && text[at] == ':' && text[at + 1] == ':' && !g->has_gap) {
			g->has_gap = true;
			g->gap = g->count;
			at += 2;
			if (at == length)
				return true;
		} else if (g->count > 0) {
			if (text[at++] != ':')
				return false;
		}
		if (memchr(text + at, '.', length - at) && !memchr(text + at, ':', length - at))
			return parse_v4_tail(text + at, length - at, g, zeros_r);
		if (!parse_group(text, length, &at, g))
			return false;
	}
	return g->count > 0 || g->has_gap;
}

bool literal_address_v6(const char *text, size_t length, struct ip *ip_r, bool *zeros_r, bool *mapped_r)
{
	static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };
	struct groups g = { .count = 0 };
	uint8_t bytes[16] = { 0 };
	size_t tail;

	/* Most of what is asked about is a name. */
	if (!memchr(text, ':', length))
		return false;
	/* "::" stands for two groups or more, so that at most six stand beside it; an IPv4 tail counts as two. */
	if (!parse_groups(text, length, &g, zeros_r) || (g.has_gap ? g.count > 6 : g.count != 8))
		return false;
	tail = g.has_gap ? 2 * (g.count - g.gap) : 0;
	memcpy(bytes, g.bytes, 2 * g.count - tail);
	memcpy(bytes + 16 - tail, g.bytes + 2 * g.count - tail, tail);
	*mapped_r = memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0;
	*ip_r = (struct ip){ .family = *mapped_r ? IP_V4 : IP_V6 };
	memcpy(ip_r->bytes, *mapped_r ? bytes + 12 : bytes, *mapped_r ? 4 : 16);
	return true;
}
