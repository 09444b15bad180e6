/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judgements that come again: without DNS few facts of a session count where the name of the greeting is not known, as in
 * half of the sessions of a Postfix log; where it is, what the checks make of it counts.
 */
#ifndef APP_REPLAY_MEMO_H
#define APP_REPLAY_MEMO_H

#include "app/replay_doubt.h"

#include <stdbool.h>
#include <stdint.h>

#define MEMO_FINDINGS_MAX 16

/* All that counts; compared by its bytes. */
struct memo_key {
	const struct listener *listener;
	uint8_t unsure, as_seen, no_mail, maybe_mail, started;
	uint8_t ehlo, verb, sender, sender_kind, client, loopback, local_submission;
	uint8_t client_name, client_resolve, auth_user, tls;
	uint8_t results[CHECK_COUNT];	/* of the checks, where the name is known */
};

struct memo_entry {
	struct memo_key key;		/* listener NULL: free */
	struct judged_answer answer;	/* without reply */
	size_t finding_count;
	struct judged_finding findings[MEMO_FINDINGS_MAX];
};

struct replay_memo;

/* For one policy, whose judgements must take no DNS; NULL: out of memory. */
struct replay_memo *replay_memo_new(const struct policy *policy);
void replay_memo_free(struct replay_memo **memo);

/*
 * The place of a judgement, of which only the facts and the listener need be there yet: with key.listener set it holds
 * what the judgement comes to, else the caller fills it in.  *key_r: what to write there then.  NULL: more facts count.
 */
struct memo_entry *replay_memo_find(struct replay_memo *memo, const struct doubt *doubt, struct memo_key *key_r);

#endif
