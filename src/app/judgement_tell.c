/* SPDX-License-Identifier: BSD-2-Clause */
/* Passes what was judged on to those that keep it. */
#include "app/judgement_tell.h"

#include "app/alarm_tell.h"
#include "app/logline.h"
#include "app/meter.h"
#include "app/recorder.h"
#include "base/log.h"

#include <stdatomic.h>

/* Once for each process: every further session would say the same. */
static void tell_unsure(const struct judgement *judgement)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;

	if (!judgement->choice.unsure || atomic_flag_test_and_set(&told))
		return;
	log_warning("cannot tell which listener a session belongs to: a macro that 'match' needs is missing; "
		    "such sessions are only observed, by listener '%s'. Have the MTA send {daemon_name}, "
		    "{daemon_port}, {daemon_addr} and {service} at connect", judgement->choice.listener->name);
}

static void record(struct recording *recording, const struct conn *conn, const struct judgement *judgement,
		   enum stage stage)
{
	notes_judgement(recording->notes, &conn->session, judgement, stage);
	if (conn->gather)
		notes_answers(recording->notes, judgement->facts.dns, true);
}

void judgement_tell(struct conn *conn, const struct judgement *judgement, enum stage stage)
{
	tell_unsure(judgement);
	alarms_log(&judgement->decision.alarms);
	if (conn->recording)
		record(conn->recording, conn, judgement, stage);
}

static void log_line(const struct policy *policy, const struct conn *conn, const struct judgement *judgement,
		     bool *logged)
{
	char space[LOG_LINE_BYTES];
	struct buf line;
	bool due = logline_due(judgement);

	if (*logged || !(due || log_wants(LOG_LEVEL_DEBUG)))
		return;
	*logged = true;
	buf_init_fixed(&line, space, sizeof space);
	logline_format(policy, &conn->session, judgement, &line);
	if (due)
		log_info("%s", line.text);
	else
		log_debug("%s", line.text);
}

void judgement_tell_refused(const struct policy *policy, struct conn *conn, const struct judgement *judgement)
{
	bool rejected = judgement->decision.verdict.answer == ANSWER_REJECT;

	log_line(policy, conn, judgement, &conn->answer_logged);
	meter_verdict(policy, &conn->meter, judgement, true);
	meter_outcome(&conn->meter, rejected ? OUTCOME_REJECTED : OUTCOME_TEMPFAILED);
}

void judgement_tell_accepted(const struct policy *policy, struct conn *conn, const struct judgement *judgement)
{
	log_line(policy, conn, judgement, &conn->accept_logged);
	meter_verdict(policy, &conn->meter, judgement, false);
	meter_outcome(&conn->meter, OUTCOME_ACCEPTED);
}
