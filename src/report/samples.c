/* SPDX-License-Identifier: BSD-2-Clause */
/* The sessions to look at first. */
#include "report/samples.h"

#include "base/hash.h"
#include "base/instant.h"
#include "base/name.h"

#include <stdlib.h>

void sample_clear(struct sample *sample)
{
	free(sample->id);
	free(sample->start);
	free(sample->client);
	free(sample->client_name);
	free(sample->helo);
	free(sample->sender);
	free(sample->reason);
	free(sample->reply);
	memset(sample, 0, sizeof *sample);
}

void samples_clear(struct samples *samples)
{
	for (size_t i = 0; i < samples->count; i++)
		sample_clear(&samples->items[i]);
	samples->count = 0;
}

const char *evidence_word(enum evidence evidence)
{
	switch (evidence) {
	case EVIDENCE_DELIVERED: return "delivered";
	case EVIDENCE_AUTHENTICATED: return "authenticated";
	case EVIDENCE_TLS: return "tls";
	case EVIDENCE_NAME_CONFIRMED: return "name_confirmed";
	case EVIDENCE_NAME_MATCHES: return "name_matches";
	case EVIDENCE_SPF_PASS: return "spf_pass";
	case EVIDENCE_SEVERAL_DAYS: return "several_days";
	}
	return "";
}

/* As the record tells: its own answers of DNS need not hold the question. */
static bool spf_passed(const struct record *record, size_t tx)
{
	for (size_t i = 0; i < record->check_count; i++) {
		const struct record_check *check = &record->checks[i];

		if (check->check.presence == PRESENCE_KNOWN && check->result.presence == PRESENCE_KNOWN &&
		    strcmp(check->check.value, "spf_mail_from") == 0 && strcmp(check->result.value, "pass") == 0 &&
		    (check->tx.presence != PRESENCE_KNOWN || check->tx.value == tx))
			return true;
	}
	return false;
}

unsigned sample_evidence(const struct record *record, size_t tx)
{
	enum presence presence;
	const struct record_helo *helo = record_greeting(record, tx, &presence);
	unsigned evidence = 0;

	if (record_was_delivered(record, tx))
		evidence |= EVIDENCE_DELIVERED;
	if (record_login(record, tx).presence == PRESENCE_KNOWN)
		evidence |= EVIDENCE_AUTHENTICATED;
	if (record_encryption(record, tx) == PRESENCE_KNOWN)
		evidence |= EVIDENCE_TLS;
	if (record->client_name.presence == PRESENCE_KNOWN) {
		evidence |= EVIDENCE_NAME_CONFIRMED;
		if (helo && helo->name.presence == PRESENCE_KNOWN &&
		    domain_equal(helo->name.value, record->client_name.value))
			evidence |= EVIDENCE_NAME_MATCHES;
	}
	if (spf_passed(record, tx))
		evidence |= EVIDENCE_SPF_PASS;
	return evidence;
}

uint64_t sample_rank(enum change change, unsigned evidence)
{
	static const struct {
		enum evidence evidence;
		uint64_t weight;
	} weights[] = {
		{ EVIDENCE_DELIVERED, 32 }, { EVIDENCE_AUTHENTICATED, 16 }, { EVIDENCE_SPF_PASS, 8 },
		{ EVIDENCE_NAME_MATCHES, 4 }, { EVIDENCE_NAME_CONFIRMED, 2 }, { EVIDENCE_TLS, 1 },
	};
	uint64_t rank = (uint64_t)(CHANGE_COUNT - change) << 8;

	for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++)
		if (evidence & weights[i].evidence)
			rank += weights[i].weight;
	return rank;
}

uint64_t sample_hash(const struct record *record)
{
	const char *id = record->id.presence == PRESENCE_KNOWN ? record->id.value : "";

	return hash_bytes(id, strlen(id), 8);
}

/* Which of two comes first?  Less than 0: a. */
static int compare(uint64_t rank_a, uint64_t hash_a, uint64_t rank_b, uint64_t hash_b)
{
	if (rank_a != rank_b)
		return rank_a > rank_b ? -1 : 1;
	return hash_a < hash_b ? -1 : hash_a > hash_b;
}

/* What is not known comes first. */
static int compare_texts(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* Records need not have an id, nor one of their own: which of them are kept must not hang on their order either. */
static int compare_samples(const struct sample *a, const struct sample *b)
{
	const char *const texts[][2] = {
		{ a->id, b->id }, { a->start, b->start }, { a->client, b->client }, { a->client_name, b->client_name },
		{ a->helo, b->helo }, { a->sender, b->sender }, { a->reason, b->reason }, { a->reply, b->reply },
	};
	int order = compare(a->rank, a->hash, b->rank, b->hash);

	for (size_t i = 0; order == 0 && i < sizeof texts / sizeof texts[0]; i++)
		order = compare_texts(texts[i][0], texts[i][1]);
	if (order == 0)
		order = (int)a->evidence - (int)b->evidence;
	return order;
}

bool samples_wants(const struct samples *samples, uint64_t rank, uint64_t hash)
{
	const struct sample *last = &samples->items[SAMPLES_MAX - 1];

	return samples->count < SAMPLES_MAX || compare(rank, hash, last->rank, last->hash) <= 0;
}

void samples_add(struct samples *samples, struct sample *sample)
{
	size_t at = 0;

	while (at < samples->count && compare_samples(&samples->items[at], sample) < 0)
		at++;
	if (at == SAMPLES_MAX) {
		sample_clear(sample);
		return;
	}
	if (samples->count == SAMPLES_MAX)
		sample_clear(&samples->items[--samples->count]);
	memmove(&samples->items[at + 1], &samples->items[at], (samples->count - at) * sizeof *sample);
	samples->items[at] = *sample;
	samples->count++;
	memset(sample, 0, sizeof *sample);
}

/* A copy of what is known; *failed is set when memory is out. */
static char *copy(const char *text, bool *failed)
{
	char *made = text ? strdup(text) : NULL;

	*failed |= text && !made;
	return made;
}

static const char *known(const struct text *text)
{
	return text->presence == PRESENCE_KNOWN ? text->value : NULL;
}

/* What refuses; of what nobody can decide, the first that might refuse. */
static const char *reason_of(const struct judged_tx *tx)
{
	const struct judged_answer *after = &tx->after;

	if (after->rule || after->check)
		return after->rule ? after->rule : after->check;
	for (size_t i = 0; i < tx->finding_count; i++)
		if (tx->findings[i].unknown && answer_refuses(tx->findings[i].answer))
			return judged_finding_name(&tx->findings[i]);
	return NULL;
}

bool sample_make(const struct judged_session *session, const struct judged_tx *tx, enum change change,
		 struct sample *sample_r)
{
	const struct record *record = session->record;
	char start[INSTANT_TEXT_BYTES], client[IP_TEXT_BYTES];
	enum presence presence;
	const struct record_helo *helo = record_greeting(record, tx->tx, &presence);
	bool failed = false;

	*sample_r = (struct sample){ .change = change,
				     .answer = tx->after.answer,
				     .certainty = tx->after.certainty,
				     .evidence = sample_evidence(record, tx->tx),
				     .hash = sample_hash(record) };
	sample_r->rank = sample_rank(change, sample_r->evidence);
	if (record->start_us.presence == PRESENCE_KNOWN)
		instant_format(record->start_us.value, start);
	if (record->client_address.presence == PRESENCE_KNOWN)
		ip_format(&record->client_address.value, client);
	sample_r->id = copy(known(&record->id), &failed);
	sample_r->start = copy(record->start_us.presence == PRESENCE_KNOWN ? start : NULL, &failed);
	sample_r->client = copy(record->client_address.presence == PRESENCE_KNOWN ? client : NULL, &failed);
	sample_r->client_name = copy(known(&record->client_name), &failed);
	sample_r->helo = copy(helo ? known(&helo->name) : NULL, &failed);
	sample_r->sender = copy(tx->tx < record->tx_count ? known(&record->tx[tx->tx].sender) : NULL, &failed);
	sample_r->reason = copy(reason_of(tx), &failed);
	sample_r->reply = copy(tx->after.reply, &failed);
	if (failed)
		sample_clear(sample_r);
	return !failed;
}

bool samples_merge(struct samples *into, const struct samples *from)
{
	bool failed = false;

	for (size_t i = 0; i < from->count && !failed; i++) {
		const struct sample *item = &from->items[i];
		struct sample made = *item;

		if (!samples_wants(into, item->rank, item->hash))
			continue;
		made.id = copy(item->id, &failed);
		made.start = copy(item->start, &failed);
		made.client = copy(item->client, &failed);
		made.client_name = copy(item->client_name, &failed);
		made.helo = copy(item->helo, &failed);
		made.sender = copy(item->sender, &failed);
		made.reason = copy(item->reason, &failed);
		made.reply = copy(item->reply, &failed);
		if (failed)
			sample_clear(&made);
		else
			samples_add(into, &made);
	}
	return !failed;
}
