/* SPDX-License-Identifier: BSD-2-Clause */
/* What notes.c and notes_record.c share. */
#ifndef APP_NOTES_WORK_H
#define APP_NOTES_WORK_H

#include "app/notes.h"

#include <pthread.h>

#define RESULT_ABSENT UINT8_MAX	/* the check is off, or was not judged */

/* What decided, and the reply as the client saw it (NULL: none). */
struct note_outcome {
	enum answer answer;
	const struct check *check;
	const struct rule *rule;
	const char *reply;
};

struct note_judgement {
	bool done;
	bool differs;		/* would is not the outcome */
	struct note_outcome outcome;
	struct note_outcome would;
	uint8_t results[CHECK_COUNT];
};

struct note_tx {
	struct note_tx *next;
	int64_t at_us;		/* since the start of the session */
	struct text sender;
	struct text queue_id;
	struct text auth_user;
	struct text tls_version;
	struct note_judgement judgement;
};

struct note_helo {
	struct note_helo *next;
	int64_t at_us;
	enum verb verb;
	struct text name;
};

struct note_dns {
	struct note_dns *next;
	const char *question;
	enum dns_type type;
	enum dns_status status;
	uint32_t ttl_s;
	uint32_t took_us;
	enum dns_source source;
	bool later;		/* another answer to the question stands before it */
	size_t tx;		/* from which on it holds */
	size_t answer_count;
	const char *answers[];
};

struct notes {
	pthread_mutex_t lock;
	const struct policy *policy;
	const struct listener *listener;	/* the last one that judged */
	int64_t started_us;
	int64_t started_monotonic_us;
	struct session session;			/* strings and all as of connect */
	struct arena arena;
	size_t held_bytes;			/* of greetings and transactions */
	bool full;				/* no more greetings and transactions fit */
	unsigned cut;				/* what did not fit, of questions those of earlier transactions */
	unsigned dns_cut;			/* questions of this transaction that did not */
	struct note_helo *helo, **helo_end;
	size_t helo_count;
	struct note_tx *tx, **tx_end, *tx_last;	/* tx_last: that of the session now; NULL: none, or it did not fit */
	size_t tx_count;
	struct note_judgement early;		/* before the first MAIL */
	struct note_dns *dns, **dns_end;
	size_t dns_count;
	size_t dns_bytes;
};

#endif
