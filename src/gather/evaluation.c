/* SPDX-License-Identifier: BSD-2-Clause */
/* Evaluates SPF for a session over the answers that it has. */
#include "gather/evaluation.h"

#include "base/name.h"

#define ARENA_BLOCK_BYTES 2048

void evaluation_init(struct evaluation *evaluation, enum identity identity)
{
	*evaluation = (struct evaluation){ .identity = identity };
	arena_init(&evaluation->arena, NULL, 0, ARENA_BLOCK_BYTES);
}

void evaluation_clear(struct evaluation *evaluation)
{
	evaluation->done = false;
	evaluation->ahead_count = 0;
	arena_clear(&evaluation->arena);
}

/* --- answers --- */

struct search {
	struct evaluation *evaluation;
	const struct answers *answers;
	struct arena *arena;
	struct missed *missed;
	bool no_memory;
};

static bool is_missed(const struct missed *missed, const char *name, enum dns_type type)
{
	for (; missed; missed = missed->next)
		if (missed->type == type && domain_equal(missed->name, name))
			return true;
	return false;
}

static void add_missed(struct search *search, const char *name, enum dns_type type, bool ahead)
{
	struct missed *missed;

	if (is_missed(search->missed, name, type) || (ahead && search->evaluation->ahead_count == SPF_AHEAD_MAX))
		return;
	search->evaluation->ahead_count += ahead;
	missed = arena_alloc(search->arena, sizeof *missed);
	name = arena_strdup(search->arena, name);
	if (!missed || !name) {
		search->no_memory = true;
		return;
	}
	*missed = (struct missed){ search->missed, name, type };
	search->missed = missed;
}

/* When the time is over, what stands for an answer that did not come stands for one that was not asked for too. */
static const struct dns_answer *find(void *data, const char *name, enum dns_type type, bool ahead)
{
	struct search *search = data;
	const struct dns_item *item = answers_find(search->answers, name, type);

	if (item && item->answer)
		return item->answer;
	if (search->answers->asked->status != DNS_UNKNOWN)
		return search->answers->asked;
	if (!item)
		add_missed(search, name, type, ahead);
	return NULL;
}

/* --- the evaluation --- */

static struct spf_input input_of(const struct evaluation *evaluation, const struct session *session,
				 const struct facts *facts)
{
	struct spf_input input = { .identity = SPF_HELO, .client = session->client.value };

	if (session->ehlo.presence == PRESENCE_KNOWN)
		input.ehlo = session->ehlo.value;
	if (evaluation->identity == IDENTITY_HELO)
		return input;
	input.identity = SPF_MAIL_FROM;
	if (facts->sender.domain[0] == '\0')
		return input;
	input.local_part = facts->sender.local_part;
	input.local_part_length = facts->sender.local_part_length;
	input.domain = facts->sender.domain;
	return input;
}

bool evaluation_run(struct evaluation *evaluation, const struct session *session, const struct facts *facts,
		    const struct answers *answers, struct arena *arena, struct missed **missed_r)
{
	struct search search = { .evaluation = evaluation, .answers = answers, .arena = arena };
	struct spf_lookup lookup = { .find = find, .data = &search };
	struct spf_input *input = &evaluation->input;

	arena_clear(&evaluation->arena);
	*input = input_of(evaluation, session, facts);
	/* The facts last for one judgement. */
	if (input->domain && !(input->domain = arena_strdup(&evaluation->arena, input->domain)))
		return false;
	if (!spf_check(input, &lookup, &evaluation->arena, &evaluation->outcome) || search.no_memory)
		return false;
	evaluation->done = evaluation->outcome.result != SPF_PENDING;
	*missed_r = evaluation->done ? NULL : search.missed;
	return true;
}

struct finding evaluation_finding(const struct evaluation *evaluation)
{
	static const enum result results[] = {
		[SPF_PENDING] = RESULT_UNKNOWN,
		[SPF_UNKNOWN] = RESULT_UNKNOWN,
		[SPF_NONE] = RESULT_NONE,
		[SPF_NEUTRAL] = RESULT_NEUTRAL,
		[SPF_PASS] = RESULT_PASS,
		[SPF_FAIL] = RESULT_FAIL,
		[SPF_SOFTFAIL] = RESULT_SOFTFAIL,
		[SPF_TEMPERROR] = RESULT_TEMPERROR,
		[SPF_PERMERROR] = RESULT_PERMERROR,
	};

	if (!evaluation->done)
		return (struct finding){ RESULT_UNKNOWN, dns_reason(DNS_UNKNOWN) };
	return (struct finding){ results[evaluation->outcome.result], evaluation->outcome.reason };
}
