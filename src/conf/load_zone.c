/* SPDX-License-Identifier: BSD-2-Clause */
/* The key dns_zone of a list: the zone, and which answers mean that something is listed. */
#include "conf/loader.h"

#include <string.h>

#define ADDRESS_BYTES 20

static const char answers_expected[] = "an address, a network or 'FIRST-LAST' in 127.0.0.0/8";

static uint32_t number_of(const struct ip *ip)
{
	return (uint32_t)ip->bytes[0] << 24 | (uint32_t)ip->bytes[1] << 16 | (uint32_t)ip->bytes[2] << 8 |
	       ip->bytes[3];
}

/* "127.0.0.2-127.0.0.11" */
static bool read_from_to(const char *text, const char *minus, struct zone_range *range_r)
{
	char first[ADDRESS_BYTES];
	size_t length = (size_t)(minus - text);
	struct ip from, to;

	if (length >= sizeof first)
		return false;
	memcpy(first, text, length);
	first[length] = '\0';
	if (!ip_parse(first, &from) || !ip_parse(minus + 1, &to) || from.family != IP_V4 || to.family != IP_V4)
		return false;
	*range_r = (struct zone_range){ number_of(&from), number_of(&to) };
	return range_r->first <= range_r->last;
}

static bool read_range(const char *text, struct zone_range *range_r)
{
	const char *minus = strchr(text, '-');
	struct network network;
	const char *error;
	uint32_t first;

	if (minus)
		return read_from_to(text, minus, range_r);
	if (!network_parse(text, &network, &error) || network.ip.family != IP_V4 || network.prefix_bits == 0)
		return false;
	first = number_of(&network.ip);
	*range_r = (struct zone_range){ first, first | (UINT32_MAX >> (network.prefix_bits - 1) >> 1) };
	return true;
}

/* RFC 5782 2.1; 127.255.255.0/24 is what lists answer to those whom they do not serve. */
static const char *range_objection(const struct zone_range *range)
{
	if (range->first >> 24 != 127 || range->last >> 24 != 127)
		return "lists answer from 127.0.0.0/8";
	if (range->last >= 0x7fffff00)
		return "127.255.255.0/24 is an error of the list, not a listing";
	return NULL;
}

static void load_zone_name(struct loader *loader, const struct node *node, void *target)
{
	struct zone *zone = target;
	const char *text = load_text(loader, node, "the name of a zone");
	char name[NAME_TEXT_BYTES];

	if (!text)
		return;
	if (!domain_normalise(text, strlen(text), name))
		error_at(loader, node, "'%s' is no domain; expected the name of a zone", text);
	else if (strlen(name) > ZONE_NAME_MAX)
		error_at(loader, node, "a name of %zu octets; expected at most %d, for addresses to go before it",
			 strlen(name), ZONE_NAME_MAX);
	else
		zone->name = policy_copy(loader, name);
}

static void load_answer(struct loader *loader, const struct node *item, struct zone_range *range_r)
{
	const char *objection;

	if (!is_scalar(loader, item, answers_expected))
		return;
	if (!read_range(item->text, range_r)) {
		error_at(loader, item, "'%s' is no range of addresses; expected %s", item->text, answers_expected);
		return;
	}
	objection = range_objection(range_r);
	if (objection)
		error_at(loader, item, "'%s': %s; expected 127.0.0.2 to 127.255.254.255", item->text, objection);
}

static void load_answers(struct loader *loader, const struct node *node, void *target)
{
	static const struct zone_range fallback = { 0x7f000002, 0x7ffffeff };
	struct zone *zone = target;
	struct zone_range *ranges;

	if (!node) {
		zone->answers = &fallback;
		zone->answer_count = 1;
		return;
	}
	if (!is_items(loader, node, answers_expected))
		return;
	ranges = policy_array(loader, item_count(node), sizeof *ranges);
	if (!ranges)
		return;
	if (item_count(node) == 0)
		error_at(loader, node, "an empty list: nothing would be listed; expected %s", answers_expected);
	zone->answers = ranges;
	for (const struct node *item = first_item(node); item; item = next_item(node, item))
		load_answer(loader, item, &ranges[zone->answer_count++]);
}

static const struct key zone_keys[] = {
	{ .name = "zone", .load = load_zone_name, .use = KEY_REQUIRED, .expected = "the name of a zone",
	  .help = "the name of the zone" },
	{ .name = "answers", .load = load_answers, .use = KEY_ALWAYS,
	  .help = "addresses, networks or ranges that mean \"listed\" (default: 127.0.0.2-127.255.254.255)" },
};
const struct key_table zone_table = KEY_TABLE(zone_keys);

void load_zone(struct loader *loader, const struct node *node, struct list *list)
{
	struct zone *zone = policy_array(loader, 1, sizeof *zone);

	if (!zone)
		return;
	zone->line = node->place.line;
	load_map(loader, node, &zone_table, zone);
	list->zone = zone;
}
