/* SPDX-License-Identifier: BSD-2-Clause */
/* Which listener of the policy judges a session. */
#ifndef CORE_CHOICE_H
#define CORE_CHOICE_H

#include "core/policy.h"
#include "core/session.h"
#include "core/tri.h"

struct choice {
	const struct listener *listener;
	bool unsure;	/* a match before it was unknown: the last listener, in observe whatever its mode */
};

/* Does its match hold, on facts of the connect stage? */
enum tri listener_matches(const struct listener *listener, const struct session *session);

/* The first listener that matches. */
struct choice choose_listener(const struct policy *policy, const struct session *session);

/*
 * Of a choice that is unsure, one after the other, the listeners before the last one that may be the right one too, as far as the
 * first that matches for sure.  before: NULL at first.  NULL: no more.
 */
const struct listener *next_possible_listener(const struct policy *policy, const struct session *session,
					      const struct listener *before);

#endif
