/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of stages, results, actions, modes, profiles and answers. */
#include "core/verdict.h"

#include <string.h>

static const char *const stage_words[STAGE_COUNT] = {
	[STAGE_CONNECT] = "connect",
	[STAGE_EHLO] = "ehlo",
	[STAGE_MAIL] = "mail",
	[STAGE_RCPT] = "rcpt",
};

static const char *const action_words[ACTION_COUNT] = {
	[ACTION_OFF] = "off",
	[ACTION_LOG] = "log",
	[ACTION_TAG] = "tag",
	[ACTION_QUARANTINE] = "quarantine",
	[ACTION_TEMPFAIL] = "tempfail",
	[ACTION_REJECT] = "reject",
};

static const char *const mode_words[] = {
	[MODE_OBSERVE] = "observe",
	[MODE_ENFORCE] = "enforce",
};

static const char *const profile_words[PROFILE_COUNT] = {
	[PROFILE_STANDARD] = "standard",
	[PROFILE_STRICT] = "strict",
	[PROFILE_SUBMISSION] = "submission",
	[PROFILE_NONE] = "none",
};

static const char *const result_words[RESULT_COUNT] = {
	[RESULT_NONE] = "none",
	[RESULT_PASS] = "pass",
	[RESULT_SKIPPED] = "skipped",
	[RESULT_UNKNOWN] = "unknown",
	[RESULT_FAIL] = "fail",
	[RESULT_SOFTFAIL] = "softfail",
	[RESULT_NEUTRAL] = "neutral",
	[RESULT_NO_PTR] = "no_ptr",
	[RESULT_NULL_MX] = "null_mx",
	[RESULT_BLOCKED] = "blocked",
	[RESULT_PERMERROR] = "permerror",
	[RESULT_TEMPERROR] = "temperror",
};

static const char *const answer_words[] = {
	[ANSWER_ACCEPT] = "accept",
	[ANSWER_QUARANTINE] = "quarantine",
	[ANSWER_TEMPFAIL] = "tempfail",
	[ANSWER_REJECT] = "reject",
};

#define WORDS(words) (words), sizeof(words) / sizeof((words)[0])

/* The index of word, or -1. */
static int find_word(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word[0] == words[i][0] && strcmp(word, words[i]) == 0)
			return (int)i;
	return -1;
}

const char *stage_word(enum stage stage)
{
	return stage_words[stage];
}

const char *action_word(enum action action)
{
	return action_words[action];
}

const char *mode_word(enum mode mode)
{
	return mode == MODE_INHERIT ? "inherit" : mode_words[mode];
}

const char *profile_word(enum profile profile)
{
	return profile_words[profile];
}

const char *result_word(enum result result)
{
	return result_words[result];
}

const char *answer_word(enum answer answer)
{
	return answer_words[answer];
}

bool stage_from_word(const char *word, enum stage *stage_r)
{
	int i = find_word(word, WORDS(stage_words));

	if (i >= 0)
		*stage_r = (enum stage)i;
	return i >= 0;
}

bool action_from_word(const char *word, enum action *action_r)
{
	int i = find_word(word, WORDS(action_words));

	if (i >= 0)
		*action_r = (enum action)i;
	return i >= 0;
}

bool mode_from_word(const char *word, enum mode *mode_r)
{
	int i = find_word(word, WORDS(mode_words));

	if (i >= 0)
		*mode_r = (enum mode)i;
	return i >= 0;
}

bool profile_from_word(const char *word, enum profile *profile_r)
{
	int i = find_word(word, WORDS(profile_words));

	if (i >= 0)
		*profile_r = (enum profile)i;
	return i >= 0;
}

bool result_from_word(const char *word, enum result *result_r)
{
	int i = find_word(word, WORDS(result_words));

	if (i >= 0)
		*result_r = (enum result)i;
	return i >= 0;
}

bool verdict_equal(const struct verdict *a, const struct verdict *b)
{
	return a->answer == b->answer && a->stage == b->stage && a->check == b->check &&
	       a->rule == b->rule && a->exemption_unknown == b->exemption_unknown;
}

bool answer_from_word(const char *word, enum answer *answer_r)
{
	int i = find_word(word, WORDS(answer_words));

	if (i >= 0)
		*answer_r = (enum answer)i;
	return i >= 0;
}
