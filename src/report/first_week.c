/* SPDX-License-Identifier: BSD-2-Clause */
/* What sessions add to the report of the first week: figures of listeners, their checks and rules. */
#include "report/first_week.h"

#include "base/clock.h"
#include "report/first_week_clients.h"

#include <stdlib.h>
#include <string.h>

void week_day_add(struct week_days *days, int32_t day)
{
	if (days->bits == 0 || day < days->first)
		days->first = day;
	if (days->bits == 0 || day > days->last)
		days->last = day;
	days->bits |= UINT64_C(1) << ((uint32_t)day & 63);
}

void week_days_text(const struct week_days *days, struct buf *out)
{
	unsigned count = week_day_count(days);

	buf_addf(out, "%s%u day%s", days->last - days->first > 63 ? "at least " : "", count, count == 1 ? "" : "s");
}

bool week_init(struct first_week *week, const struct policy *policy)
{
	memset(week, 0, sizeof *week);
	week->policy = policy;
	week->listeners = calloc(policy->listener_count, sizeof *week->listeners);
	if (!week->listeners)
		return false;
	for (size_t i = 0; i < policy->listener_count; i++) {
		struct week_listener *listener = &week->listeners[i];

		listener->listener = &policy->listeners[i];
		listener->rules = calloc(listener->listener->rule_count + 1, sizeof *listener->rules);
		if (!listener->rules)
			return false;
	}
	return true;
}

void week_clear(struct first_week *week)
{
	for (size_t i = 0; week->listeners && i < week->policy->listener_count; i++)
		free(week->listeners[i].rules);
	week_clients_clear(week);
	free(week->listeners);
	memset(week, 0, sizeof *week);
}

static bool keeps_out(const struct judged_finding *finding)
{
	return !finding->unknown && finding->answer != ANSWER_ACCEPT;
}

static size_t rule_number(const struct listener *listener, const char *name)
{
	size_t i = 0;

	while (i < listener->rule_count && strcmp(listener->rules[i].name, name) != 0)
		i++;
	return i;
}

/* Once a session, in however many transactions it was found. */
static void count_once(uint64_t *count, uint64_t *seen, uint64_t session)
{
	*count += *seen != session;
	*seen = session;
}

/* Would it keep the transaction out? */
static bool add_finding(struct week_listener *listener, const struct judged_finding *finding, uint64_t session,
			struct kept_out *kept_out)
{
	size_t number = finding->rule ? rule_number(listener->listener, finding->rule) : 0;
	struct week_row *row = finding->rule ? &listener->rules[number] : &listener->checks[finding->check];

	if (finding->unknown && finding->answer != ANSWER_ACCEPT)
		count_once(&row->unknown, &row->seen_unknown, session);
	if (!keeps_out(finding))
		return false;
	count_once(&row->found, &row->seen_found, session);
	if (finding->alone)
		count_once(&row->alone, &row->seen_alone, session);
	if (finding->rule)
		kept_out->rules |= UINT64_C(1) << (number < WEEK_RULE_LAST ? number : WEEK_RULE_LAST);
	else
		kept_out->checks |= 1u << finding->check;
	return true;
}

static void add_transaction(struct week_listener *listener, const struct judged_tx *tx, const struct record *record,
			    uint64_t session, struct kept_out *kept_out)
{
	bool is_kept_out = false;

	for (size_t i = 0; i < tx->finding_count; i++)
		is_kept_out |= add_finding(listener, &tx->findings[i], session, kept_out);
	if (is_kept_out)
		kept_out->evidence |= week_evidence(record, tx->tx);
}

/* What it comes to, as replay counts it. */
static void count_answer(struct week_listener *listener, const struct judged_answer *after)
{
	if (!after->known || after->certainty == CERTAINTY_UNDECIDABLE)
		listener->undecidable++;
	else if (answer_refuses(after->answer) && after->certainty == CERTAINTY_POSSIBLE)
		listener->possible++;
	else if (answer_refuses(after->answer))
		listener->refused++;
	else if (after->answer == ANSWER_QUARANTINE)
		listener->held++;
}

static void add_time(struct first_week *week, struct week_listener *listener, const struct record *record)
{
	int64_t us = record->start_us.value;

	if (record->start_us.presence != PRESENCE_KNOWN)
		return;
	week_day_add(&week->days, date_of_us(us));
	week_day_add(&listener->days, date_of_us(us));
	if (!week->timed || us < week->first_us)
		week->first_us = us;
	if (!week->timed || us > week->last_us)
		week->last_us = us;
	week->timed = true;
}

void week_add(struct first_week *week, const struct judged_session *session)
{
	const struct judged_tx *worst = judged_worst(session);
	const struct listener *chosen = policy_find_listener(week->policy, worst->listener);
	size_t number = (size_t)(chosen - week->policy->listeners);
	struct week_listener *listener = &week->listeners[number];
	struct kept_out kept_out = { .checks = 0 };

	week->sessions++;
	listener->sessions++;
	listener->unsure += worst->listener_unsure;
	count_answer(listener, &worst->after);
	add_time(week, listener, session->record);
	for (size_t i = 0; i < session->tx_count; i++)
		add_transaction(listener, &session->txs[i], session->record, week->sessions, &kept_out);
	if (kept_out.checks != 0 || kept_out.rules != 0)
		week_client_add(week, number, session->record, worst->tx, &kept_out);
}
