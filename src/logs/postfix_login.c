/* SPDX-License-Identifier: BSD-2-Clause */
/* The logins that the lines of an smtpd session tell of. */
#include "logs/postfix_session.h"

/* Has a transaction another login than the session, as where XCLIENT or STARTTLS came between? */
static bool logins_differ(const struct record *record)
{
	for (size_t i = 0; i < record->tx_count; i++)
		if (record->tx[i].sasl_username.presence != PRESENCE_UNKNOWN &&
		    !texts_equal(&record->tx[i].sasl_username, &record->sasl_username))
			return true;
	return false;
}

/*
 * A transaction that shows no login has that of the session from the first one on that does, unless STARTTLS has made Postfix
 * forget a login; of others nobody knows.  Is there such a one?
 */
static bool lose_logins(const struct postfix_ended *ended)
{
	const struct postfix_session *own = ended->own;
	struct record *record = ended->record;
	const struct text *user = &record->sasl_username;
	/* Without counters, as before Postfix 3.0, one without login is taken to have had none at any time. */
	bool constant = user->presence == PRESENCE_NONE && own->ended && (!own->counted || own->counts.taken[COUNTED_AUTH] == 0);
	bool forgotten = own->counted && own->counts.taken[COUNTED_STARTTLS] > 0 && !own->tls_seen;
	bool differ = logins_differ(record), told = false, lost = false;

	for (size_t i = 0; i < record->tx_count; i++) {
		struct record_tx *tx = &record->tx[i];
		bool seen = i < own->tx_count;

		told &= seen && own->txs[i].behind_tls == own->txs[i - (i > 0)].behind_tls;
		if (tx->sasl_username.presence != PRESENCE_UNKNOWN) {
			told |= !differ && user->presence == PRESENCE_KNOWN && !forgotten;
		} else if (!(seen && own->txs[i].shows_user) && (differ || !(constant || told))) {
			lost = true;
			(void)record_tx_lose(tx, "sasl_username", ended->arena);
		}
	}
	return lost;
}

/* A transaction tells its login only where it is not that of the session: mail may come before the login. */
static void settle_logins(const struct postfix_ended *ended)
{
	struct record *record = ended->record;
	struct text *user = &record->sasl_username;
	bool lost = lose_logins(ended);
	/* None in those that are known is none in the session only where all are, and none is still to come. */
	bool open = (lost || !ended->own->ended) && user->presence != PRESENCE_KNOWN;

	for (size_t i = 0; i < record->tx_count; i++) {
		struct record_tx *tx = &record->tx[i];

		if (open)
			tx->missing = (struct string_list){ .presence = PRESENCE_UNKNOWN };
		else if (texts_equal(&tx->sasl_username, user))
			tx->sasl_username.presence = PRESENCE_UNKNOWN;
	}
	if (open)
		user->presence = PRESENCE_UNKNOWN;
}

/*
 * "helo=<x> sasl_username=<admin>" is a login, or a client whose name is "x> sasl_username=<admin": the counters tell
 * whether there was a login.  XCLIENT may have told of one that was made elsewhere; Postfix counts it as refused even where
 * it was taken.
 */
void postfix_complete_login(const struct postfix_ended *ended)
{
	struct postfix_session *own = ended->own;
	const struct postfix_counts *counts = &own->counts;
	struct text *user = &ended->record->sasl_username, *shown = &own->shown_user;
	uint32_t logins = own->counted ? counts->taken[COUNTED_AUTH] + counts->given[COUNTED_XCLIENT] : 0;

	if (shown->presence == PRESENCE_KNOWN && logins == 0)
		for (size_t i = 0; i < own->helo_count; i++)
			own->helos[i].name = (struct text){ .presence = PRESENCE_UNKNOWN };
	if (user->presence != PRESENCE_KNOWN && own->counted && logins == 0)
		*user = text_none();
	else if (user->presence != PRESENCE_KNOWN && shown->presence == PRESENCE_KNOWN)
		*user = logins > 0 ? *shown : (struct text){ .presence = PRESENCE_UNKNOWN };
	settle_logins(ended);
}
