/* SPDX-License-Identifier: BSD-2-Clause */
/* Warnings about what can never happen: a listener behind another one, a condition that is never true. */
#include "conf/loader.h"

#include "core/exempt.h"
#include "core/expr_imply.h"

#include <strings.h>

/* --- listeners --- */

static bool ports_within(const struct match *inner, const struct match *outer)
{
	for (size_t i = 0; i < inner->daemon_port_count; i++) {
		bool found = false;

		for (size_t j = 0; j < outer->daemon_port_count && !found; j++)
			found = inner->daemon_ports[i] == outer->daemon_ports[j];
		if (!found)
			return false;
	}
	return true;
}

static bool addresses_within(const struct match *inner, const struct match *outer)
{
	for (size_t i = 0; i < inner->daemon_addr_count; i++) {
		bool found = false;

		for (size_t j = 0; j < outer->daemon_addr_count && !found; j++)
			found = ip_equal(&inner->daemon_addrs[i], &outer->daemon_addrs[j]);
		if (!found)
			return false;
	}
	return true;
}

static bool texts_within(const char *const *inner, size_t inner_count, const char *const *outer, size_t outer_count)
{
	for (size_t i = 0; i < inner_count; i++) {
		bool found = false;

		for (size_t j = 0; j < outer_count && !found; j++)
			found = strcasecmp(inner[i], outer[j]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* Whether every session that inner matches, outer matches too.  A key that is not there matches everything. */
static bool match_covers(const struct match *outer, const struct match *inner)
{
	if (outer->daemon_port_count > 0 && (inner->daemon_port_count == 0 || !ports_within(inner, outer)))
		return false;
	if (outer->daemon_addr_count > 0 && (inner->daemon_addr_count == 0 || !addresses_within(inner, outer)))
		return false;
	if (outer->daemon_name_count > 0 &&
	    (inner->daemon_name_count == 0 || !texts_within(inner->daemon_names, inner->daemon_name_count,
							    outer->daemon_names, outer->daemon_name_count)))
		return false;
	if (outer->service_count > 0 &&
	    (inner->service_count == 0 || !texts_within(inner->services, inner->service_count, outer->services,
							outer->service_count)))
		return false;
	return !outer->clients || (inner->clients && list_covers(outer->clients, inner->clients));
}

static void lint_listener(struct loader *loader, const struct listener *listener, const struct node *node)
{
	const struct node *match = node_get(node, "match");

	if (listener->match_any)
		return;
	if (listener->match.clients && list_empty(listener->match.clients)) {
		diag_warn(loader->diag, match->place,
			  "this listener is never reached: its list of clients is empty");
		return;
	}
	for (const struct listener *other = loader->policy->listeners; other != listener; other++) {
		if (!match_covers(&other->match, &listener->match))
			continue;
		diag_warn(loader->diag, match->place,
			  "this listener is never reached: '%s' in line %u comes first and takes all that it matches",
			  other->name, other->line);
		return;
	}
}

/* --- conditions --- */

static bool period_covers(const struct period *outer, const struct period *inner)
{
	return (outer->since == DATE_NONE || (inner->since != DATE_NONE && inner->since >= outer->since)) &&
	       (outer->until == DATE_NONE || (inner->until != DATE_NONE && inner->until <= outer->until));
}

static void lint_never(struct loader *loader, const struct expr *condition, const char *listener,
		       const struct node *node)
{
	if (expr_never(condition, listener))
		diag_warn(loader->diag, node_get(node, "if")->place,
			  "this is never true: an empty list, or the name of another listener");
}

static void lint_exempted(struct loader *loader, const struct listener *listener, const struct rule *rule,
			  const struct node *node)
{
	for (size_t i = 0; i < listener->exempt_count; i++) {
		const struct exempt *exempt = &listener->exempts[i];

		if (!exempt_covers(exempt, NULL, rule) || !period_covers(&exempt->period, &rule->rollout.period) ||
		    !expr_implies(rule->condition, exempt->condition))
			continue;
		diag_warn(loader->diag, node_get(node, "if")->place,
			  "this rule never fires: the exemption in line %u covers it", exempt->line);
		return;
	}
}

void lint_reach(struct loader *loader, const struct listener *listener, const struct node *node)
{
	const struct node *rules = node_get(node, "rules"), *exempts = node_get(node, "exempt");
	const struct node *rule = rules ? rules->first : NULL, *exempt = exempts ? exempts->first : NULL;

	lint_listener(loader, listener, node);
	for (size_t i = 0; i < listener->rule_count; i++, rule = rule->next) {
		lint_never(loader, listener->rules[i].condition, listener->name, rule);
		lint_exempted(loader, listener, &listener->rules[i], rule);
	}
	for (size_t i = 0; i < listener->exempt_count; i++, exempt = exempt->next)
		lint_never(loader, listener->exempts[i].condition, listener->name, exempt);
}
