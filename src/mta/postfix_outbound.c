/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters of Postfix's SMTP client, transport by transport. */
#include "mta/postfix_work.h"
#include "mta/support.h"

#include <string.h>
#include <strings.h>

static const struct outbound *find_transport(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->transport_count; i++)
		if (strcmp(policy->transports[i].transport, name) == 0)
			return &policy->transports[i];
	return NULL;
}

static const char *outbound_origin(struct postfix_work *work, const struct outbound *own, enum outbound_id id,
				   const struct outbound_setting *setting)
{
	const char *word = outbound_words[id][setting->value];

	if (own && own->settings[id].named)
		return work_origin(work, setting->line, "outbound.transports.%s.%s: %s", own->transport,
				   outbound_names[id], word);
	return work_origin(work, setting->line, "outbound.%s: %s", outbound_names[id], word);
}

static void add_greeting(struct postfix_work *work, const char *origin, unsigned greeting)
{
	if (greeting != GREETING_NOEHLO)
		work_line(work, origin, "smtp_always_send_ehlo", greeting == GREETING_EHLO ? "yes" : "no");
	work_line(work, origin, "smtp_never_send_ehlo", greeting == GREETING_NOEHLO ? "yes" : "no");
}

/* Two settings meet in one list of keywords that the client is to overlook. */
struct keyword_plan {
	enum tri pipelining;	/* TRI_UNKNOWN: left as it is; TRI_NO: overlooked */
	enum tri eight_bit;
	const char *origin;
	unsigned line;
};

static bool is_decided(const char *item, const void *plan)
{
	const struct keyword_plan *p = plan;

	return (p->pipelining != TRI_UNKNOWN && strcasecmp(item, "pipelining") == 0) ||
	       (p->eight_bit != TRI_UNKNOWN && strcasecmp(item, "8bitmime") == 0);
}

static void add_keywords(struct postfix_work *work, const struct keyword_plan *plan)
{
	const char *list;

	if (!plan->origin)
		return;
	list = work_list_without(work, "smtp_discard_ehlo_keywords", plan->line, is_decided, plan);
	if (list && plan->pipelining == TRI_NO)
		list = arena_format(work->arena, "%s%spipelining", list, list[0] != '\0' ? ", " : "");
	if (list && plan->eight_bit == TRI_NO)
		list = arena_format(work->arena, "%s%s8bitmime", list, list[0] != '\0' ? ", " : "");
	if (list)
		work_line(work, plan->origin, "smtp_discard_ehlo_keywords", list);
}

static void plan_keyword(struct postfix_work *work, struct keyword_plan *plan, enum tri *keyword, bool seen,
			 const char *origin)
{
	*keyword = tri_of(seen);
	plan->origin = join_origins(work->arena, plan->origin, origin);
}

static void add_setting(struct postfix_work *work, enum outbound_id id, unsigned value, const char *origin,
			struct keyword_plan *plan)
{
	switch (id) {
	case OUTBOUND_GREETING:
		add_greeting(work, origin, value);
		break;
	case OUTBOUND_STREAMING:
		plan_keyword(work, plan, &plan->pipelining, value > 0, origin);
		break;
	case OUTBOUND_EIGHT_BIT:
		work_line(work, origin, "disable_mime_output_conversion", value == EIGHT_BIT_EIGHT ? "yes" : "no");
		if (value != EIGHT_BIT_EIGHT)
			plan_keyword(work, plan, &plan->eight_bit, value == EIGHT_BIT_NEGOTIATE, origin);
		break;
	case OUTBOUND_ETRN:
	case OUTBOUND_COUNT:
		break;
	}
}

static void add_transport(struct postfix_work *work, const struct outbound *own)
{
	struct keyword_plan plan = { .pipelining = TRI_UNKNOWN, .eight_bit = TRI_UNKNOWN };

	for (enum outbound_id id = 0; id < OUTBOUND_COUNT; id++) {
		const struct outbound_setting s = outbound_in_force(own, &work->policy->outbound, id);
		const struct support *support = support_of_outbound(MTA_POSTFIX, id, s.value);

		if (!s.named)
			continue;
		plan.line = s.line;
		if (support->kind == SUPPORT_NEVER)
			work_warn(work, s.line, "outbound.%s: %s is not possible here: %s", outbound_names[id],
				  outbound_words[id][s.value], support->text);
		else
			add_setting(work, id, s.value, outbound_origin(work, own, id, &s), &plan);
	}
	add_keywords(work, &plan);
}

static bool is_client(const struct postfix_service *service)
{
	return strcmp(service->command, "smtp") == 0 && strcmp(service->type, "unix") == 0;
}

static void check_transports(struct postfix_work *work)
{
	for (size_t i = 0; i < work->policy->transport_count; i++) {
		const struct outbound *own = &work->policy->transports[i];
		const struct postfix_service *s = work->current->services;

		while (s && !(is_client(s) && strcmp(s->name, own->transport) == 0))
			s = s->next;
		if (!s)
			work_error(work, own->line,
				   "transport '%s' is no SMTP client in --current; expected a service that runs smtp",
				   own->transport);
	}
}

void postfix_outbound(struct postfix_work *work)
{
	check_transports(work);
	for (const struct postfix_service *s = work->current->services; s && !work->no_memory; s = s->next) {
		const struct outbound *own = find_transport(work->policy, s->name);

		if (!is_client(s) || (!own && work->policy->outbound.line == 0))
			continue;
		if (postfix_begin_block(work, s))
			add_transport(work, own);
	}
}
