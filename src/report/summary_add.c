/* SPDX-License-Identifier: BSD-2-Clause */
/* What one judged session adds to a summary. */
#include "report/summary.h"

#include "base/clock.h"
#include "base/mailbox.h"

#include <string.h>

#define COUNTS(...) (const uint64_t[TALLY_COLUMNS]){ __VA_ARGS__ }

static void count(struct summary *summary, enum summary_list list, const char *name, const uint64_t counts[TALLY_COLUMNS])
{
	if (!tally_add(&summary->lists[list], name, counts))
		summary->failed = true;
}

/* What one session adds to the columns refused, possible, undecidable, each 0 or 1. */
struct weight {
	uint64_t refused, possible, undecidable;
};

static struct weight weigh(const struct judged_answer *after)
{
	struct weight weight = { 0, 0, 0 };

	if (!after->known || after->certainty == CERTAINTY_UNDECIDABLE)
		weight.undecidable = 1;
	else if (answer_refuses(after->answer) && after->certainty == CERTAINTY_POSSIBLE)
		weight.possible = 1;
	else if (answer_refuses(after->answer))
		weight.refused = 1;
	return weight;
}

static enum total total_of(const struct judged_answer *after)
{
	struct weight weight = weigh(after);

	if (weight.undecidable)
		return TOTAL_UNDECIDABLE;
	if (weight.possible)
		return TOTAL_POSSIBLE;
	switch (after->answer) {
	case ANSWER_ACCEPT: return TOTAL_ACCEPTED;
	case ANSWER_QUARANTINE: return TOTAL_QUARANTINED;
	case ANSWER_TEMPFAIL: return TOTAL_TEMPFAILED;
	case ANSWER_REJECT: return TOTAL_REJECTED;
	}
	return TOTAL_ACCEPTED;
}

static enum state state_of(const struct judged_answer *answer)
{
	if (!answer->known)
		return STATE_UNKNOWN;
	if (answer->certainty != CERTAINTY_CERTAIN)
		return STATE_UNCERTAIN;
	return (enum state)(STATE_ACCEPT + (int)answer->answer);
}

static void add_greeting(struct summary *summary, const struct record *record)
{
	enum presence presence;
	const struct record_helo *helo = record_greeting(record, record->tx_count, &presence);
	enum total how = TOTAL_GREETED_UNKNOWN;

	if (presence == PRESENCE_NONE)
		how = TOTAL_GREETED_NOT;
	else if (helo && helo->verb == VERB_EHLO)
		how = TOTAL_GREETED_EHLO;
	else if (helo && helo->verb == VERB_HELO)
		how = TOTAL_GREETED_HELO;
	summary->totals[how]++;
	summary->totals[TOTAL_KNOWN_GREETING] += presence != PRESENCE_UNKNOWN;
	summary->totals[TOTAL_KNOWN_VERB] += how != TOTAL_GREETED_UNKNOWN;
	summary->totals[TOTAL_KNOWN_HELO_NAME] +=
		presence == PRESENCE_NONE || (helo && helo->name.presence != PRESENCE_UNKNOWN);
}

/* yes, no and unknown stand in this order. */
static void add_presence(struct summary *summary, enum total yes, enum presence presence)
{
	summary->totals[yes + (presence == PRESENCE_NONE ? 1 : presence == PRESENCE_UNKNOWN ? 2 : 0)]++;
}

static void add_facts(struct summary *summary, const struct record *record)
{
	enum presence tls = record->tls_presence, login = record->sasl_username.presence;
	uint64_t *totals = summary->totals;

	totals[TOTAL_INCOMPLETE] += record->complete.presence == PRESENCE_KNOWN && !record->complete.value;
	totals[TOTAL_KNOWN_START] += record->start_us.presence == PRESENCE_KNOWN;
	totals[TOTAL_KNOWN_CLIENT] += record->client_address.presence != PRESENCE_UNKNOWN;
	totals[TOTAL_KNOWN_CLIENT_NAME] += record->client_name.presence != PRESENCE_UNKNOWN;
	totals[TOTAL_UNCONFIRMED] += record->client_name.presence == PRESENCE_NONE;
	totals[TOTAL_KNOWN_RESOLVE] += record->client_resolve.presence != PRESENCE_UNKNOWN;
	totals[TOTAL_KNOWN_SERVER_PORT] += record->server_port.presence != PRESENCE_UNKNOWN;
	totals[TOTAL_KNOWN_DNS] += record->dns_presence != PRESENCE_UNKNOWN;
	if (record->client_address.presence == PRESENCE_KNOWN)
		summary_add_client(summary, &record->client_address.value);
	add_greeting(summary, record);
	if (record->commands[COUNTED_AUTH_FAILED].presence == PRESENCE_KNOWN)
		totals[TOTAL_AUTH_FAILURES] += record->commands[COUNTED_AUTH_FAILED].value;
	for (size_t i = 0; i < record->tx_count; i++) {
		const struct record_tx *tx = &record->tx[i];

		totals[TOTAL_KNOWN_SENDER] += tx->sender.presence != PRESENCE_UNKNOWN;
		/* A session with one transaction after a login is one with a login. */
		tls = tx->tls_version.presence == PRESENCE_KNOWN ? PRESENCE_KNOWN : tls;
		login = tx->sasl_username.presence == PRESENCE_KNOWN ? PRESENCE_KNOWN : login;
	}
	add_presence(summary, TOTAL_TLS, tls);
	add_presence(summary, TOTAL_AUTHENTICATED, login);
	totals[TOTAL_TRANSACTIONS] += record->tx_count;
	summary->source_counts[record->source]++;
}

static void flush_day(struct summary *summary)
{
	char date[11];

	if (summary->day_counts[0] == 0)
		return;
	date_format(summary->day, date);
	count(summary, LIST_DAYS, date, summary->day_counts);
	memset(summary->day_counts, 0, sizeof summary->day_counts);
}

static void flush_listener(struct summary *summary)
{
	if (summary->listener_counts[0] > 0)
		count(summary, LIST_LISTENERS, summary->listener, summary->listener_counts);
	memset(summary->listener_counts, 0, sizeof summary->listener_counts);
}

static void flush_sources(struct summary *summary)
{
	for (int source = SOURCE_DAEMON; source <= SOURCE_SURICATA; source++)
		if (summary->source_counts[source] > 0)
			count(summary, LIST_SOURCES, record_source_word((enum record_source)source),
			      COUNTS(summary->source_counts[source]));
	memset(summary->source_counts, 0, sizeof summary->source_counts);
}

static void add_listener(struct summary *summary, const char *listener, const struct weight *weight)
{
	if (strcmp(summary->listener, listener) != 0) {
		flush_listener(summary);
		(void)snprintf(summary->listener, sizeof summary->listener, "%s", listener);
	}
	summary->listener_counts[0]++;
	summary->listener_counts[1] += weight->refused;
	summary->listener_counts[2] += weight->possible;
	summary->listener_counts[3] += weight->undecidable;
}

static void add_time(struct summary *summary, const struct record *record, const struct weight *weight)
{
	int64_t us = record->start_us.value;
	int32_t day;

	if (record->start_us.presence != PRESENCE_KNOWN || us < 0)
		return;
	day = date_of_us(us);
	if (day != summary->day) {
		flush_day(summary);
		summary->day = day;
	}
	summary->day_counts[0]++;
	summary->day_counts[1] += weight->refused;
	summary->day_counts[2] += weight->possible;
	summary->day_counts[3] += weight->undecidable;
	/* 1970-01-01 was a Thursday. */
	summary->hours[(day + 3) % 7][us % US_PER_DAY / (3600 * US_PER_SECOND)][0]++;
	summary->hours[(day + 3) % 7][us % US_PER_DAY / (3600 * US_PER_SECOND)][1] += weight->refused;
	if (!summary->timed || us < summary->first_us)
		summary->first_us = us;
	if (!summary->timed || us > summary->last_us)
		summary->last_us = us;
	summary->timed = true;
}

/* /24, /48 */
static void network_text(const struct ip *ip, char text_r[IP_TEXT_BYTES + 4])
{
	struct network network = { .ip = *ip, .prefix_bits = 48 };
	struct buf out;

	if (ip->family != IP_V4) {
		memset(network.ip.bytes + 6, 0, sizeof network.ip.bytes - 6);
		network_format(&network, text_r);
		return;
	}
	buf_init_fixed(&out, text_r, IP_TEXT_BYTES + 4);
	for (int i = 0; i < 3; i++) {
		buf_add_number(&out, ip->bytes[i]);
		buf_add_char(&out, '.');
	}
	buf_add(&out, "0/24");
}

/* The domain of a path; "" when it has none that can be told. */
static void sender_domain(const char *sender, char domain_r[NAME_TEXT_BYTES])
{
	struct mailbox mailbox;

	domain_r[0] = '\0';
	if (sender[0] == '\0') {
		memcpy(domain_r, "<>", 3);
		return;
	}
	mailbox_parse(sender, &mailbox);
	memcpy(domain_r, mailbox.domain, strlen(mailbox.domain) + 1);
}

/* Of the transactions that weigh as much as the worst one, the first that was delivered then; else the worst one. */
static const struct judged_tx *met_first(const struct judged_session *session, const struct judged_tx *worst)
{
	enum total total = total_of(&worst->after);

	for (size_t i = 0; i < session->tx_count; i++)
		if (total_of(&session->txs[i].after) == total && record_was_delivered(session->record, session->txs[i].tx))
			return &session->txs[i];
	return worst;
}

/* Whom a refusal, or a possible one, would meet. */
static void add_who(struct summary *summary, const struct record *record, const struct judged_tx *tx,
		    const struct weight *weight)
{
	const struct text *sender = tx->tx < record->tx_count ? &record->tx[tx->tx].sender : NULL;
	const uint64_t counts[TALLY_COLUMNS] = { weight->refused, weight->possible, record_was_delivered(record, tx->tx) };
	char network[IP_TEXT_BYTES + 4];
	enum presence presence;
	const struct record_helo *helo = record_greeting(record, tx->tx, &presence);
	char domain[NAME_TEXT_BYTES];

	if (record->client_address.presence == PRESENCE_KNOWN) {
		network_text(&record->client_address.value, network);
		count(summary, LIST_NETWORKS, network, counts);
	}
	if (helo && helo->name.presence == PRESENCE_KNOWN)
		count(summary, LIST_NAMES, helo->name.value, counts);
	if (!sender || sender->presence != PRESENCE_KNOWN)
		return;
	sender_domain(sender->value, domain);
	if (domain[0] != '\0')
		count(summary, LIST_DOMAINS, domain, counts);
}

static void count_reason(struct summary *summary, const struct judged_finding *finding,
			 const uint64_t counts[TALLY_COLUMNS])
{
	char text[256];
	struct buf out;

	buf_init_fixed(&out, text, sizeof text);
	buf_add(&out, finding->rule ? "rule " : "check ");
	buf_add(&out, judged_finding_name(finding));
	buf_add_char(&out, ' ');
	buf_add(&out, judged_finding_result(finding));
	count(summary, LIST_REASONS, text, counts);
}

static void flush_checks(struct summary *summary)
{
	for (int check = 0; check < CHECK_COUNT; check++) {
		for (int result = 0; result < RESULT_COUNT; result++) {
			const struct judged_finding finding = { .check = (enum check_id)check,
								.result = (enum result)result };
			uint64_t *counts = summary->check_counts[check][result];

			if (counts[0] + counts[3] > 0)
				count_reason(summary, &finding, counts);
		}
	}
	memset(summary->check_counts, 0, sizeof summary->check_counts);
}

static void add_findings(struct summary *summary, const struct judged_tx *tx)
{
	for (size_t i = 0; i < tx->finding_count; i++) {
		const struct judged_finding *finding = &tx->findings[i];
		bool acts = !finding->unknown && answer_refuses(finding->answer);
		const uint64_t counts[TALLY_COLUMNS] = { !finding->unknown, acts, acts && finding->alone,
							 finding->unknown };

		if (finding->rule)
			count_reason(summary, finding, counts);
		for (int column = 0; !finding->rule && column < TALLY_COLUMNS; column++)
			summary->check_counts[finding->check][finding->result][column] += counts[column];
	}
}

static void add_dns(struct summary *summary, const struct record *record)
{
	char name[64];

	for (size_t i = 0; i < record->dns_count; i++) {
		const struct record_dns *dns = &record->dns[i];

		if (dns->type.presence != PRESENCE_KNOWN || dns->status.presence != PRESENCE_KNOWN)
			continue;
		(void)snprintf(name, sizeof name, "%s %s", dns->type.value, dns->status.value);
		count(summary, LIST_DNS, name, COUNTS(1));
	}
}

/* The change of the session: that of its transaction which is to be looked at first; of equal ones, by its evidence. */
static enum change change_of(const struct judged_session *session, const struct judged_tx **tx_r)
{
	enum change first = judged_change(&session->txs[0]);
	uint64_t best = 0;

	*tx_r = &session->txs[0];
	for (size_t i = 0; session->tx_count > 1 && i < session->tx_count; i++) {
		const struct judged_tx *tx = &session->txs[i];
		enum change change = judged_change(tx);
		uint64_t rank = sample_rank(change, sample_evidence(session->record, tx->tx));

		if (rank > best) {
			best = rank;
			first = change;
			*tx_r = tx;
		}
	}
	return first;
}

/* Is the session one to look at first? */
static bool add_change(struct summary *summary, const struct judged_session *session)
{
	const struct judged_tx *tx;
	enum change change = change_of(session, &tx);

	summary->changes[change]++;
	summary->matrix[state_of(&tx->before)][state_of(&tx->after)]++;
	if (change == CHANGE_NEWLY_REJECTED && record_was_delivered(session->record, tx->tx))
		summary->totals[TOTAL_NEWLY_REJECTED_DELIVERED]++;
	return change <= CHANGE_MAYBE_NEWLY_REJECTED &&
	       samples_wants(&summary->samples, sample_rank(change, sample_evidence(session->record, tx->tx)),
			     sample_hash(session->record));
}

void summary_add_sample(struct summary *summary, const struct judged_session *session)
{
	const struct judged_tx *tx;
	enum change change = change_of(session, &tx);
	struct sample sample;

	if (sample_make(session, tx, change, &sample))
		samples_add(&summary->samples, &sample);
	else
		summary->failed = true;
}

bool summary_add(struct summary *summary, const struct judged_session *session)
{
	const struct judged_tx *worst = judged_worst(session);
	struct weight weight = weigh(&worst->after);
	struct judged_answer then = judged_then_worst(session->record);

	summary->totals[TOTAL_SESSIONS]++;
	summary->totals[total_of(&worst->after)]++;
	summary->totals[TOTAL_THEN_KNOWN] += then.known;
	summary->totals[TOTAL_THEN_REFUSED] += then.known && answer_refuses(then.answer);
	summary->totals[TOTAL_LISTENER_UNSURE] += worst->listener_unsure;
	add_facts(summary, session->record);
	add_time(summary, session->record, &weight);
	if (worst->listener)
		add_listener(summary, worst->listener, &weight);
	for (size_t i = 0; i < session->tx_count; i++)
		add_findings(summary, &session->txs[i]);
	add_dns(summary, session->record);
	if (weight.refused + weight.possible > 0)
		add_who(summary, session->record, met_first(session, worst), &weight);
	return add_change(summary, session);
}

void summary_flush(struct summary *summary)
{
	flush_day(summary);
	flush_listener(summary);
	flush_sources(summary);
	flush_checks(summary);
}
