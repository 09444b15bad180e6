/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks a value up in a list without a session. */
#include "gather/list_query.h"

#include "base/clock.h"
#include "core/facts.h"

#define BLOCK_BYTES 2048

static bool ask(struct dns_batch *batch, const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!dns_batch_ask(batch, wanted->questions[i].name, wanted->questions[i].type, 0))
			return false;
	return !wanted->no_memory;
}

static void look(struct list_query *query, const struct answers *answers, struct wanted *wanted)
{
	static const struct session nobody;
	const struct context context = { .session = &nobody, .listener = "", .dns = answers, .wanted = wanted,
					 .alarms = &query->alarms };

	query->alarms.count = 0;
	query->found = query->address ? list_has_address(query->list, &context, query->address, &query->hit) :
					list_has_name(query->list, &context, query->name, &query->hit);
}

static bool look_and_ask(struct list_query *query, struct dns_batch *batch, struct arena *arena)
{
	int64_t deadline_us = clock_monotonic_us() + (int64_t)query->deadline_ms * 1000;
	struct answers answers = { .asked = &dns_answer_unknown, .not_asked = &dns_answer_unknown };
	struct wanted wanted = { .arena = arena };

	look(query, &answers, &wanted);
	if (!ask(batch, &wanted))
		return false;
	while (dns_batch_open(batch) > 0 && dns_batch_wait(batch, deadline_us))
		;
	(void)dns_batch_wait(batch, 0);
	answers.items = dns_batch_items(batch, &answers.count);
	answers.asked = &dns_answer_timeout;
	look(query, &answers, NULL);
	return true;
}

bool list_query_run(struct list_query *query, struct dns *dns)
{
	struct dns_batch *batch;
	struct arena arena;
	bool done;

	if (!dns) {
		look(query, NULL, NULL);
		return true;
	}
	batch = dns_batch_new(dns);
	if (!batch)
		return false;
	arena_init(&arena, NULL, 0, BLOCK_BYTES);
	done = look_and_ask(query, batch, &arena);
	dns_batch_free(&batch);
	arena_clear(&arena);
	return done;
}
