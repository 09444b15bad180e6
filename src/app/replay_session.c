/* SPDX-License-Identifier: BSD-2-Clause */
/* What a record tells, less what the MTA's own refusal kept from being told. */
#include "app/replay_session.h"

#include "logs/record_session.h"
#include "report/judged.h"

static bool refused_before_mail(const struct record *record)
{
	struct judged_answer then = judged_then(record, record->tx_count);

	return then.known && answer_refuses(then.answer);
}

void replay_session_set(const struct record *record, size_t tx, struct replay_session *session_r)
{
	struct session *session = &session_r->session;

	record_session(record, tx, session);
	session_r->no_mail = session_r->maybe_mail = false;
	if (tx < record->tx_count)
		return;
	if (!refused_before_mail(record)) {
		session_r->no_mail = session->sender.presence == PRESENCE_NONE;
		session_r->maybe_mail = session->sender.presence == PRESENCE_UNKNOWN;
		return;
	}
	session->sender.presence = PRESENCE_UNKNOWN;
	if (session->ehlo.presence == PRESENCE_NONE) {
		session->ehlo.presence = PRESENCE_UNKNOWN;
		session->verb = VERB_UNKNOWN;
	}
	if (session->tls_version.presence == PRESENCE_NONE)
		session->tls_version.presence = PRESENCE_UNKNOWN;
}
