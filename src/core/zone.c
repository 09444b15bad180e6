/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks DNS lists, and judges what they answer. */
#include "core/zone.h"

#include "core/facts.h"

#include <string.h>

static bool join(const struct zone *zone, const char *prefix, size_t length, char question_r[ZONE_QUESTION_BYTES])
{
	size_t zone_length = strlen(zone->name);

	if (length + 1 + zone_length >= ZONE_QUESTION_BYTES)
		return false;
	memcpy(question_r, prefix, length);
	question_r[length] = '.';
	memcpy(question_r + length + 1, zone->name, zone_length + 1);
	return true;
}

/* RFC 5782 2.1, 2.4. */
bool zone_address_question(const struct zone *zone, const struct ip *ip, char question_r[ZONE_QUESTION_BYTES])
{
	const char *tree = ip->family == IP_V6 ? ".ip6.arpa" : ".in-addr.arpa";
	char reverse[DNS_REVERSE_BYTES];

	dns_reverse_name(ip, reverse);
	return join(zone, reverse, strlen(reverse) - strlen(tree), question_r);
}

/* RFC 5782 3.  What is no domain is in no list of domains. */
bool zone_name_question(const struct zone *zone, const char *name, char question_r[ZONE_QUESTION_BYTES])
{
	char domain[NAME_TEXT_BYTES];

	return domain_normalise(name, strlen(name), domain) && join(zone, domain, strlen(domain), question_r);
}

static uint32_t number_of(const struct ip *ip)
{
	return (uint32_t)ip->bytes[0] << 24 | (uint32_t)ip->bytes[1] << 16 | (uint32_t)ip->bytes[2] << 8 |
	       ip->bytes[3];
}

static bool is_error(const struct ip *ip)
{
	return ip->bytes[0] != 127 || (ip->bytes[1] == 255 && ip->bytes[2] == 255);
}

static bool is_listing(const struct zone *zone, const struct ip *ip)
{
	uint32_t number = number_of(ip);

	for (size_t i = 0; i < zone->answer_count; i++)
		if (number >= zone->answers[i].first && number <= zone->answers[i].last)
			return true;
	return false;
}

enum tri zone_judge(const struct zone *zone, const struct dns_answer *answer, struct ip *answer_r)
{
	*answer_r = (struct ip){ .family = IP_NONE };
	if (!dns_is_certain(answer->status))
		return TRI_UNKNOWN;
	for (size_t i = 0; i < answer->count; i++) {
		const struct ip *ip = &answer->records[i].address;

		if (is_error(ip)) {
			*answer_r = *ip;
			return TRI_UNKNOWN;
		}
		if (answer_r->family == IP_NONE && is_listing(zone, ip))
			*answer_r = *ip;
	}
	return tri_of(answer_r->family != IP_NONE);
}

enum tri zone_ask(const struct zone *zone, const struct context *context, const char *question,
		  struct ip *answer_r)
{
	enum tri listed = zone_judge(zone, dns_lookup(context, question, DNS_A), answer_r);

	if (listed == TRI_UNKNOWN && answer_r->family != IP_NONE)
		alarms_add(context->alarms, &(struct alarm){ ALARM_ZONE, zone->name, *answer_r });
	return listed;
}
