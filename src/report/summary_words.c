/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of what a summary counts, and conditions on them. */
#include "base/ascii.h"
#include "report/summary.h"

#include <string.h>

static const char *const total_words[TOTAL_COUNT] = {
	[TOTAL_SESSIONS] = "sessions",
	[TOTAL_TRANSACTIONS] = "transactions",
	[TOTAL_INCOMPLETE] = "incomplete",
	[TOTAL_BEFORE_MILTER] = "ended_before_milter",
	[TOTAL_LISTENER_UNSURE] = "listener_unsure",
	[TOTAL_REJECTED] = "rejected",
	[TOTAL_TEMPFAILED] = "tempfailed",
	[TOTAL_POSSIBLE] = "possible",
	[TOTAL_UNDECIDABLE] = "undecidable",
	[TOTAL_QUARANTINED] = "quarantined",
	[TOTAL_ACCEPTED] = "accepted",
	[TOTAL_THEN_KNOWN] = "then_known",
	[TOTAL_THEN_REFUSED] = "then_refused",
	[TOTAL_NEWLY_REJECTED_DELIVERED] = "newly_rejected_delivered",
	[TOTAL_GREETED_EHLO] = "greeted_ehlo",
	[TOTAL_GREETED_HELO] = "greeted_helo",
	[TOTAL_GREETED_NOT] = "greeted_not",
	[TOTAL_GREETED_UNKNOWN] = "greeted_unknown",
	[TOTAL_TLS] = "tls",
	[TOTAL_TLS_NOT] = "tls_not",
	[TOTAL_TLS_UNKNOWN] = "tls_unknown",
	[TOTAL_AUTHENTICATED] = "authenticated",
	[TOTAL_AUTHENTICATED_NOT] = "authenticated_not",
	[TOTAL_AUTHENTICATED_UNKNOWN] = "authenticated_unknown",
	[TOTAL_AUTH_FAILURES] = "auth_failures",
	[TOTAL_KNOWN_START] = "known_start",
	[TOTAL_KNOWN_CLIENT] = "known_client",
	[TOTAL_KNOWN_CLIENT_NAME] = "known_client_name",
	[TOTAL_KNOWN_RESOLVE] = "known_client_resolve",
	[TOTAL_KNOWN_SERVER_PORT] = "known_server_port",
	[TOTAL_KNOWN_GREETING] = "known_greeting",
	[TOTAL_KNOWN_HELO_NAME] = "known_helo_name",
	[TOTAL_KNOWN_VERB] = "known_verb",
	[TOTAL_KNOWN_DNS] = "known_dns",
	[TOTAL_UNCONFIRMED] = "client_name_none",
	[TOTAL_KNOWN_SENDER] = "known_sender",
	[TOTAL_BYTES] = "bytes",
	[TOTAL_LINES] = "lines",
	[TOTAL_LINES_UNDERSTOOD] = "lines_understood",
	[TOTAL_LINES_OTHER] = "lines_other",
	[TOTAL_LINES_FOREIGN] = "lines_foreign",
	[TOTAL_LINES_ORPHAN] = "lines_orphan",
	[TOTAL_LINES_REPEATED] = "lines_repeated",
	[TOTAL_LINES_CUT] = "lines_cut",
	[TOTAL_LINES_MISSED] = "lines_missed",
	[TOTAL_GIVEN_UP] = "given_up",
};

static const struct {
	const char *word;
	const char *columns[TALLY_COLUMNS];
} lists[LIST_COUNT] = {
	[LIST_LISTENERS] = { "listeners", { "sessions", "refused", "possible", "undecidable" } },
	[LIST_REASONS] = { "reasons", { "found", "refusing", "alone", "unknown" } },
	[LIST_DAYS] = { "days", { "sessions", "refused", "possible", "undecidable" } },
	[LIST_SOURCES] = { "sources", { "sessions", NULL, NULL, NULL } },
	[LIST_DNS] = { "dns", { "questions", NULL, NULL, NULL } },
	[LIST_DOMAINS] = { "domains", { "refused", "possible", "delivered", NULL } },
	[LIST_NETWORKS] = { "networks", { "refused", "possible", "delivered", NULL } },
	[LIST_NAMES] = { "names", { "refused", "possible", "delivered", NULL } },
};

static const char *const state_words[STATE_COUNT] = { "accept", "quarantine", "tempfail",
						      "reject", "uncertain",  "unknown" };

const char *total_word(enum total total)
{
	return total_words[total];
}

const char *list_word(enum summary_list list)
{
	return lists[list].word;
}

const char *list_column(enum summary_list list, int column)
{
	return lists[list].columns[column];
}

const char *state_word(enum state state)
{
	return state_words[state];
}

/* Of a change or a total. */
static bool find_value(const struct summary *summary, const char *word, size_t length, uint64_t *value_r)
{
	for (int i = 0; i < CHANGE_COUNT; i++) {
		const char *name = change_word((enum change)i);

		if (strlen(name) == length && memcmp(name, word, length) == 0) {
			*value_r = summary->changes[i];
			return true;
		}
	}
	for (int i = 0; i < TOTAL_COUNT; i++) {
		if (strlen(total_words[i]) == length && memcmp(total_words[i], word, length) == 0) {
			*value_r = summary->totals[i];
			return true;
		}
	}
	return false;
}

/* "12", "0.5%": a share is one of the sessions.  It is divided but once, so that a share that is met is met exactly. */
static bool parse_limit(const char *text, uint64_t sessions, double *limit_r)
{
	double value = 0, unit = 1;
	bool digits = false;

	for (; ascii_is_digit(*text); text++, digits = true)
		value = value * 10 + (*text - '0');
	if (digits && *text == '.')
		for (text++; ascii_is_digit(*text); text++, unit *= 10)
			value = value * 10 + (*text - '0');
	if (digits && *text == '%') {
		value *= (double)sessions;
		unit *= 100;
		text++;
	}
	*limit_r = value / unit;
	return digits && *text == '\0';
}

bool summary_condition(const struct summary *summary, const char *condition, bool *holds_r, const char **error_r)
{
	size_t length = strspn(condition, "abcdefghijklmnopqrstuvwxyz_");
	size_t signs = strspn(condition + length, "<>=!");
	const char *sign = condition + length;
	uint64_t value;
	double limit;

	if (!find_value(summary, condition, length, &value)) {
		*error_r = "expected a change or a total, such as newly_rejected, newly_rejected_delivered, "
			   "undecidable";
		return false;
	}
	if (!parse_limit(sign + signs, summary->totals[TOTAL_SESSIONS], &limit)) {
		*error_r = "expected a number or a share behind the sign, such as >0 or >5%";
		return false;
	}
	if (signs == 1 && *sign == '>')
		*holds_r = (double)value > limit;
	else if (signs == 1 && *sign == '<')
		*holds_r = (double)value < limit;
	else if (signs == 2 && memcmp(sign, ">=", 2) == 0)
		*holds_r = (double)value >= limit;
	else if (signs == 2 && memcmp(sign, "<=", 2) == 0)
		*holds_r = (double)value <= limit;
	else if (signs == 2 && memcmp(sign, "==", 2) == 0)
		*holds_r = !((double)value < limit) && !((double)value > limit);
	else if (signs == 2 && memcmp(sign, "!=", 2) == 0)
		*holds_r = (double)value < limit || (double)value > limit;
	else {
		*error_r = "expected one of > >= < <= == !=";
		return false;
	}
	return true;
}
