/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of domains and networks: additions, and look-ups that find the longest match. */
#include "core/list.h"

#include "base/name.h"
#include "core/domain_set.h"
#include "core/network_set.h"

#include <string.h>

/* The best entry so far of a look-up over a list and its parts. */
struct match {
	const struct list *list;
	const struct domain_entry *domain;
	const struct network_entry *network;
	const char *self;	/* the part of $self that matched, as text */
	size_t weight;		/* the longer the more exact; 0 = nothing */
};

/* $self names one address: more exact than any network. */
#define WEIGHT_ADDRESS 200

void list_init(struct list *list, const char *name)
{
	*list = (struct list){ .name = name };
}

void list_clear(struct list *list)
{
	domain_set_clear(&list->domains);
	network_set_clear(&list->networks);
}

bool list_add_domain(struct list *list, const char *domain, unsigned scope,
		     struct list_source source)
{
	return domain_set_add(&list->domains, domain, scope, source);
}

bool list_add_network(struct list *list, const struct network *network, struct list_source source)
{
	return network_set_add(&list->networks, network, source);
}

bool list_finish(struct list *list)
{
	domain_set_finish(&list->domains);
	network_set_finish(&list->networks);
	return true;
}

/* The list itself, then its parts. */
static const struct list *list_part(const struct list *list, size_t index)
{
	return index == 0 ? list : list->parts[index - 1];
}

static void fill_hit(const struct match *match, struct list_hit *hit_r)
{
	char network[IP_TEXT_BYTES + 4];

	if (!hit_r)
		return;
	*hit_r = (struct list_hit){ .list = match->list };
	if (match->domain) {
		hit_r->source = (struct list_source){ match->domain->file, match->domain->line };
		domain_entry_format(&match->list->domains, match->domain, hit_r->entry,
				    sizeof hit_r->entry);
	} else if (match->network) {
		hit_r->source = (struct list_source){ match->network->file, match->network->line };
		network_format(&match->network->network, network);
		snprintf(hit_r->entry, sizeof hit_r->entry, "%s", network);
	} else {
		snprintf(hit_r->entry, sizeof hit_r->entry, "%s", match->self);
	}
}

static enum tri self_has_name(const struct session *session, const char *name)
{
	if (!session || session->host.presence == PRESENCE_UNKNOWN)
		return TRI_UNKNOWN;
	return tri_of(session->host.presence == PRESENCE_KNOWN &&
		      domain_equal(name, session->host.value));
}

enum tri list_has_name(const struct list *list, const struct session *session, const char *name,
		       struct list_hit *hit_r)
{
	struct folded_name folded;
	struct match match = { 0 };
	enum tri own = TRI_NO;

	if (!folded_name_init(&folded, name))
		return TRI_NO;
	for (size_t i = 0; i <= list->part_count; i++) {
		const struct list *part = list_part(list, i);
		const struct domain_entry *entry =
			domain_set_match(&part->domains, &folded, match.weight);
		enum tri part_own = part->self ? self_has_name(session, folded.text) : TRI_NO;

		if (entry)
			match = (struct match){ part, .domain = entry, .weight = entry->length };
		if (part_own == TRI_YES && match.weight < folded.length)
			match = (struct match){ part, .self = folded.text,
						.weight = folded.length };
		own = tri_or(own, part_own);
	}
	if (match.weight == 0)
		return own;
	fill_hit(&match, hit_r);
	return TRI_YES;
}

static bool is_own(const struct address *own, const struct ip *ip)
{
	return own->presence == PRESENCE_KNOWN && ip_equal(&own->value, ip);
}

static enum tri self_has_address(const struct session *session, const struct ip *ip)
{
	/* Loopback is nobody's own: every host has it. */
	if (ip_is_loopback(ip))
		return TRI_NO;
	if (!session)
		return TRI_UNKNOWN;
	if (is_own(&session->daemon_addr, ip) || is_own(&session->interface_addr, ip))
		return TRI_YES;
	/* Postfix has no {if_addr}, and gives {daemon_addr} when asked: one is enough. */
	if (session->daemon_addr.presence != PRESENCE_UNKNOWN ||
	    session->interface_addr.presence != PRESENCE_UNKNOWN)
		return TRI_NO;
	return TRI_UNKNOWN;
}

enum tri list_has_address(const struct list *list, const struct session *session,
			  const struct ip *ip, struct list_hit *hit_r)
{
	struct match match = { 0 };
	char text[IP_TEXT_BYTES];
	enum tri own = TRI_NO;

	ip_format(ip, text);
	for (size_t i = 0; i <= list->part_count; i++) {
		const struct list *part = list_part(list, i);
		const struct network_entry *entry = network_set_match(&part->networks, ip);
		enum tri part_own = part->self ? self_has_address(session, ip) : TRI_NO;

		/* A network of /0 is a match too. */
		if (entry && entry->network.prefix_bits + 1 > match.weight)
			match = (struct match){ part, .network = entry,
						.weight = entry->network.prefix_bits + 1 };
		if (part_own == TRI_YES && match.weight < WEIGHT_ADDRESS)
			match = (struct match){ part, .self = text, .weight = WEIGHT_ADDRESS };
		own = tri_or(own, part_own);
	}
	if (match.weight == 0)
		return own;
	fill_hit(&match, hit_r);
	return TRI_YES;
}

bool list_domain_at(const struct list *list, size_t index, char text_r[300], struct list_source *source_r)
{
	for (size_t i = 0; i <= list->part_count; i++) {
		const struct domain_set *set = &list_part(list, i)->domains;

		if (index < set->count) {
			const struct domain_entry *entry = &set->entries[index];

			domain_entry_format(set, entry, text_r, 300);
			*source_r = (struct list_source){ entry->file, entry->line };
			return true;
		}
		index -= set->count;
	}
	return false;
}

bool list_empty(const struct list *list)
{
	for (size_t i = 0; i <= list->part_count; i++) {
		const struct list *part = list_part(list, i);

		if (part->self || part->domains.count > 0 || part->networks.count > 0)
			return false;
	}
	return true;
}
