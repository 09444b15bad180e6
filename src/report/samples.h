/* SPDX-License-Identifier: BSD-2-Clause */
/* The sessions to look at first: a bounded number, the same ones whatever the order in which they come. */
#ifndef REPORT_SAMPLES_H
#define REPORT_SAMPLES_H

#include "report/judged.h"

#define SAMPLES_MAX 50

/* Signs that a refusal would be a mistake: the more, the nearer to the top. */
enum evidence {
	EVIDENCE_DELIVERED = 1,		/* the mail was delivered then */
	EVIDENCE_AUTHENTICATED = 2,
	EVIDENCE_TLS = 4,
	EVIDENCE_NAME_CONFIRMED = 8,	/* forward-confirmed reverse DNS */
	EVIDENCE_NAME_MATCHES = 16,	/* the name of HELO is the client's own, but for case and final dot */
	EVIDENCE_SPF_PASS = 32,		/* of a sender, as it was then */
	EVIDENCE_SEVERAL_DAYS = 64,	/* of a client, not of a session */

	EVIDENCE_FIRST = EVIDENCE_DELIVERED,
	EVIDENCE_LAST = EVIDENCE_SEVERAL_DAYS
};

struct sample {
	uint64_t rank;			/* the greatest are kept */
	uint64_t hash;			/* of the id; between equals the least, and then by their texts */
	enum change change;
	enum answer answer;
	enum certainty certainty;
	unsigned evidence;
	/* On the heap; NULL: not known. */
	char *id, *start, *client, *client_name, *helo, *sender, *reason, *reply;
};

/* Sorted, the first to look at first.  Zeroed memory is an empty one. */
struct samples {
	struct sample items[SAMPLES_MAX];
	size_t count;
};

void samples_clear(struct samples *samples);
void sample_clear(struct sample *sample);

unsigned sample_evidence(const struct record *record, size_t tx);

/* May a sample of this rank and hash be kept?  Saves making one. */
bool samples_wants(const struct samples *samples, uint64_t rank, uint64_t hash);

/* Takes over the texts of sample, or frees them. */
void samples_add(struct samples *samples, struct sample *sample);

/* Rank and hash by which a session is kept. */
uint64_t sample_rank(enum change change, unsigned evidence);
uint64_t sample_hash(const struct record *record);

/* Makes a sample of a session; false: out of memory. */
bool sample_make(const struct judged_session *session, const struct judged_tx *tx, enum change change,
		 struct sample *sample_r);

const char *evidence_word(enum evidence evidence);	/* "delivered" */

/* false: out of memory. */
bool samples_merge(struct samples *into, const struct samples *from);

#endif
