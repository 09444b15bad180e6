/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a case of a policy test: judges its session and compares with what is expected. */
#ifndef APP_CASE_RUN_H
#define APP_CASE_RUN_H

#include "app/explain.h"
#include "conf/cases.h"
#include "dns/dns.h"

#define MISMATCHES_MAX 32

/* Something that came out otherwise. */
struct mismatch {
	char what[60];		/* "action", "check iprev" */
	char expected[REPLY_TEXT_BYTES];
	char found[REPLY_TEXT_BYTES];
};

/* One case after it was judged; memory for the next one too. */
struct case_run {
	const struct test_case *test;
	struct judgement judgement;
	struct explanation explanation;
	struct gather_plan plan;
	struct gather *gather;
	struct arena arena;
	size_t mismatch_count;
	struct mismatch mismatches[MISMATCHES_MAX];
};

void case_run_init(struct case_run *run);
void case_run_clear(struct case_run *run);

/*
 * dns: what test->tape says; NULL without one.  Nothing is skipped because another check rejects already.
 * False when memory is out.
 */
bool case_run(struct case_run *run, const struct policy *policy, const struct test_case *test, struct dns *dns);

#endif
