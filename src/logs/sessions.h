/* SPDX-License-Identifier: BSD-2-Clause */
/* The sessions that a reader has begun and not handed over yet: bounded, the oldest given up first. */
#ifndef LOGS_SESSIONS_H
#define LOGS_SESSIONS_H

#include "logs/record.h"

#define SESSIONS_MAX (22 * 1024)			/* of some 2.2 KB: memory stays below 64 MiB */
#define SESSIONS_IDLE_US (3600 * US_PER_SECOND)		/* without a line: taken as cut off */
#define SESSIONS_HELD_US US_PER_DAY			/* ended, but mail of it is still in the queue */

struct session_slot {
	struct arena arena;		/* of the record, the reader's own part, and all that they point to */
	struct record *record;
	void *own;			/* the reader's */
	uint64_t key;
	int64_t seen_us;		/* time of its last line */
	bool held;			/* ended; only its queue ids are waited for */
	uint32_t number;		/* which slot it is */
	uint32_t newer, older;		/* in the order of their last lines, apart for held ones */
};

struct sessions;

enum finish_reason {
	FINISH_ASKED,	/* by sessions_finish(), or sessions_begin() with its key */
	FINISH_IDLE,	/* no line for too long */
	FINISH_FULL,	/* there were too many */
	FINISH_END	/* of all input */
};

/* The slot is free again after it. */
typedef void sessions_done(void *context, struct session_slot *slot, enum finish_reason reason);

/* finish is called once for each session.  own_bytes are zeroed for each.  NULL: out of memory. */
struct sessions *sessions_new(size_t own_bytes, sessions_done *finish, void *context);
void sessions_free(struct sessions **sessions);		/* finishes nobody */

/* NULL: none that is not held has this key. */
struct session_slot *sessions_find(const struct sessions *sessions, uint64_t key);

/* A new one; finishes the one with this key, and the oldest when all are taken.  NULL: out of memory. */
struct session_slot *sessions_begin(struct sessions *sessions, uint64_t key, int64_t now_us);

/* A line of it was seen. */
void sessions_touch(struct sessions *sessions, struct session_slot *slot, int64_t now_us);

/* Its end was seen: its key is free again, it stays for the sake of its queue ids. */
void sessions_hold(struct sessions *sessions, struct session_slot *slot);

void sessions_finish(struct sessions *sessions, struct session_slot *slot);

/* Names a transaction of the session; a queue id that another one has is taken from it.  false: out of memory. */
bool sessions_name(struct sessions *sessions, struct session_slot *slot, uint32_t tx, uint64_t queue_key);
struct session_slot *sessions_by_queue_id(const struct sessions *sessions, uint64_t queue_key, uint32_t *tx_r);
/*
 * What finish calls for each name that it gave; a name that another session has taken since stays with that one.
 */
void sessions_forget(struct sessions *sessions, const struct session_slot *slot, uint64_t queue_key);

/* Gives up what is idle or held for too long at now_us; time that goes back gives nobody up. */
void sessions_expire(struct sessions *sessions, int64_t now_us);

/* Those whose end was not seen.  visit leaves them where they are. */
void sessions_each_open(const struct sessions *sessions, void (*visit)(void *context, struct session_slot *slot), void *context);

/* The slot with this number. */
struct session_slot *sessions_at(const struct sessions *sessions, uint32_t number);

/* The end of all input: finishes every session, in the order of their last lines. */
void sessions_finish_all(struct sessions *sessions);

static inline void *session_own(struct session_slot *slot)
{
	return slot->own;
}

#endif
