/* SPDX-License-Identifier: BSD-2-Clause */
/* How sure a judgement is, some facts of the session not being in its record. */
#ifndef APP_REPLAY_DOUBT_H
#define APP_REPLAY_DOUBT_H

#include "app/engine.h"
#include "app/replay_session.h"
#include "report/judged.h"

#include <stdbool.h>

/* A judged transaction, and what is known of what is not known. */
struct doubt {
	const struct record *record;
	const struct replay_session *session;
	const struct judgement *judgement;
	struct arena *arena;
	/*
	 * The record is the daemon's own: what it did not know then it would not know again, so only answers of DNS and what
	 * was redacted can be missing.
	 */
	bool as_seen;
	bool compared;		/* with what another policy says: what is not known must be told apart */
};

/* When the finding of a check or rule of this stage is answered. */
enum stage doubt_answer_stage(const struct doubt *doubt, enum stage stage);

/* It could not tell, and that might be otherwise had the record all facts. */
bool doubt_check_open(const struct doubt *doubt, const struct check *check);
bool doubt_rule_open(const struct doubt *doubt, const struct rule *rule);

/* The worst answer that a check could lead to. */
enum answer doubt_worst(const struct doubt *doubt, const struct check *check);

/*
 * Of one of them that found something (the other NULL): might an exemption apply of which nobody knows, or its time be over?
 * 0: none; else what stands for them: the same for the same ones.
 */
uint64_t doubt_exemption(const struct doubt *doubt, const struct check *check, const struct rule *rule);

/* Stands for what a check would do that could not tell: the same in two policies that set it alike. */
uint64_t doubt_check(const struct doubt *doubt, const struct check *check);

/* The same of a rule's condition, and of the lists and checks that it names. */
uint64_t doubt_rule(const struct doubt *doubt, const struct rule *rule);

/* Stands for what the listener exempts of itself, and nobody knows: logins, the own host. */
uint64_t doubt_listener(const struct doubt *doubt);

/* Might the client be exempt as such, no MAIL have come, or all recipients be let through? */
bool doubt_always(const struct doubt *doubt);

#endif
