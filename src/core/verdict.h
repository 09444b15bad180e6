/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a judgement: stages, results, actions, modes, and the verdict itself. */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include "base/reason.h"
#include "core/alarm.h"
#include "core/tri.h"

#include <stdbool.h>
#include <stddef.h>

struct check;
struct rule;

/* In the order of SMTP; a stage includes all before it. */
enum stage { STAGE_CONNECT, STAGE_EHLO, STAGE_MAIL, STAGE_RCPT, STAGE_COUNT };

/* By severity: of two actions the greater one wins. */
enum action {
	ACTION_OFF,
	ACTION_LOG,
	ACTION_TAG,
	ACTION_QUARANTINE,
	ACTION_TEMPFAIL,
	ACTION_REJECT,
	ACTION_COUNT
};

enum mode { MODE_OBSERVE, MODE_ENFORCE, MODE_INHERIT };

enum profile { PROFILE_STANDARD, PROFILE_STRICT, PROFILE_SUBMISSION, PROFILE_NONE, PROFILE_COUNT };

/* The first four are no findings. */
enum result {
	RESULT_NONE,		/* nothing to test */
	RESULT_PASS,
	RESULT_SKIPPED,		/* an exemption applies, or the verdict is decided without it */
	RESULT_UNKNOWN,		/* a fact is not there */
	RESULT_FAIL,
	RESULT_SOFTFAIL,
	RESULT_NEUTRAL,
	RESULT_NO_PTR,
	RESULT_NULL_MX,
	RESULT_BLOCKED,
	RESULT_PERMERROR,
	RESULT_TEMPERROR,	/* DNS did not say */
	RESULT_COUNT
};

/* In the order of the catalogue; all outputs follow it. */
enum check_id {
	CHECK_GREETING,
	CHECK_EHLO_VERB,
	CHECK_EHLO_SYNTAX,
	CHECK_EHLO_FQDN,
	CHECK_EHLO_LITERAL,
	CHECK_EHLO_OWN_NAME,
	CHECK_EHLO_RESOLVES,
	CHECK_EHLO_MATCHES_CLIENT,
	CHECK_IPREV,
	CHECK_MAIL_FROM_DNS,
	CHECK_SPF_HELO,
	CHECK_SPF_MAIL_FROM,
	CHECK_COUNT
};

struct finding {
	enum result result;
	const struct reason *reason;	/* NULL where the result says all */
};

/* The two identities of RFC 7208 2.3 and 2.4. */
enum identity { IDENTITY_HELO, IDENTITY_MAIL_FROM, IDENTITY_COUNT };

/* What the MTA is told. */
enum answer { ANSWER_ACCEPT, ANSWER_QUARANTINE, ANSWER_TEMPFAIL, ANSWER_REJECT };

static inline bool answer_refuses(enum answer answer)
{
	return answer == ANSWER_TEMPFAIL || answer == ANSWER_REJECT;
}

struct verdict {
	enum answer answer;
	enum stage stage;		/* where it is answered; of an accept: the last stage judged */
	const struct check *check;	/* what decided; both NULL for an accept */
	const struct rule *rule;
	enum result result;		/* of the check */
	bool exemption_unknown;		/* a reject that an unknown exemption might have prevented */
	bool resolver_down;		/* a temperror, by dns.on_failure in place of its own action */
};

/* All that was found out about one session at one stage. */
struct decision {
	struct finding findings[CHECK_COUNT];
	/*
	 * One for each rule of the listener, in its order.  The space is the caller's; NULL is fine
	 * for a listener without rules.
	 */
	enum tri *rules;
	struct verdict verdict;		/* what the MTA is told */
	struct verdict would;		/* what it were told if every mode were enforce */
	bool notable;			/* something with the action log or tag was found */
	bool tagged;			/* something with the action tag was */
	struct alarms alarms;		/* what somebody should look at */
};

/* Words of outputs and of the policy file.  The _from_word functions return false for others. */
const char *stage_word(enum stage stage);
const char *action_word(enum action action);
const char *mode_word(enum mode mode);
const char *profile_word(enum profile profile);
const char *result_word(enum result result);
const char *answer_word(enum answer answer);
bool stage_from_word(const char *word, enum stage *stage_r);
bool action_from_word(const char *word, enum action *action_r);
bool mode_from_word(const char *word, enum mode *mode_r);
bool profile_from_word(const char *word, enum profile *profile_r);
bool result_from_word(const char *word, enum result *result_r);
bool answer_from_word(const char *word, enum answer *answer_r);

/* Same answer, stage, check and rule? */
bool verdict_equal(const struct verdict *a, const struct verdict *b);

#endif
