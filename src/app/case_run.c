/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges by the very engine of the daemon, and finds what differs. */
#include "app/case_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ARENA_BYTES 4096

void case_run_init(struct case_run *run)
{
	run->gather = NULL;
	run->mismatch_count = 0;
	arena_init(&run->arena, NULL, 0, ARENA_BYTES);
}

void case_run_clear(struct case_run *run)
{
	gather_free(&run->gather);
	arena_clear(&run->arena);
}

/* --- judging --- */

static bool judge(struct case_run *run, const struct policy *policy, struct dns *dns)
{
	const struct session *session = &run->test->session;

	run->plan = (struct gather_plan){ .dns = dns, .thorough = true, .judge_all = true };
	if (dns && !(run->gather = gather_new(&run->plan)))
		return false;
	run->judgement.judge_all = true;
	run->judgement.choice = run->test->listener ?
		(struct choice){ .listener = policy_find_listener(policy, run->test->listener) } :
		choose_listener(policy, session);
	run->explanation = (struct explanation){
		.policy = policy,
		.session = session,
		.judgement = &run->judgement,
		.stage = session->recipient.presence == PRESENCE_KNOWN ? STAGE_RCPT : STAGE_MAIL,
	};
	return engine_judge_chosen(policy, run->gather, session, run->explanation.stage, &run->arena,
				   &run->judgement);
}

/* --- comparing --- */

static void differ(struct case_run *run, const char *what, const char *expected, const char *found)
{
	struct mismatch *mismatch;

	if (run->mismatch_count == MISMATCHES_MAX || strcmp(expected, found) == 0)
		return;
	mismatch = &run->mismatches[run->mismatch_count++];
	(void)snprintf(mismatch->what, sizeof mismatch->what, "%s", what);
	(void)snprintf(mismatch->expected, sizeof mismatch->expected, "%s", expected);
	(void)snprintf(mismatch->found, sizeof mismatch->found, "%s", found);
}

/* "check ehlo_fqdn", "rule blocklisted", "nothing": by what a verdict was decided. */
static void decider_name(const struct verdict *verdict, char name_r[60])
{
	if (verdict->rule)
		(void)snprintf(name_r, 60, "rule %s", verdict->rule->name);
	else if (verdict->check)
		(void)snprintf(name_r, 60, "check %s", verdict->check->name);
	else
		(void)snprintf(name_r, 60, "nothing");
}

static void compare_decider(struct case_run *run, const struct expectation *expected, const struct verdict *decider)
{
	char name[60], wanted[60];

	decider_name(decider, name);
	if (expected->check) {
		(void)snprintf(wanted, sizeof wanted, "check %s", expected->check->name);
		differ(run, "decided by", wanted, name);
	}
	if (expected->rule) {
		(void)snprintf(wanted, sizeof wanted, "rule %s", expected->rule);
		differ(run, "decided by", wanted, name);
	}
	if (expected->has_result)
		differ(run, "result", result_word(expected->result),
		       decider->check ? result_word(decider->result) : "none: no check decided");
}

static void compare_reply(struct case_run *run, const char *expected, const struct verdict *decider)
{
	char line[REPLY_TEXT_BYTES];

	if (!explain_verdict_reply(&run->explanation, decider, line))
		differ(run, "reply", expected, "none");
	else if (strncmp(line, expected, strlen(expected)) != 0)
		differ(run, "reply", expected, line);
}

static void compare_checks(struct case_run *run, const struct expectation *expected)
{
	const struct listener *listener = run->judgement.choice.listener;
	char what[60];

	for (size_t i = 0; i < expected->check_count; i++) {
		const struct check *check = expected->checks[i].check;
		const struct finding *finding = &run->judgement.decision.findings[check->id];

		(void)snprintf(what, sizeof what, "check %s", check->name);
		differ(run, what, result_word(expected->checks[i].result),
		       listener->checks[check->id].off ? "off" : result_word(finding->result));
	}
}

static const char *truth_of(const struct case_run *run, const char *name)
{
	static const char *const words[] = { [TRI_NO] = "false", [TRI_YES] = "true", [TRI_UNKNOWN] = "unknown" };
	const struct listener *listener = run->judgement.choice.listener;

	for (size_t i = 0; i < listener->rule_count; i++)
		if (strcmp(listener->rules[i].name, name) == 0)
			return words[run->judgement.decision.rules[i]];
	return "no rule of this listener";
}

static void compare_rules(struct case_run *run, const struct expectation *expected)
{
	static const char *const words[] = { [TRI_NO] = "false", [TRI_YES] = "true", [TRI_UNKNOWN] = "unknown" };
	char what[60];

	for (size_t i = 0; i < expected->rule_count; i++) {
		(void)snprintf(what, sizeof what, "rule %s", expected->rules[i].name);
		differ(run, what, words[expected->rules[i].truth], truth_of(run, expected->rules[i].name));
	}
}

static void compare(struct case_run *run)
{
	const struct expectation *expected = &run->test->expected;
	const struct decision *decision = &run->judgement.decision;
	const struct verdict *decider = decision->verdict.answer != ANSWER_ACCEPT ? &decision->verdict :
										    &decision->would;

	if (expected->listener)
		differ(run, "listener", expected->listener, run->judgement.choice.listener->name);
	if (expected->has_action)
		differ(run, "action", answer_word(expected->action), answer_word(decider->answer));
	if (expected->has_told)
		differ(run, "told", answer_word(expected->told), answer_word(decision->verdict.answer));
	if (expected->has_stage)
		differ(run, "stage", stage_word(expected->stage), stage_word(decider->stage));
	compare_decider(run, expected, decider);
	if (expected->reply)
		compare_reply(run, expected->reply, decider);
	if (expected->has_tagged)
		differ(run, "tagged", expected->tagged ? "true" : "false", decision->tagged ? "true" : "false");
	compare_checks(run, expected);
	compare_rules(run, expected);
}

bool case_run(struct case_run *run, const struct policy *policy, const struct test_case *test, struct dns *dns)
{
	case_run_clear(run);
	case_run_init(run);
	run->test = test;
	if (!judge(run, policy, dns))
		return false;
	compare(run);
	return true;
}
