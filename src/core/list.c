/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists: additions, and look-ups that find the longest match, then a pattern, then what DNS says. */
#include "core/list.h"

#include "base/hash.h"
#include "base/name.h"
#include "core/domain_set.h"
#include "core/facts.h"
#include "core/network_set.h"
#include "core/pattern_set.h"

#include <stdio.h>
#include <string.h>

/* The best entry so far of a look-up over a list and its parts. */
struct match {
	const struct list *list;
	const struct domain_entry *domain;
	const struct network_entry *network;
	const struct pattern_entry *pattern;
	const char *own_name;	/* the part of $self that matched */
	const struct ip *own_address;
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
	pattern_set_clear(&list->patterns);
}

bool list_add_domain(struct list *list, const char *domain, unsigned scope,
		     struct list_source source)
{
	list->content += hash_bytes(domain, strlen(domain), scope);
	return domain_set_add(&list->domains, domain, scope, source);
}

bool list_add_network(struct list *list, const struct network *network, struct list_source source)
{
	uint64_t kind = (uint64_t)network->ip.family << 16 | (uint64_t)network->prefix_bits << 8;

	list->content += hash_bytes((const char *)network->ip.bytes, sizeof network->ip.bytes, kind);
	return network_set_add(&list->networks, network, source);
}

bool list_add_pattern(struct list *list, const char *text, struct list_source source,
		      struct pattern_error *error_r)
{
	list->content += hash_bytes(text, strlen(text), 4);
	return pattern_set_add(&list->patterns, text, source, error_r);
}

bool list_finish(struct list *list)
{
	pattern_set_finish(&list->patterns);
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
	} else if (match->pattern) {
		hit_r->source = (struct list_source){ match->pattern->file, match->pattern->line };
		snprintf(hit_r->entry, sizeof hit_r->entry, "%s", match->pattern->text);
	} else if (match->own_address) {
		ip_format(match->own_address, network);
		snprintf(hit_r->entry, sizeof hit_r->entry, "%s", network);
	} else {
		snprintf(hit_r->entry, sizeof hit_r->entry, "%s", match->own_name);
	}
}

/* --- DNS lists --- */

/* What is looked for: one of the two. */
struct subject {
	const char *name;
	const struct ip *ip;
};

static void fill_zone_hit(const struct list *list, const char *question, const struct ip *answer,
			  struct list_hit *hit_r)
{
	char address[IP_TEXT_BYTES];

	if (!hit_r)
		return;
	ip_format(answer, address);
	*hit_r = (struct list_hit){ .list = list, .source = { .file = 0, .line = list->zone->line } };
	snprintf(hit_r->entry, sizeof hit_r->entry, "%s for %s", address, question);
}

static enum tri ask_zone(const struct list *list, const struct context *context, const struct subject *subject,
			 struct list_hit *hit_r)
{
	char question[ZONE_QUESTION_BYTES];
	enum tri listed;
	struct ip answer;

	if (!(subject->ip ? zone_address_question(list->zone, subject->ip, question) :
			    zone_name_question(list->zone, subject->name, question)))
		return TRI_NO;
	if (!context)
		return TRI_UNKNOWN;
	listed = zone_ask(list->zone, context, question, &answer);
	if (listed == TRI_YES)
		fill_zone_hit(list, question, &answer, hit_r);
	return listed;
}

/* All of them are asked side by side; the first that says yes is enough. */
static enum tri ask_zones(const struct list *list, const struct context *context, const struct subject *subject,
			  struct list_hit *hit_r)
{
	size_t mark = context ? wanted_mark(context) : 0;
	enum tri listed = TRI_NO;

	for (size_t i = 0; i <= list->part_count && listed != TRI_YES; i++)
		if (list_part(list, i)->zone)
			listed = tri_or(listed, ask_zone(list_part(list, i), context, subject, hit_r));
	if (listed == TRI_YES && context)
		wanted_reset(context, mark);
	return listed;
}

/* --- names --- */

static enum tri self_has_name(const struct context *context, const char *name)
{
	if (!context || context->session->host.presence == PRESENCE_UNKNOWN)
		return TRI_UNKNOWN;
	return tri_of(context->session->host.presence == PRESENCE_KNOWN &&
		      domain_equal(name, context->session->host.value));
}

/* Among the names that the list spells out, and those of $self. */
static enum tri find_name(const struct list *list, const struct context *context, const struct folded_name *name,
			  struct match *match)
{
	enum tri own = TRI_NO;

	for (size_t i = 0; i <= list->part_count; i++) {
		const struct list *part = list_part(list, i);
		const struct domain_entry *entry = domain_set_match(&part->domains, name, match->weight);
		enum tri part_own = part->self ? self_has_name(context, name->text) : TRI_NO;

		if (entry)
			*match = (struct match){ part, .domain = entry, .weight = entry->length };
		if (part_own == TRI_YES && match->weight < name->length)
			*match = (struct match){ part, .own_name = name->text, .weight = name->length };
		own = tri_or(own, part_own);
	}
	return match->weight > 0 ? TRI_YES : own;
}

static enum tri find_pattern(const struct list *list, const struct context *context, const char *name,
			     struct match *match)
{
	enum tri found = TRI_NO;

	for (size_t i = 0; i <= list->part_count && found != TRI_YES; i++) {
		const struct list *part = list_part(list, i);

		found = tri_or(found, pattern_set_match(&part->patterns, name, context ? context->alarms : NULL,
							&match->pattern));
		match->list = part;
	}
	return found;
}

enum tri list_has_name(const struct list *list, const struct context *context, const char *name,
		       struct list_hit *hit_r)
{
	struct folded_name folded;
	struct match match = { 0 };
	enum tri found = TRI_NO;

	/* What is too long for a list of names may match a pattern all the same. */
	if (folded_name_init(&folded, name)) {
		found = find_name(list, context, &folded, &match);
		name = folded.text;
	}
	if (found != TRI_YES)
		found = tri_or(found, find_pattern(list, context, name, &match));
	if (found == TRI_YES)
		fill_hit(&match, hit_r);
	else
		found = tri_or(found, ask_zones(list, context, &(struct subject){ .name = name }, hit_r));
	return found;
}

/* --- addresses --- */

static bool is_own(const struct address *own, const struct ip *ip)
{
	return own->presence == PRESENCE_KNOWN && ip_equal(&own->value, ip);
}

static enum tri self_has_address(const struct context *context, const struct ip *ip)
{
	const struct session *session;

	/* Loopback is nobody's own: every host has it. */
	if (ip_is_loopback(ip))
		return TRI_NO;
	if (!context)
		return TRI_UNKNOWN;
	session = context->session;
	if (is_own(&session->daemon_addr, ip) || is_own(&session->interface_addr, ip))
		return TRI_YES;
	/* Postfix has no {if_addr}, and gives {daemon_addr} when asked: one is enough. */
	if (session->daemon_addr.presence != PRESENCE_UNKNOWN ||
	    session->interface_addr.presence != PRESENCE_UNKNOWN)
		return TRI_NO;
	return TRI_UNKNOWN;
}

static enum tri find_address(const struct list *list, const struct context *context, const struct ip *ip,
			     struct match *match)
{
	enum tri own = TRI_NO;

	for (size_t i = 0; i <= list->part_count; i++) {
		const struct list *part = list_part(list, i);
		const struct network_entry *entry = network_set_match(&part->networks, ip);
		enum tri part_own = part->self ? self_has_address(context, ip) : TRI_NO;

		/* A network of /0 is a match too. */
		if (entry && entry->network.prefix_bits + 1 > match->weight)
			*match = (struct match){ part, .network = entry,
						 .weight = entry->network.prefix_bits + 1 };
		if (part_own == TRI_YES && match->weight < WEIGHT_ADDRESS)
			*match = (struct match){ part, .own_address = ip, .weight = WEIGHT_ADDRESS };
		own = tri_or(own, part_own);
	}
	return match->weight > 0 ? TRI_YES : own;
}

enum tri list_has_address(const struct list *list, const struct context *context, const struct ip *ip,
			  struct list_hit *hit_r)
{
	struct match match = { 0 };
	enum tri found = find_address(list, context, ip, &match);

	if (found == TRI_YES)
		fill_hit(&match, hit_r);
	else
		found = tri_or(found, ask_zones(list, context, &(struct subject){ .ip = ip }, hit_r));
	return found;
}

/* --- the list as a whole --- */

bool list_asks_dns(const struct list *list)
{
	for (size_t i = 0; i <= list->part_count; i++)
		if (list_part(list, i)->zone)
			return true;
	return false;
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

		if (part->self || part->zone || part->domains.count > 0 || part->networks.count > 0 ||
		    part->patterns.count > 0)
			return false;
	}
	return true;
}

bool list_covers_network(const struct list *list, const struct network *network)
{
	for (size_t i = 0; i <= list->part_count; i++)
		if (network_set_covers(&list_part(list, i)->networks, network))
			return true;
	return false;
}

bool list_covers(const struct list *list, const struct list *other)
{
	if (list == other)
		return true;
	for (size_t i = 0; i <= other->part_count; i++) {
		const struct list *part = list_part(other, i);

		if (part->self || part->zone)
			return false;
		for (size_t j = 0; j < part->networks.count; j++)
			if (!list_covers_network(list, &part->networks.entries[j].network))
				return false;
	}
	return true;
}
