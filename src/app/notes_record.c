/* SPDX-License-Identifier: BSD-2-Clause */
/* The notes of a session as its record. */
#include "app/notes_work.h"

#include "base/clock.h"

static struct text text_or_unknown(const char *value)
{
	return (struct text){ .presence = value ? PRESENCE_KNOWN : PRESENCE_UNKNOWN, .value = value };
}

static struct text text_or_none(const char *value)
{
	return value ? text_known(value) : text_none();
}

static void set_session(const struct notes *notes, struct record *record)
{
	const struct session *session = &notes->session;

	record->id = text_known(session->id);
	record->host = session->host;
	record->source = SOURCE_DAEMON;
	record->mta = session->mta;
	record->listener = text_known(notes->listener->name);
	record->policy_sha256 = text_known(notes->policy->sha256);
	record->start_us = micros_known(notes->started_us);
	record->duration_us = micros_known(clock_monotonic_us() - notes->started_monotonic_us);
	record->client_address = session->client;
	record->client_port = session->client_port;
	record->client_name = session->client_name;
	record->reverse_client_name = session->client_ptr;
	record->client_resolve = text_or_unknown(resolve_word(session->client_resolve));
	record->server_address = session->daemon_addr;
	record->server_port = session->daemon_port;
	record->interface_address = session->interface_addr;
	record->daemon_name = session->daemon_name;
	record->service = session->listener_service;
}

static bool set_greetings(const struct notes *notes, size_t count, struct arena *arena, struct record *record)
{
	struct record_helo *helo = arena_array(arena, count, sizeof *helo);
	const struct note_helo *note = notes->helo;

	if (!helo)
		return false;
	record->helo = helo;
	record->helo_count = count;
	record->helo_presence = PRESENCE_KNOWN;
	for (size_t i = 0; i < count; i++, note = note->next)
		*helo++ = (struct record_helo){ .verb = note->verb, .name = note->name, .t_us = micros_known(note->at_us) };
	return true;
}

/* The session's login and TLS are those of its last transaction. */
static void set_login(const struct note_tx *last, struct record *record)
{
	record->sasl_username = last->auth_user;
	record->tls_presence = last->tls_version.presence;
	record->tls_version = last->tls_version;
}

static bool set_transactions(const struct notes *notes, size_t count, struct arena *arena, struct record *record)
{
	struct record_tx *tx = arena_array(arena, count, sizeof *tx);
	const struct note_tx *note = notes->tx, *last = notes->tx;

	if (!tx)
		return false;
	record->tx = tx;
	record->tx_count = count;
	record->tx_presence = PRESENCE_KNOWN;
	for (size_t i = 1; i < count; i++)
		last = last->next;
	if (last)
		set_login(last, record);
	for (size_t i = 0; i < count; i++, note = note->next, tx++) {
		*tx = (struct record_tx){ .queue_id = note->queue_id, .sender = note->sender,
					  .t_us = micros_known(note->at_us) };
		if (!texts_equal(&note->auth_user, &last->auth_user))
			tx->sasl_username = note->auth_user;
		if (!texts_equal(&note->tls_version, &last->tls_version))
			tx->tls_version = note->tls_version;
	}
	return true;
}

/* --- what was judged --- */

static struct record_outcome outcome_of(const struct note_outcome *note)
{
	return (struct record_outcome){
		.action = text_known(answer_word(note->answer)),
		.reply = text_or_none(note->reply),
		.check = text_or_none(note->check ? note->check->name : NULL),
		.rule = text_or_none(note->rule ? note->rule->name : NULL),
	};
}

static bool add_verdict(struct record *record, struct arena *arena, struct number tx, const struct note_judgement *note)
{
	struct record_verdict *verdict = note->done ? record_add_verdict(record, arena) : NULL;

	if (!note->done)
		return true;
	if (!verdict)
		return false;
	verdict->tx = tx;
	verdict->outcome = outcome_of(&note->outcome);
	if (note->differs) {
		verdict->would_presence = PRESENCE_KNOWN;
		verdict->would = outcome_of(&note->would);
	}
	return true;
}

static bool set_verdicts(const struct notes *notes, size_t count, struct arena *arena, struct record *record)
{
	const struct note_tx *note = notes->tx;
	bool good = add_verdict(record, arena, (struct number){ .presence = PRESENCE_NONE }, &notes->early);

	for (size_t i = 0; i < count && good; i++, note = note->next)
		good = add_verdict(record, arena, number_known((unsigned)i), &note->judgement);
	record->verdicts_presence = PRESENCE_KNOWN;
	return good;
}

static bool add_check(struct record *record, struct arena *arena, size_t id, uint8_t result, struct number tx)
{
	struct record_check *check;

	if (result == RESULT_ABSENT)
		return true;
	check = record_grow(arena, &record->checks, &record->check_count, sizeof *check);
	if (!check)
		return false;
	*check = (struct record_check){ .check = text_known(checks[id]->name),
					.result = text_known(result_word((enum result)result)), .tx = tx };
	return true;
}

/* Has the check one result, whatever the transaction? */
static bool is_of_session(const struct notes *notes, size_t count, size_t id)
{
	const struct note_tx *note = notes->tx;

	for (size_t i = 0; i < count; i++, note = note->next)
		if (!note->judgement.done || note->judgement.results[id] != notes->tx->judgement.results[id])
			return false;
	return count > 1 || checks[id]->stage < STAGE_MAIL;
}

/* One result for the session where it never changed, else one for each transaction. */
static bool set_checks(const struct notes *notes, size_t count, struct arena *arena, struct record *record)
{
	const struct number session = { .presence = PRESENCE_NONE };
	bool good = true;

	record->checks_presence = PRESENCE_KNOWN;
	for (size_t id = 0; id < CHECK_COUNT && good; id++) {
		const struct note_tx *note = notes->tx;

		if (count == 0) {
			good = !notes->early.done || add_check(record, arena, id, notes->early.results[id], session);
			continue;
		}
		if (is_of_session(notes, count, id)) {
			good = add_check(record, arena, id, note->judgement.results[id], session);
			continue;
		}
		for (size_t i = 0; i < count && good; i++, note = note->next)
			good = !note->judgement.done ||
			       add_check(record, arena, id, note->judgement.results[id], number_known((unsigned)i));
	}
	return good;
}

/* Where DNS was never going to be asked, nothing is known of it: the MTA's word counted in its place. */
static bool set_dns(struct notes *notes, struct arena *arena, struct record *record)
{
	struct record_dns *dns = arena_array(arena, notes->dns_count, sizeof *dns);

	if (!dns || !policy_needs_dns(notes->policy))
		return dns;
	record->dns = dns;
	record->dns_count = notes->dns_count;
	record->dns_presence = PRESENCE_KNOWN;
	for (struct note_dns *note = notes->dns; note; note = note->next, dns++) {
		*dns = (struct record_dns){
			.question = text_known(note->question),
			.type = text_known(dns_type_word(note->type)),
			.status = text_known(dns_status_word(note->status)),
			.ttl = number_known(note->ttl_s),
			.source = text_known(dns_source_word(note->source)),
			.took_us = micros_known(note->took_us),
			.answers = note->answers,
			.answer_count = note->answer_count,
			.answers_presence = PRESENCE_KNOWN,
		};
		if (note->later && note->tx > 0)
			dns->tx = number_known((unsigned)note->tx - 1);
	}
	return true;
}

/* How many greetings and transactions are among the first max of both, by their times. */
static void count_first(const struct notes *notes, size_t max, size_t *greetings_r, size_t *transactions_r)
{
	const struct note_helo *helo = notes->helo;
	const struct note_tx *tx = notes->tx;

	*greetings_r = *transactions_r = 0;
	for (size_t i = 0; i < max && (helo || tx); i++) {
		if (helo && (!tx || helo->at_us <= tx->at_us)) {
			(*greetings_r)++;
			helo = helo->next;
		} else {
			(*transactions_r)++;
			tx = tx->next;
		}
	}
}

static bool set_all(struct notes *notes, size_t max, struct arena *arena, struct record *record)
{
	size_t greetings, count, cut;

	count_first(notes, max, &greetings, &count);
	cut = notes->cut + notes->dns_cut + (notes->helo_count - greetings) + (notes->tx_count - count);
	set_session(notes, record);
	record->truncated = number_known((unsigned)cut);
	return set_greetings(notes, greetings, arena, record) && set_transactions(notes, count, arena, record) &&
	       set_verdicts(notes, count, arena, record) && set_checks(notes, count, arena, record) &&
	       set_dns(notes, arena, record);
}

bool notes_record(struct notes *notes, bool complete, size_t max, struct arena *arena, struct record *record_r)
{
	bool good;

	*record_r = (struct record){ .complete = flag_known(complete),
				     .redacted.presence = PRESENCE_KNOWN };
	pthread_mutex_lock(&notes->lock);
	good = set_all(notes, max, arena, record_r);
	pthread_mutex_unlock(&notes->lock);
	return good;
}
