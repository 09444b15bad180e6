/* SPDX-License-Identifier: BSD-2-Clause */
/* The session of a record as a policy judges it. */
#ifndef APP_REPLAY_SESSION_H
#define APP_REPLAY_SESSION_H

#include "logs/record.h"

#include <stdbool.h>

struct replay_session {
	struct session session;
	bool no_mail;		/* it is known that no MAIL came: what is answered at MAIL is not answered */
	bool maybe_mail;	/* it is not known whether MAIL came */
};

/*
 * At transaction tx; with tx = tx_count, before any MAIL.  Whom the MTA refused before MAIL did not come to it: what he
 * would have given is unknown, which is another thing than to leave without.  Points into the record.  Pure.
 */
void replay_session_set(const struct record *record, size_t tx, struct replay_session *session_r);

#endif
