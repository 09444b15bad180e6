/* SPDX-License-Identifier: BSD-2-Clause */
/* From a record to judged transactions, by one policy or two. */
#include "app/replay_judge.h"

#include "app/dns_rate.h"
#include "app/record_dns.h"
#include "app/replay_findings.h"
#include "app/replay_memo.h"
#include "base/hash.h"
#include "logs/record_tape.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES 16384

/* One transaction by one policy. */
struct trial {
	struct replay_session session;
	struct judgement judgement;
	struct doubt doubt;
};

struct replay_judge {
	struct replay_plan plan;
	struct arena arena;
	struct dns *recorded;		/* of the record at hand; NULL: it has no answers */
	struct gather_plan gather_plan;
	struct judged_session session;
	bool replies;
	struct trial trial;		/* the one at hand; large, and used again */
	struct judged_finding *findings;	/* of the trial at hand: room for all that it may have */
	struct dns_rate rate;
	struct replay_memo *memo_before, *memo_after;	/* memo_before: NULL without an old policy */
	char space[ARENA_BYTES];
};

/* What a trial finds: each check, and each rule of the listener with most of them. */
static size_t findings_max(const struct replay_plan *plan)
{
	const struct policy *policies[] = { plan->after, plan->before };
	size_t rules = 0;

	for (size_t i = 0; i < 2 && policies[i]; i++)
		for (size_t l = 0; l < policies[i]->listener_count; l++)
			if (policies[i]->listeners[l].rule_count > rules)
				rules = policies[i]->listeners[l].rule_count;
	return CHECK_COUNT + rules;
}

struct replay_judge *replay_judge_new(const struct replay_plan *plan)
{
	struct replay_judge *judge = malloc(sizeof *judge);

	if (!judge)
		return NULL;
	memset(judge, 0, offsetof(struct replay_judge, space));
	judge->plan = *plan;
	arena_init(&judge->arena, judge->space, sizeof judge->space, ARENA_BYTES);
	judge->findings = calloc(findings_max(plan), sizeof *judge->findings);
	judge->memo_after = replay_memo_new(plan->after);
	judge->memo_before = plan->before ? replay_memo_new(plan->before) : NULL;
	if (!judge->findings || !judge->memo_after || (plan->before && !judge->memo_before))
		replay_judge_free(&judge);
	return judge;
}

/* What belongs to the record judged last. */
static void forget(struct replay_judge *judge)
{
	dns_free(&judge->recorded);
	arena_clear(&judge->arena);
}

void replay_judge_free(struct replay_judge **judge)
{
	if (!*judge)
		return;
	forget(*judge);
	replay_memo_free(&(*judge)->memo_before);
	replay_memo_free(&(*judge)->memo_after);
	free((*judge)->findings);
	free(*judge);
	*judge = NULL;
}

/* As the record knew it at that transaction. */
static bool open_recorded(struct replay_judge *judge, const struct record *record, size_t tx)
{
	dns_free(&judge->recorded);
	judge->gather_plan = (struct gather_plan){ .dns = judge->plan.dns, .judge_all = true };
	if (!record_dns_open(record, tx < record->tx_count ? tx : RECORD_END, judge->plan.dns, &judge->recorded))
		return false;
	if (judge->recorded)
		judge->gather_plan.dns = judge->recorded;
	return true;
}

/* --- one transaction --- */

/* Does it tell all that the daemon knew, but for answers of DNS? */
static bool is_as_seen(const struct record *record)
{
	bool cut = record->truncated.presence == PRESENCE_KNOWN && record->truncated.value > 0;

	return record->source == SOURCE_DAEMON && record->redacted.count == 0 && !cut;
}

/* What is known before a listener is chosen. */
static void begin_trial(struct replay_judge *judge, const struct record *record, size_t tx)
{
	struct trial *trial = &judge->trial;

	trial->doubt = (struct doubt){ .record = record, .session = &trial->session, .judgement = &trial->judgement,
				       .arena = &judge->arena,
				       .as_seen = is_as_seen(record), .compared = judge->plan.before };
	replay_session_set(record, tx, &trial->session);
	trial->judgement.judge_all = true;
}

/* gather: NULL where nobody is asked. */
static bool judge_trial(struct replay_judge *judge, const struct policy *policy, struct gather *gather)
{
	struct trial *trial = &judge->trial;

	if (!engine_judge_chosen(policy, gather, &trial->session.session, STAGE_MAIL, &judge->arena,
				 &trial->judgement))
		return false;
	if (gather && judge->plan.live)
		dns_rate_keep(&judge->rate, trial->judgement.facts.dns);
	return true;
}

/* --- what it comes to --- */

static const struct verdict *verdict_of(const struct trial *trial)
{
	static const struct verdict nothing = { .answer = ANSWER_ACCEPT };
	const struct verdict *would = &trial->judgement.decision.would;

	return trial->session.no_mail && would->stage >= STAGE_MAIL ? &nothing : would;
}

static bool set_reply(const struct trial *trial, struct arena *arena, struct judged_answer *answer)
{
	char line[REPLY_TEXT_BYTES];
	struct reply reply;

	if (!answer_refuses(answer->answer))
		return true;
	engine_reply(&trial->judgement, &trial->session.session, verdict_of(trial), &reply);
	reply_line(&reply, line);
	answer->reply = arena_strdup(arena, line);
	return answer->reply;
}

static bool conclude(struct replay_judge *judge, struct judged_answer *answer_r, struct findings *all_r)
{
	const struct trial *trial = &judge->trial;
	const struct verdict *verdict = verdict_of(trial);

	findings_sum_up(&trial->doubt, judge->findings, all_r);
	*answer_r = (struct judged_answer){
		.known = true,
		.answer = verdict->answer,
		.certainty = findings_certainty(&trial->doubt, all_r, verdict->answer),
		.check = verdict->check ? verdict->check->name : NULL,
		.rule = verdict->rule ? verdict->rule->name : NULL,
	};
	return !judge->replies || set_reply(trial, &judge->arena, answer_r);
}

static bool judge_anew(struct replay_judge *judge, const struct policy *policy, struct judged_answer *answer_r,
		       struct findings *all_r)
{
	struct gather *gather = NULL;
	bool good = !judge->gather_plan.dns || (gather = gather_new(&judge->gather_plan));

	good = good && judge_trial(judge, policy, gather) && conclude(judge, answer_r, all_r);
	gather_free(&gather);
	return good;
}

static void remember(struct memo_entry *entry, const struct memo_key *key, const struct judged_answer *answer,
		     const struct findings *all)
{
	if (all->count > MEMO_FINDINGS_MAX)
		return;
	entry->key = *key;
	entry->answer = *answer;
	entry->finding_count = all->count;
	memcpy(entry->findings, all->findings, all->count * sizeof *all->findings);
}

/* By one listener. */
static bool judge_by(struct replay_judge *judge, const struct policy *policy, struct replay_memo *memo,
		     struct choice choice, struct judged_answer *answer_r, struct findings *all_r)
{
	struct memo_entry *entry = NULL;
	struct memo_key key;

	judge->trial.judgement.choice = choice;
	/* Replies name what differs. */
	if (!judge->replies && !judge->gather_plan.dns)
		entry = replay_memo_find(memo, &judge->trial.doubt, &key);
	if (entry && entry->key.listener) {
		*answer_r = entry->answer;
		*all_r = (struct findings){ .findings = entry->findings, .count = entry->finding_count };
	} else if (!judge_anew(judge, policy, answer_r, all_r)) {
		return false;
	} else if (entry) {
		remember(entry, &key, answer_r, all_r);
	}
	all_r->listener = choice.listener;
	all_r->others = doubt_listener(&judge->trial.doubt);
	return true;
}

/* The findings for good: those at hand are overwritten by the next trial. */
static bool keep_findings(struct replay_judge *judge, struct findings *all)
{
	size_t bytes = all->count * sizeof *all->findings;
	struct judged_finding *kept = arena_alloc(&judge->arena, bytes);

	if (!kept)
		return false;
	memcpy(kept, all->findings, bytes);
	all->findings = kept;
	return true;
}

/*
 * Which listener is the right one is not known, and the last one chosen, whose answer is certain: do the others that it may be
 * say the same, for the same reason?
 */
static bool others_agree(struct replay_judge *judge, const struct policy *policy, struct replay_memo *memo,
			 const struct judged_answer *certain, bool *agree_r)
{
	const struct session *session = &judge->trial.session.session;
	const struct listener *listener = NULL;

	*agree_r = true;
	while (*agree_r && (listener = next_possible_listener(policy, session, listener))) {
		struct findings all;
		struct judged_answer answer;

		if (!judge_by(judge, policy, memo, (struct choice){ .listener = listener }, &answer, &all))
			return false;
		*agree_r = answer.certainty == CERTAINTY_CERTAIN && answer.answer == certain->answer &&
			   judged_same_reason(certain, &answer);
	}
	return true;
}

/* What stands for an answer that is compared with another policy's. */
static uint64_t stands_for(const struct judged_answer *answer, const struct findings *all)
{
	const char *reason = answer->rule ? answer->rule : answer->check ? answer->check : "";
	uint64_t sum = hash_bytes(reason, strlen(reason), (uint64_t)answer->answer << 2 | (uint64_t)answer->certainty);

	for (size_t i = 0; i < all->count; i++)
		sum += all->findings[i].doubt;
	return sum + all->others + findings_let_through(all);
}

/* What the other listeners say that may be the right one. */
static bool sum_up_others(struct replay_judge *judge, const struct policy *policy, struct replay_memo *memo, uint64_t *sum_r)
{
	const struct session *session = &judge->trial.session.session;
	const struct listener *listener = NULL;

	while ((listener = next_possible_listener(policy, session, listener))) {
		struct findings all;
		struct judged_answer answer;

		if (!judge_by(judge, policy, memo, (struct choice){ .listener = listener }, &answer, &all))
			return false;
		*sum_r = hash_mix(*sum_r + 1, stands_for(&answer, &all)) | 1;
	}
	return true;
}

/* By the listener that the policy chooses.  What hangs on which one it is, is not certain. */
static bool judge_chosen(struct replay_judge *judge, const struct policy *policy, struct replay_memo *memo,
			 const struct record *record, size_t tx, struct judged_answer *answer_r,
			 struct findings *all_r)
{
	struct choice choice;
	bool agreed = false;

	begin_trial(judge, record, tx);
	choice = judge->plan.listener ?
		(struct choice){ .listener = policy_find_listener(policy, judge->plan.listener) } :
		choose_listener(policy, &judge->trial.session.session);
	if (!judge_by(judge, policy, memo, choice, answer_r, all_r))
		return false;
	if (!choice.unsure)
		return true;
	/* What is not certain by this one need not be asked of the others. */
	if (answer_r->certainty == CERTAINTY_CERTAIN &&
	    !(keep_findings(judge, all_r) && others_agree(judge, policy, memo, answer_r, &agreed)))
		return false;
	if (!agreed)
		answer_r->certainty = answer_refuses(answer_r->answer) ? CERTAINTY_POSSIBLE : CERTAINTY_UNDECIDABLE;
	if (!agreed && judge->plan.before &&
	    !(keep_findings(judge, all_r) && sum_up_others(judge, policy, memo, &all_r->others)))
		return false;
	judge->trial.judgement.choice = choice;
	return true;
}

static bool judge_tx(struct replay_judge *judge, const struct record *record, size_t tx, struct judged_tx *tx_r)
{
	const struct replay_plan *plan = &judge->plan;
	struct findings before = { .count = 0 }, all;

	tx_r->tx = tx;
	if (!open_recorded(judge, record, tx))
		return false;
	if (plan->before && !(judge_chosen(judge, plan->before, judge->memo_before, record, tx, &tx_r->before, &before) &&
			      keep_findings(judge, &before)))
		return false;
	if (!judge_chosen(judge, plan->after, judge->memo_after, record, tx, &tx_r->after, &all))
		return false;
	tx_r->doubts = plan->before && tx_r->before.certainty != CERTAINTY_CERTAIN && tx_r->after.certainty != CERTAINTY_CERTAIN ?
		findings_compare(&before, &all) : DOUBTS_SAME;
	tx_r->listener = judge->trial.judgement.choice.listener->name;
	tx_r->listener_unsure = judge->trial.judgement.choice.unsure;
	if (record->tx_count > 1 && !keep_findings(judge, &all))
		return false;
	tx_r->findings = all.findings;
	tx_r->finding_count = all.count;
	return true;
}

const struct judged_session *replay_judge_record(struct replay_judge *judge, const struct record *record,
						 bool replies)
{
	size_t count = record->tx_count > 0 ? record->tx_count : 1;
	struct judged_tx *txs;

	forget(judge);
	judge->replies = replies;
	txs = arena_array(&judge->arena, count, sizeof *txs);
	if (!txs)
		return NULL;
	if (!judge->plan.before)
		judged_then_each(record, txs);
	for (size_t i = 0; i < count; i++)
		if (!judge_tx(judge, record, i, &txs[i]))
			return NULL;
	judge->session = (struct judged_session){ .record = record, .txs = txs, .tx_count = count };
	return &judge->session;
}
