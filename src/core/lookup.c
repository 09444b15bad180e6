/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds answers of DNS among those that a session has, and notes the missing ones. */
#include "core/lookup.h"

#include "base/name.h"
#include "core/facts.h"

static const struct reason not_recorded = {
	"dns_not_recorded", "the answer of DNS is not known: it was not asked or not recorded", NULL
};
static const struct reason servfail = { "dns_servfail", "the name server failed", NULL };
static const struct reason refused = { "dns_refused", "the name server refused to answer", NULL };
static const struct reason timeout = { "dns_timeout", "no answer of DNS in time", NULL };
static const struct reason unusable = { "dns_unusable", "DNS cannot be asked for such a name", NULL };
static const struct reason limit = { "dns_limit", "too many questions to DNS for one command", NULL };

const struct dns_item *answers_find(const struct answers *answers, const char *name, enum dns_type type)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->items[i].type == type && domain_equal(answers->items[i].name, name))
			return &answers->items[i];
	return NULL;
}

static bool is_wanted(const struct wanted *wanted, const char *name, enum dns_type type)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (wanted->questions[i].type == type && domain_equal(wanted->questions[i].name, name))
			return true;
	return false;
}

static void want(struct wanted *wanted, const char *name, enum dns_type type)
{
	char *copy;

	if (is_wanted(wanted, name, type))
		return;
	if (wanted->count == WANTED_MAX) {
		wanted->over_limit = true;
		return;
	}
	copy = arena_strdup(wanted->arena, name);
	if (copy)
		wanted->questions[wanted->count++] = (struct wanted_question){ copy, type };
	else
		wanted->no_memory = true;
}

const struct dns_answer *dns_lookup(const struct context *context, const char *name, enum dns_type type)
{
	const struct answers *answers = context->dns;
	const struct dns_answer *stand_in;
	const struct dns_item *item;
	struct wanted *wanted = context->wanted;
	bool missing;

	if (!answers)
		return &dns_answer_unknown;
	item = answers_find(answers, name, type);
	stand_in = item ? answers->asked : answers->not_asked;
	missing = !item || !item->answer;
	/* When the time is over, or the limit is reached, asking is of no use any more. */
	if (wanted && ((missing && stand_in->status == DNS_UNKNOWN) || (item && wanted->also_asked)))
		want(wanted, name, type);
	return missing ? stand_in : item->answer;
}

size_t wanted_mark(const struct context *context)
{
	return context->wanted ? context->wanted->count : 0;
}

void wanted_reset(const struct context *context, size_t mark)
{
	struct wanted *wanted = context->wanted;

	if (wanted && !wanted->thorough)
		wanted->count = mark;
}

const struct reason *dns_reason(enum dns_status status)
{
	switch (status) {
	case DNS_UNKNOWN:	return &not_recorded;
	case DNS_NOERROR:
	case DNS_NODATA:
	case DNS_NXDOMAIN:	return NULL;
	case DNS_SERVFAIL:	return &servfail;
	case DNS_REFUSED:	return &refused;
	case DNS_TIMEOUT:	return &timeout;
	case DNS_UNUSABLE:	return &unusable;
	case DNS_LIMIT:		return &limit;
	}
	return &not_recorded;
}

enum dns_status dns_worse(enum dns_status a, enum dns_status b)
{
	if (dns_is_certain(a) || b == DNS_UNKNOWN)
		return b;
	return a;
}
