/* SPDX-License-Identifier: BSD-2-Clause */
/* A check: one file in core/checks with one struct check, and one row in its table. */
#ifndef CORE_CHECK_H
#define CORE_CHECK_H

#include "core/facts.h"
#include "core/list.h"
#include "core/rollout.h"
#include "core/verdict.h"

#include <stddef.h>

/* One result that may have an action, with the defaults of the profiles. */
struct outcome {
	enum result result;
	enum action actions[PROFILE_COUNT];	/* [PROFILE_NONE] is off */
	const char *reply;			/* default template: "550 5.5.4 text ({id})" */
};

/* A setting of its own beside the results: "names" of ehlo_own_name. */
enum parameter_kind {
	PARAMETER_NAMES,	/* a list of names and addresses */
	PARAMETER_NETWORKS,
	PARAMETER_DOMAINS,
	PARAMETER_WORD		/* one of words, the first by default */
};

struct parameter {
	const char *key;
	enum parameter_kind kind;
	const char *fallback;		/* of a list: the built-in list that is the default; NULL: an empty one */
	const char *const *words;	/* NULL-terminated */
	const char *help;
};

#define PARAMETER_MAX 3

/* What a listener set for one check. */
struct check_settings {
	enum action actions[RESULT_COUNT];
	const char *replies[RESULT_COUNT];	/* templates that fit the actions; NULL unless reject or tempfail */
	struct rollout rollout;
	const struct list *lists[PARAMETER_MAX];	/* values of parameters that are lists; NULL: empty */
	unsigned words[PARAMETER_MAX];			/* of those that are words: the index */
	unsigned line;				/* in the file; 0: not there */
	bool short_form;			/* an action alone */
	bool off;				/* every result is off: not evaluated, in no output */
	bool asks_dns;				/* it takes questions to DNS, with these settings */
};

struct check {
	const char *name;
	enum check_id id;
	enum stage stage;		/* at which its facts are complete */
	const char *question;		/* one line, for people */
	const char *clause;		/* the rule that it checks */
	const char *never_refuses;	/* the clause that forbids reject and tempfail, or NULL */
	bool dns;			/* it takes questions to DNS */
	const char *const *facts;	/* names of the facts that it looks at, NULL-terminated: the evidence */
	const struct outcome *outcomes;
	size_t outcome_count;
	const struct parameter *parameters;
	size_t parameter_count;
	const char *manual;		/* what its results mean; filled, without line breaks */
	const char *false_positives;
	const char *example;		/* lines of a listener */
	struct finding (*eval)(const struct context *context, const struct check_settings *settings);
};

/* [id] for each check_id. */
extern const struct check *const checks[CHECK_COUNT];

const struct check *check_find(const char *name);
const struct outcome *check_outcome(const struct check *check, enum result result);

#endif
