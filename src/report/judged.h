/* SPDX-License-Identifier: BSD-2-Clause */
/* A session with what policies say of it: what an engine hands to a summary. */
#ifndef REPORT_JUDGED_H
#define REPORT_JUDGED_H

#include "core/verdict.h"
#include "logs/record.h"

/* How sure an answer is, some facts being unknown. */
enum certainty {
	CERTAINTY_CERTAIN,
	CERTAINTY_POSSIBLE,	/* a refusal, unless an exemption applies of which nobody knows */
	CERTAINTY_UNDECIDABLE	/* accepted as far as is known, but an unknown fact might refuse */
};

/* Words of outputs.  The _from_word functions return false for others. */
const char *certainty_word(enum certainty certainty);
bool certainty_from_word(const char *word, enum certainty *certainty_r);

/* Texts belong to the caller. */
struct judged_answer {
	bool known;		/* false: nobody knows what it was (a log without it) */
	enum answer answer;
	enum certainty certainty;
	const char *check;	/* what decided; both NULL for an accept, and where the log does not say */
	const char *rule;
	const char *reply;	/* NULL: none */
};

/* A check or rule that found something, or could not tell. */
struct judged_finding {
	const char *rule;	/* NULL: a check */
	enum check_id check;
	enum result result;	/* of the check */
	enum answer answer;	/* to what it would lead alone; ACCEPT: it only logs or tags */
	bool unknown;		/* it could not tell */
	bool alone;		/* nothing else refuses */
	uint64_t doubt;		/* 0: none; else stands for what nobody knows of it, to be compared within one run */
};

/* Of two answers, neither of them certain: on what facts that nobody knows does the later hang? */
enum doubts {
	DOUBTS_SAME,		/* on those of the one before */
	DOUBTS_FEWER,		/* on some of them: it refuses at most what the one before does */
	DOUBTS_OTHER
};

/* Words of outputs. */
const char *doubts_word(enum doubts doubts);
bool doubts_from_word(const char *word, enum doubts *doubts_r);

struct judged_tx {
	size_t tx;			/* index of the record; tx_count: the session before any MAIL */
	const char *listener;
	bool listener_unsure;
	struct judged_answer before;	/* the old policy's, or what the MTA did then */
	struct judged_answer after;
	enum doubts doubts;			/* of after, beside those of before */
	const struct judged_finding *findings;	/* of after */
	size_t finding_count;
};

struct judged_session {
	const struct record *record;
	const struct judged_tx *txs;	/* at least one */
	size_t tx_count;
};

/* The name of the check or rule. */
const char *judged_finding_name(const struct judged_finding *finding);

/* "fail", "unknown"; of a rule "true" or "unknown". */
const char *judged_finding_result(const struct judged_finding *finding);

/* What changes from before to after; the order is that of what to look at first. */
enum change {
	CHANGE_NEWLY_REJECTED,
	CHANGE_MAYBE_NEWLY_REJECTED,
	CHANGE_NEWLY_ACCEPTED,
	CHANGE_MAYBE_NEWLY_ACCEPTED,
	CHANGE_UNKNOWN,
	CHANGE_HARDENED,	/* tempfail to reject, accept to quarantine */
	CHANGE_SOFTENED,
	CHANGE_REASON,
	CHANGE_SAME,
	CHANGE_COUNT
};

/* Was it the same check or rule that decided, or none?  Pure. */
bool judged_same_reason(const struct judged_answer *a, const struct judged_answer *b);

/* What it is for the client that after stands in place of before.  Pure. */
enum change judged_change(const struct judged_tx *tx);

const char *change_word(enum change change);	/* "newly_rejected" */
bool change_from_word(const char *word, enum change *change_r);

/* What the MTA did then, as the record tells of transaction tx (tx_count: before MAIL). */
struct judged_answer judged_then(const struct record *record, size_t tx);

/* Of the whole session: a refusal, if any of its transactions met one. */
struct judged_answer judged_then_worst(const struct record *record);

/* The same of every transaction at once, into before of txs[0..tx_count); without one, of what was before MAIL into txs[0]. */
void judged_then_each(const struct record *record, struct judged_tx *txs);

/* The transaction whose answer weighs most: certain refusals before possible ones before undecided ones. */
const struct judged_tx *judged_worst(const struct judged_session *session);

#endif
