/* SPDX-License-Identifier: BSD-2-Clause */
/* The logins that the lines of an smtpd session tell of. */
#include "logs/postfix_session.h"

/*
 * Is the login of the session that of each transaction that does not tell its own?  It is from the first one on that tells of
 * it, unless STARTTLS has made Postfix forget a login.
 */
static bool is_login_of_all(struct session_slot *slot)
{
	const struct postfix_session *own = postfix_own(slot);
	const struct record *record = &slot->record;
	const struct text *user = &record->sasl_username;
	/* Without counters, as before Postfix 3.0, one without login is taken to have had none at any time. */
	bool constant = user->presence == PRESENCE_NONE && own->ended && (!own->counted || own->counts.taken[COUNTED_AUTH] == 0);
	bool forgotten = own->counted && own->counts.taken[COUNTED_STARTTLS] > 0 && !own->tls_seen;
	bool told = false, unsure = false, untold = false, differ = false;

	for (size_t i = 0; i < record->tx_count; i++) {
		const struct text *own_user = &record->tx[i].sasl_username;
		bool seen = i < own->tx_count;

		told &= seen && own->txs[i].behind_tls == own->txs[i - (i > 0)].behind_tls;
		if (own_user->presence != PRESENCE_UNKNOWN) {
			differ |= !texts_equal(own_user, user);
			told |= !differ && user->presence == PRESENCE_KNOWN && !forgotten;
		} else if (!seen || !own->txs[i].shows_user) {
			untold = true;
			unsure |= !constant && !told;
		}
	}
	return !unsure && !(untold && differ);
}

/* A transaction tells its login only where it is not that of the session: mail may come before the login. */
static void settle_logins(struct session_slot *slot)
{
	struct record *record = &slot->record;

	if (!is_login_of_all(slot)) {
		record->sasl_username.presence = PRESENCE_UNKNOWN;
		return;
	}
	for (size_t i = 0; i < record->tx_count; i++)
		if (texts_equal(&record->tx[i].sasl_username, &record->sasl_username))
			record->tx[i].sasl_username.presence = PRESENCE_UNKNOWN;
}

/*
 * "helo=<x> sasl_username=<admin>" is a login, or a client whose name is "x> sasl_username=<admin": the counters tell
 * whether there was a login.  XCLIENT may have told of one that was made elsewhere; Postfix counts it as refused even where
 * it was taken.
 */
void postfix_complete_login(struct session_slot *slot)
{
	struct postfix_session *own = postfix_own(slot);
	const struct postfix_counts *counts = &own->counts;
	struct text *user = &slot->record.sasl_username, *shown = &own->shown_user;
	uint32_t logins = own->counted ? counts->taken[COUNTED_AUTH] + counts->given[COUNTED_XCLIENT] : 0;

	if (shown->presence == PRESENCE_KNOWN && logins == 0)
		for (size_t i = 0; i < own->helo_count; i++)
			own->helos[i].name = (struct text){ .presence = PRESENCE_UNKNOWN };
	if (user->presence != PRESENCE_KNOWN && own->counted && logins == 0)
		*user = text_none();
	else if (user->presence != PRESENCE_KNOWN && shown->presence == PRESENCE_KNOWN)
		*user = logins > 0 ? *shown : (struct text){ .presence = PRESENCE_UNKNOWN };
	settle_logins(slot);
}
