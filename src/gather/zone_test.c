/* SPDX-License-Identifier: BSD-2-Clause */
/* Do the DNS lists of a policy work? */
#include "gather/zone_test.h"

#include "base/buf.h"
#include "base/clock.h"
#include "core/check.h"
#include "core/grow.h"
#include "core/lookup.h"

#include <stdlib.h>

#define SLICE_US 100000		/* how long stop() goes unasked */

/* --- which zones, and for what --- */

/* How a zone is used: each such way has test entries of its own. */
struct zone_use {
	const struct zone *zone;
	bool addresses;
};

struct uses {
	struct zone_use *items;
	size_t count;
	size_t capacity;
	bool no_memory;
};

static bool is_noted(const struct uses *uses, const struct zone_use *use)
{
	for (size_t i = 0; i < uses->count; i++)
		if (uses->items[i].zone == use->zone && uses->items[i].addresses == use->addresses)
			return true;
	return false;
}

static void note(struct uses *uses, const struct zone *zone, bool addresses)
{
	const struct zone_use use = { zone, addresses };
	struct zone_use *more;

	if (!zone || is_noted(uses, &use))
		return;
	more = grow(uses->items, &uses->capacity, uses->count + 1, sizeof *more);
	if (!more) {
		uses->no_memory = true;
		return;
	}
	uses->items = more;
	uses->items[uses->count++] = use;
}

static void note_list(struct uses *uses, const struct list *list, bool addresses)
{
	note(uses, list->zone, addresses);
	for (size_t i = 0; i < list->part_count; i++)
		note(uses, list->parts[i]->zone, addresses);
}

static void note_operand(void *uses, const struct expr_operand *operand)
{
	if (operand->list)
		note_list(uses, operand->list, operand->fact->type == FACT_ADDRESS);
}

static void note_listener(struct uses *uses, const struct listener *listener)
{
	for (size_t i = 0; i < listener->rule_count; i++)
		expr_each_operand(listener->rules[i].condition, note_operand, uses);
	for (size_t i = 0; i < listener->exempt_count; i++)
		expr_each_operand(listener->exempts[i].condition, note_operand, uses);
	for (size_t id = 0; id < CHECK_COUNT; id++)
		for (size_t i = 0; i < checks[id]->parameter_count; i++)
			if (!listener->checks[id].off && checks[id]->parameters[i].kind == PARAMETER_NETWORKS &&
			    listener->checks[id].lists[i])
				note_list(uses, listener->checks[id].lists[i], true);
}

/* --- test entries --- */

/* RFC 5782 5: the entry that must be there, and that which must not. */
static const struct {
	const char *value;
	const char *prefix;
} entries[2][2] = {
	[false] = { { "test", "test" }, { "invalid", "invalid" } },
	[true] = { { "127.0.0.2", "2.0.0.127" }, { "127.0.0.1", "1.0.0.127" } },
};

/* Whatever a listing is to the policy, a test entry may answer otherwise. */
static const struct zone_range any_answer = { 0x7f000000, 0x7ffffeff };

static void name_question(const struct zone_use *use, size_t which, struct buf *question)
{
	buf_addf(question, "%s.%s", entries[use->addresses][which].prefix, use->zone->name);
}

static bool ask_entries(struct dns_batch *batch, const struct zone_use *use)
{
	char space[ZONE_QUESTION_BYTES];
	struct buf question;

	for (size_t i = 0; i < 2; i++) {
		buf_init_fixed(&question, space, sizeof space);
		name_question(use, i, &question);
		if (!dns_batch_ask(batch, question.text, DNS_A, 0))
			return false;
	}
	return true;
}

static void add_trouble(struct buf *line, size_t which, enum tri listed, const struct dns_answer *answer,
			const struct ip *decided)
{
	char address[IP_TEXT_BYTES];

	if (listed == TRI_UNKNOWN && decided->family == IP_NONE) {
		buf_addf(line, "got no answer (%s)", dns_status_word(answer->status));
	} else if (listed == TRI_UNKNOWN) {
		ip_format(decided, address);
		buf_addf(line, "answered %s, an error of the list: it does not serve this resolver, or is a list "
			 "no more", address);
	} else if (which == 0) {
		buf_add(line, "is not listed, as it must be (RFC 5782 5): nothing will be found in it");
	} else {
		buf_add(line, "is listed, as it must not be (RFC 5782 5): everything may be found in it");
	}
}

static void judge_entries(const struct answers *answers, const struct zone_use *use, void (*tell)(const char *line))
{
	const struct zone zone = { .name = use->zone->name, .answers = &any_answer, .answer_count = 1 };
	char space[ZONE_QUESTION_BYTES], line_space[ZONE_QUESTION_BYTES * 2 + 200];

	for (size_t i = 0; i < 2; i++) {
		const struct dns_answer *answer = &dns_answer_timeout;
		const struct dns_item *item;
		struct buf question, line;
		struct ip decided;
		enum tri listed;

		buf_init_fixed(&question, space, sizeof space);
		name_question(use, i, &question);
		item = answers_find(answers, question.text, DNS_A);
		if (item && item->answer)
			answer = item->answer;
		listed = zone_judge(&zone, answer, &decided);
		if (listed == tri_of(i == 0))
			continue;
		buf_init_fixed(&line, line_space, sizeof line_space);
		buf_addf(&line, "DNS list %s: its test entry for %s ", zone.name, entries[use->addresses][i].value);
		add_trouble(&line, i, listed, answer, &decided);
		tell(line.text);
	}
}

static void wait_for_answers(struct dns_batch *batch, int64_t deadline_us, bool (*stop)(void))
{
	int64_t now_us = clock_monotonic_us();

	for (; dns_batch_open(batch) > 0 && now_us < deadline_us && !stop(); now_us = clock_monotonic_us())
		(void)dns_batch_wait(batch, now_us + SLICE_US < deadline_us ? now_us + SLICE_US : deadline_us);
	(void)dns_batch_wait(batch, 0);
}

static bool test_uses(const struct policy *policy, const struct uses *uses, struct dns_batch *batch,
		      void (*tell)(const char *line), bool (*stop)(void))
{
	struct answers answers;

	for (size_t i = 0; i < uses->count; i++)
		if (!ask_entries(batch, &uses->items[i]))
			return false;
	wait_for_answers(batch, clock_monotonic_us() + (int64_t)policy->dns.deadline_ms * 1000, stop);
	answers.items = dns_batch_items(batch, &answers.count);
	for (size_t i = 0; i < uses->count && !stop(); i++)
		judge_entries(&answers, &uses->items[i], tell);
	return true;
}

bool zones_test(const struct policy *policy, struct dns *dns, void (*tell)(const char *line), bool (*stop)(void))
{
	struct uses uses = { .count = 0 };
	struct dns_batch *batch;
	bool done = false;

	for (size_t i = 0; i < policy->listener_count; i++)
		note_listener(&uses, &policy->listeners[i]);
	batch = uses.count > 0 && !uses.no_memory ? dns_batch_new(dns) : NULL;
	if (batch)
		done = test_uses(policy, &uses, batch, tell, stop);
	else
		done = uses.count == 0 && !uses.no_memory;
	dns_batch_free(&batch);
	free(uses.items);
	return done;
}
