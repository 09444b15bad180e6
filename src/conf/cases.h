/* SPDX-License-Identifier: BSD-2-Clause */
/* The administrator's own tests of a policy: sessions, what DNS says, and what is expected of them. */
#ifndef CONF_CASES_H
#define CONF_CASES_H

#include "base/arena.h"
#include "base/diag.h"
#include "core/policy.h"
#include "core/session.h"
#include "core/tri.h"

#include <stdbool.h>
#include <stddef.h>

struct expected_check {
	const struct check *check;
	enum result result;
};

struct expected_rule {
	const char *name;
	enum tri truth;
};

/* What is not said is not compared. */
struct expectation {
	/* What decides, as in the log line: the verdict, or what it were in mode enforce where it is an accept. */
	bool has_action;
	enum answer action;
	bool has_stage;
	enum stage stage;
	const struct check *check;
	const char *rule;
	bool has_result;
	enum result result;
	const char *reply;		/* that with which it begins */

	bool has_told;
	enum answer told;		/* the verdict: what the MTA is told */
	bool has_tagged;
	bool tagged;
	const char *listener;
	const struct expected_check *checks;
	size_t check_count;
	const struct expected_rule *rules;
	size_t rule_count;
};

/* What DNS says in some of the cases: lines of a tape, put together from several places of the file. */
struct case_tape {
	const char *text;
	size_t length;
	const struct tape_piece *pieces;
	size_t piece_count;
};

struct test_case {
	const char *name;		/* NULL where it has none */
	struct place place;
	struct session session;
	const char *listener;		/* that judges it; NULL: the policy's match decides */
	const struct case_tape *tape;	/* one of cases->tapes; NULL: DNS is not asked */
	struct expectation expected;
};

struct cases {
	const char *path;
	struct test_case *items;
	size_t count;
	struct case_tape *tapes;
	size_t tape_count;
	struct case_memory *memory;
};

/*
 * Errors go to diag with FILE:LINE:COL; NULL when there is one, or memory is out.  Names of listeners, checks
 * and rules must be in the policy.  today: the day of a case that says none.  diag must outlive the cases.
 */
struct cases *cases_load(const char *path, const struct policy *policy, int32_t today, struct diag *diag);
void cases_free(struct cases **cases);

/* Where the line and column of a tape stand in the file. */
struct place case_tape_place(const struct cases *cases, const struct case_tape *tape, unsigned line,
			     unsigned column);

#endif
