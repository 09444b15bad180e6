/* SPDX-License-Identifier: BSD-2-Clause */
/* What an open session keeps for its record; compact, and bounded however long the session is. */
#ifndef APP_NOTES_H
#define APP_NOTES_H

#include "app/engine.h"
#include "logs/record.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A whole of its own: everything in it is a copy, or belongs to the policy.  Its lock is held by each of the functions
 * below, so that a session may go on while another thread writes down what is there.
 */
struct notes;

/* started_us: since 1970-01-01 UTC.  session: what is known before connect.  NULL when memory is out. */
struct notes *notes_new(const struct policy *policy, const struct session *session, int64_t started_us);
void notes_free(struct notes **notes);		/* NULL inside is fine */

/*
 * The session as it stands after connect, a greeting, MAIL; and a judgement of it: with stage MAIL or RCPT of its last
 * transaction, else of the session before any.  What memory or the bounds leave no room for is counted as cut.
 */
void notes_connect(struct notes *notes, const struct session *session);
void notes_greeting(struct notes *notes, const struct session *session);
void notes_transaction(struct notes *notes, const struct session *session);
void notes_judgement(struct notes *notes, const struct session *session, const struct judgement *judgement,
		     enum stage stage);

/*
 * Questions and their answers.  waited: what has no answer was waited for in vain, which is an answer too; else it is
 * left out.  What was noted once stays, unless a later transaction got another answer.
 */
void notes_answers(struct notes *notes, const struct answers *answers, bool waited);

/*
 * The record, in the arena and in the notes themselves, which must outlive it; of its greetings and transactions the
 * first max in all, the others are counted as cut.  complete: the session has come to its end.  False when memory is out.
 */
bool notes_record(struct notes *notes, bool complete, size_t max, struct arena *arena, struct record *record_r);

#endif
