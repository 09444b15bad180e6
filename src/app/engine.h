/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way from a session to a verdict: the milter and every command that judges go through here. */
#ifndef APP_ENGINE_H
#define APP_ENGINE_H

#include "base/arena.h"
#include "core/decide.h"
#include "core/reply.h"

/* A judged session.  Points into the policy and the session. */
struct judgement {
	struct choice choice;
	struct facts facts;
	struct decision decision;
};

/* By the listener that matches.  False when memory (of the arena, for the rules' results) is out. */
bool engine_judge(const struct policy *policy, const struct session *session, enum stage stage,
		  struct arena *arena, struct judgement *judgement_r);

/* By a listener that is chosen already: judgement_r->choice is set. */
bool engine_judge_chosen(const struct policy *policy, const struct session *session, enum stage stage,
			 struct arena *arena, struct judgement *judgement_r);

/* The context in which a judgement's expressions and replies were evaluated. */
struct context engine_context(const struct judgement *judgement, const struct session *session, enum stage stage);

/* The reply of verdict, which must not be an accept. */
void engine_reply(const struct judgement *judgement, const struct session *session,
		  const struct verdict *verdict, struct reply *reply_r);

#endif
