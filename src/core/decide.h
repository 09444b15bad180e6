/* SPDX-License-Identifier: BSD-2-Clause */
/* The judgement itself: pure, no clock, no network, no locks, no globals. */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "core/facts.h"
#include "core/policy.h"
#include "core/verdict.h"

/* Which listener judges. */
struct choice {
	const struct listener *listener;
	bool unsure;	/* a match before it was unknown: the last listener, in observe whatever its mode */
};

/* By match, on facts of the connect stage. */
struct choice choose_listener(const struct policy *policy, const struct session *session);

/*
 * Judges what is known at stage.  decision_r->rules is the caller's space for listener->rule_count
 * values.  The verdict's stage may lie after stage (reply_at: rcpt, say): it is answered there, not before.
 */
void decide(const struct policy *policy, const struct choice *choice, const struct session *session,
	    const struct facts *facts, enum stage stage, struct decision *decision_r);

/* The mode that holds for a check or rule whose own mode is own. */
enum mode mode_in_force(const struct policy *policy, const struct choice *choice, enum mode own);

/* Why a session is exempt before any exempt of the file is asked; NULL: it is not. */
const struct reason *always_exempt(const struct listener *listener, const struct session *session,
				   enum stage stage);

/* Does the exemption apply at context->stage (dates included)? */
enum tri exempt_applies(const struct exempt *exempt, const struct context *context);

/* Does it cover this check, or this rule (one of the two is NULL)? */
bool exempt_covers(const struct exempt *exempt, const struct check *check, const struct rule *rule);

/* With reply_at rcpt: is this recipient let through whatever the verdict (RFC 5321 4.5.1, RFC 2142)? */
bool always_delivered(const struct listener *listener, const struct mailbox *recipient);

/* The template that answers a verdict; NULL for an accept. */
const char *verdict_reply_template(const struct listener *listener, const struct verdict *verdict);

#endif
