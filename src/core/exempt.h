/* SPDX-License-Identifier: BSD-2-Clause */
/* What is exempt from checks and rules: by the policy's exempt, and always. */
#ifndef CORE_EXEMPT_H
#define CORE_EXEMPT_H

#include "core/facts.h"
#include "core/policy.h"
#include "core/session.h"

#include <stdbool.h>

/* Why a session is exempt before any exempt of the file is asked; NULL: it is not. */
const struct reason *always_exempt(const struct listener *listener, const struct session *session,
				   enum stage stage);

/* Does the exemption apply at context->stage (dates included)? */
enum tri exempt_applies(const struct exempt *exempt, const struct context *context);

/* Does it cover this check, or this rule (one of the two is NULL)? */
bool exempt_covers(const struct exempt *exempt, const struct check *check, const struct rule *rule);

/* Might it change what the check or the rule does?  Also a rule that asks for the result of a check that is skipped. */
bool exempt_bears_on(const struct exempt *exempt, const struct check *check, const struct rule *rule);

/* RFC 5321 4.5.1, RFC 2142: a recipient who is refused by nothing, where recipients are answered. */
bool always_delivered(const struct listener *listener, const struct context *context);

#endif
