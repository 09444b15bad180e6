/* SPDX-License-Identifier: BSD-2-Clause */
/* Which listener of the policy judges a session. */
#ifndef CORE_CHOICE_H
#define CORE_CHOICE_H

#include "core/policy.h"
#include "core/session.h"

struct choice {
	const struct listener *listener;
	bool unsure;	/* a match before it was unknown: the last listener, in observe whatever its mode */
};

/* By match, on facts of the connect stage. */
struct choice choose_listener(const struct policy *policy, const struct session *session);

#endif
