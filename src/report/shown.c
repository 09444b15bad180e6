/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels, warnings and advice that the text and the page have in common. */
#include "report/shown.h"

#include "base/clock.h"
#include "core/check.h"

#include <stdio.h>
#include <string.h>

const struct shown_row shown_coverage[] = {
	{ "client address", TOTAL_KNOWN_CLIENT, TOTAL_SESSIONS },
	{ "client name, or that it has none", TOTAL_KNOWN_CLIENT_NAME, TOTAL_SESSIONS },
	{ "how the name was confirmed", TOTAL_KNOWN_RESOLVE, TOTAL_SESSIONS },
	{ "whether there was a greeting", TOTAL_KNOWN_GREETING, TOTAL_SESSIONS },
	{ "name of HELO or EHLO", TOTAL_KNOWN_HELO_NAME, TOTAL_SESSIONS },
	{ "EHLO or HELO", TOTAL_KNOWN_VERB, TOTAL_SESSIONS },
	{ "sender (of transactions)", TOTAL_KNOWN_SENDER, TOTAL_TRANSACTIONS },
	{ "port of the server", TOTAL_KNOWN_SERVER_PORT, TOTAL_SESSIONS },
	{ "answers of DNS then", TOTAL_KNOWN_DNS, TOTAL_SESSIONS },
	{ NULL, TOTAL_COUNT, TOTAL_COUNT },
};

const struct shown_row shown_clients[] = {
	{ "greeted with EHLO", TOTAL_GREETED_EHLO, TOTAL_SESSIONS },
	{ "greeted with HELO", TOTAL_GREETED_HELO, TOTAL_SESSIONS },
	{ "did not greet", TOTAL_GREETED_NOT, TOTAL_SESSIONS },
	{ "greeting not known", TOTAL_GREETED_UNKNOWN, TOTAL_SESSIONS },
	{ "TLS", TOTAL_TLS, TOTAL_SESSIONS },
	{ "TLS not known", TOTAL_TLS_UNKNOWN, TOTAL_SESSIONS },
	{ "authenticated", TOTAL_AUTHENTICATED, TOTAL_SESSIONS },
	{ "authentication not known", TOTAL_AUTHENTICATED_UNKNOWN, TOTAL_SESSIONS },
	{ "refused then", TOTAL_THEN_REFUSED, TOTAL_THEN_KNOWN },
	{ NULL, TOTAL_COUNT, TOTAL_COUNT },
};

const struct shown_row shown_lines[] = {
	{ "understood", TOTAL_LINES_UNDERSTOOD, TOTAL_LINES },
	{ "without facts of a session", TOTAL_LINES_OTHER, TOTAL_LINES },
	{ "of other programs", TOTAL_LINES_FOREIGN, TOTAL_LINES },
	{ "repeated, and only counted", TOTAL_LINES_REPEATED, TOTAL_LINES },
	{ "not understood", TOTAL_LINES_MISSED, TOTAL_LINES },
	{ NULL, TOTAL_COUNT, TOTAL_COUNT },
};

const struct shown_list shown_who[SHOWN_WHO] = {
	{ LIST_DOMAINS, "Sender domains that would be met" },
	{ LIST_NETWORKS, "Networks" },
	{ LIST_NAMES, "Names of HELO" },
};

const char shown_weekdays[7][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

uint64_t shown_least(const struct summary *summary)
{
	return summary->totals[TOTAL_REJECTED] + summary->totals[TOTAL_TEMPFAILED];
}

uint64_t shown_most(const struct summary *summary)
{
	return shown_least(summary) + summary->totals[TOTAL_POSSIBLE] + summary->totals[TOTAL_UNDECIDABLE];
}

bool shown_matrix_row(const struct summary *summary, int before)
{
	for (int after = 0; after < STATE_COUNT; after++)
		if (summary->matrix[before][after] > 0)
			return true;
	return false;
}

/* Nine in ten are enough to judge by. */
static bool known_in_most(const struct summary *summary, enum total fact)
{
	return summary->totals[fact] * 10 >= summary->totals[TOTAL_SESSIONS] * 9;
}

const char *shown_recipe(const struct summary *summary)
{
	if (known_in_most(summary, TOTAL_KNOWN_HELO_NAME))
		return NULL;
	return "smtpd_delay_reject = no\n"
	       "smtpd_helo_restrictions = check_helo_access static:{INFO helo}\n";
}

/* Of a row of LIST_REASONS: a check that asks DNS, and could not tell? */
static bool lacks_dns(const char *reason)
{
	char name[64];

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		(void)snprintf(name, sizeof name, "check %s unknown", checks[i]->name);
		if (checks[i]->dns && strcmp(reason, name) == 0)
			return true;
	}
	return false;
}

bool shown_wants_dns(const struct summary *summary)
{
	const struct tally *reasons = &summary->lists[LIST_REASONS];

	if (strcmp(summary->meta.dns, "none") != 0 || known_in_most(summary, TOTAL_KNOWN_DNS))
		return false;
	for (size_t i = 0; i < reasons->capacity; i++)
		if (reasons->entries[i].name && lacks_dns(reasons->entries[i].name))
			return true;
	return false;
}

const char *shown_warning(const struct summary *summary, unsigned number)
{
	const uint64_t *totals = summary->totals;
	const struct {
		bool holds;
		const char *text;
	} warnings[] = {
		{ totals[TOTAL_UNCONFIRMED] > 0 && totals[TOTAL_UNCONFIRMED] == totals[TOTAL_KNOWN_CLIENT_NAME],
		  "no client has a name: is smtpd_peername_lookup off? Then reverse DNS\n"
		  "cannot be judged from this log." },
		{ !summary->many_clients && summary->only_client.family != IP_NONE,
		  "all sessions have one client address: a proxy, or a log from which\n"
		  "addresses were removed?" },
		{ totals[TOTAL_LISTENER_UNSURE] * 10 > totals[TOTAL_SESSIONS],
		  "the log does not tell which listener was the right one (no log holds the\n"
		  "port): certain is only what all say that may be. --listener NAME judges\n"
		  "all sessions by one." },
	};

	/* Of a few sessions all may well be alike. */
	for (size_t i = 0; totals[TOTAL_SESSIONS] > 20 && i < sizeof warnings / sizeof warnings[0]; i++)
		if (warnings[i].holds && number-- == 0)
			return warnings[i].text;
	return NULL;
}

bool shown_period(const struct summary *summary, char text_r[32])
{
	char first[11], last[11];

	text_r[0] = '\0';
	if (!summary->timed)
		return false;
	date_format(date_of_us(summary->first_us), first);
	date_format(date_of_us(summary->last_us), last);
	(void)snprintf(text_r, 32, "%s to %s", first, last);
	return true;
}
