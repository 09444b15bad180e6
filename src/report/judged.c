/* SPDX-License-Identifier: BSD-2-Clause */
/* A session with what policies say of it. */
#include "report/judged.h"

#include "core/check.h"

#include <string.h>

static const char *const words[CHANGE_COUNT] = {
	[CHANGE_NEWLY_REJECTED] = "newly_rejected", [CHANGE_MAYBE_NEWLY_REJECTED] = "maybe_newly_rejected",
	[CHANGE_NEWLY_ACCEPTED] = "newly_accepted", [CHANGE_MAYBE_NEWLY_ACCEPTED] = "maybe_newly_accepted",
	[CHANGE_UNKNOWN] = "unknown_change", [CHANGE_HARDENED] = "hardened", [CHANGE_SOFTENED] = "softened",
	[CHANGE_REASON] = "reason_changed", [CHANGE_SAME] = "same",
};

const char *change_word(enum change change)
{
	return words[change];
}

bool change_from_word(const char *word, enum change *change_r)
{
	for (int change = 0; change < CHANGE_COUNT; change++) {
		if (strcmp(word, words[change]) == 0) {
			*change_r = (enum change)change;
			return true;
		}
	}
	return false;
}

static const char *const certainty_words[] = {
	[CERTAINTY_CERTAIN] = "certain", [CERTAINTY_POSSIBLE] = "possible", [CERTAINTY_UNDECIDABLE] = "undecidable",
};

const char *certainty_word(enum certainty certainty)
{
	return certainty_words[certainty];
}

bool certainty_from_word(const char *word, enum certainty *certainty_r)
{
	for (int certainty = CERTAINTY_CERTAIN; certainty <= CERTAINTY_UNDECIDABLE; certainty++) {
		if (strcmp(word, certainty_words[certainty]) == 0) {
			*certainty_r = (enum certainty)certainty;
			return true;
		}
	}
	return false;
}

static const char *const doubts_words[] = {
	[DOUBTS_SAME] = "same", [DOUBTS_FEWER] = "fewer", [DOUBTS_OTHER] = "other",
};

const char *doubts_word(enum doubts doubts)
{
	return doubts_words[doubts];
}

bool doubts_from_word(const char *word, enum doubts *doubts_r)
{
	for (int doubts = DOUBTS_SAME; doubts <= DOUBTS_OTHER; doubts++) {
		if (strcmp(word, doubts_words[doubts]) == 0) {
			*doubts_r = (enum doubts)doubts;
			return true;
		}
	}
	return false;
}

const char *judged_finding_name(const struct judged_finding *finding)
{
	return finding->rule ? finding->rule : checks[finding->check]->name;
}

const char *judged_finding_result(const struct judged_finding *finding)
{
	if (!finding->rule)
		return result_word(finding->result);
	return finding->unknown ? "unknown" : "true";
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool judged_same_reason(const struct judged_answer *a, const struct judged_answer *b)
{
	return same_text(a->check, b->check) && same_text(a->rule, b->rule);
}

/* Both are certain. */
static enum change certain_change(const struct judged_answer *before, const struct judged_answer *after)
{
	if (answer_refuses(before->answer) != answer_refuses(after->answer))
		return answer_refuses(after->answer) ? CHANGE_NEWLY_REJECTED : CHANGE_NEWLY_ACCEPTED;
	if (before->answer != after->answer)
		return after->answer > before->answer ? CHANGE_HARDENED : CHANGE_SOFTENED;
	/* What the MTA did then has no reason of ours. */
	if (!judged_same_reason(before, after) && (before->check || before->rule))
		return CHANGE_REASON;
	return CHANGE_SAME;
}

/* Neither is certain: each may turn out as a refusal or not, and both alike only where they hang on the same facts. */
static enum change open_change(const struct judged_tx *tx)
{
	bool alike = tx->before.certainty == tx->after.certainty && tx->before.answer == tx->after.answer &&
		     judged_same_reason(&tx->before, &tx->after);

	if (alike && tx->doubts == DOUBTS_SAME)
		return CHANGE_SAME;
	return alike && tx->doubts == DOUBTS_FEWER ? CHANGE_MAYBE_NEWLY_ACCEPTED : CHANGE_MAYBE_NEWLY_REJECTED;
}

enum change judged_change(const struct judged_tx *tx)
{
	const struct judged_answer *before = &tx->before, *after = &tx->after;
	bool sure_before = before->known && before->certainty == CERTAINTY_CERTAIN;
	bool sure_after = after->known && after->certainty == CERTAINTY_CERTAIN;

	if (sure_before && sure_after)
		return certain_change(before, after);
	if (!before->known || !after->known)
		return CHANGE_UNKNOWN;
	if (sure_before)
		return answer_refuses(before->answer) ? CHANGE_MAYBE_NEWLY_ACCEPTED : CHANGE_MAYBE_NEWLY_REJECTED;
	if (sure_after)
		return answer_refuses(after->answer) ? CHANGE_MAYBE_NEWLY_REJECTED : CHANGE_MAYBE_NEWLY_ACCEPTED;
	return open_change(tx);
}

/* The last verdict that can be read counts. */
static void take_verdict(const struct record_verdict *verdict, struct judged_answer *then)
{
	enum answer answer;

	if (verdict->outcome.action.presence != PRESENCE_KNOWN ||
	    !answer_from_word(verdict->outcome.action.value, &answer))
		return;
	*then = (struct judged_answer){ .known = true,
					.answer = answer,
					.check = verdict->outcome.check.value,
					.rule = verdict->outcome.rule.value,
					.reply = verdict->outcome.reply.value };
}

struct judged_answer judged_then(const struct record *record, size_t tx)
{
	struct judged_answer then = { .known = false };

	for (size_t i = 0; i < record->verdict_count; i++) {
		const struct record_verdict *verdict = &record->verdicts[i];

		if (tx < record->tx_count ? verdict->tx.presence == PRESENCE_KNOWN && verdict->tx.value == tx :
					    verdict->tx.presence != PRESENCE_KNOWN)
			take_verdict(verdict, &then);
	}
	return then;
}

struct judged_answer judged_then_worst(const struct record *record)
{
	struct judged_answer worst = { .known = false };

	for (size_t i = 0; i < record->verdict_count; i++) {
		const struct number *tx = &record->verdicts[i].tx;
		bool of_transaction = tx->presence == PRESENCE_KNOWN && tx->value < record->tx_count;

		if ((of_transaction || (record->tx_count == 0 && tx->presence != PRESENCE_KNOWN)) &&
		    !(worst.known && answer_refuses(worst.answer)))
			take_verdict(&record->verdicts[i], &worst);
	}
	return worst;
}

void judged_then_each(const struct record *record, struct judged_tx *txs)
{
	if (record->tx_count == 0)
		txs[0].before = judged_then(record, 0);
	for (size_t i = 0; i < record->tx_count; i++)
		txs[i].before = (struct judged_answer){ .known = false };
	for (size_t i = 0; i < record->verdict_count; i++) {
		const struct record_verdict *verdict = &record->verdicts[i];

		if (verdict->tx.presence == PRESENCE_KNOWN && verdict->tx.value < record->tx_count)
			take_verdict(verdict, &txs[verdict->tx.value].before);
	}
}

static int weight(const struct judged_answer *answer)
{
	int certain = answer->certainty == CERTAINTY_CERTAIN ? 2 : 1;

	if (!answer->known)
		return 0;
	if (answer_refuses(answer->answer))
		return 10 * certain + (answer->answer == ANSWER_REJECT);
	return answer->certainty != CERTAINTY_CERTAIN ? 5 : answer->answer == ANSWER_QUARANTINE ? 2 : 1;
}

const struct judged_tx *judged_worst(const struct judged_session *session)
{
	const struct judged_tx *worst = &session->txs[0];

	for (size_t i = 1; i < session->tx_count; i++)
		if (weight(&session->txs[i].after) > weight(&worst->after))
			worst = &session->txs[i];
	return worst;
}
