/* SPDX-License-Identifier: BSD-2-Clause */
/* The judgement itself: pure, no clock, no network, no locks, no globals. */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "core/choice.h"
#include "core/facts.h"
#include "core/policy.h"
#include "core/verdict.h"

/*
 * Judges what is known at stage.  decision_r->rules is the caller's space for listener->rule_count
 * values.  The verdict's stage may lie after stage (reply_at: rcpt, say): it is answered there, not before.
 * wanted takes the questions to DNS whose answers might change it; NULL: nobody is going to ask them.
 *
 * Where a reject that takes no DNS is in force already, and nothing above it in precedence takes DNS either, checks
 * that do are skipped, whether or not an answer has come (but facts->judge_all).
 */
void decide(const struct policy *policy, const struct choice *choice, const struct session *session,
	    const struct facts *facts, enum stage stage, struct wanted *wanted, struct decision *decision_r);

/*
 * The mode that holds for a check or rule in this session.  With reply_at: connect the greeting is not known when it
 * counts, so the client's network alone decides who is in the share of enforce_percent.
 */
enum mode mode_in_force(const struct policy *policy, const struct choice *choice, const struct session *session,
			const struct rollout *own);

/*
 * The action for a check's result in this listener.  For the null sender that of spf_mail_from is at most tag: notifications
 * must be accepted (RFC 5321 4.5.5, 6.1).
 */
enum action action_of(const struct listener *listener, const struct check *check, enum result result,
		      const struct facts *facts);

/* What the MTA is told where this action is enforced. */
enum answer answer_of(enum action action);

/* The template that answers a verdict; NULL for an accept. */
const char *verdict_reply_template(const struct listener *listener, const struct verdict *verdict);

#endif
