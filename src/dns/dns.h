/* SPDX-License-Identifier: BSD-2-Clause */
/* Where answers come from: the network (cares.c behind cache.c) or a tape (tape.c). */
#ifndef DNS_DNS_H
#define DNS_DNS_H

#include "base/buf.h"
#include "base/diag.h"
#include "core/dns_answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A source of answers.  Shared by all sessions; any thread. */
struct dns;

/* How a question was served: from the cache, with the same one that is under way already, or by asking the network. */
enum dns_asked { DNS_ASKED_CACHE, DNS_ASKED_JOINED, DNS_ASKED_NET, DNS_ASKED_COUNT };

/* Who wants to count.  Any thread; must not wait. */
struct dns_watch {
	void (*asked)(enum dns_asked how);
	/* Of a question that went to the network, once; also DNS_LIMIT, when it did not get there. */
	void (*answered)(enum dns_type type, enum dns_status status, int64_t took_us);
};

/*
 * The resolvers are trusted: an answer is as true as they are, and as the way to them is safe.  Ids and
 * ports are random, but a validating resolver on loopback is what keeps forged answers out.
 */
struct dns_settings {
	/*
	 * "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53", at most 8; count 0: the nameserver lines of
	 * /etc/resolv.conf.
	 */
	const char *const *servers;
	size_t server_count;
	int timeout_ms;			/* of one question, all its attempts together */
	size_t cache_entries;		/* of some 350 bytes each, 1 KiB at most; 0: nothing is kept */
	bool keep;			/* TTLs do not count: an answer, an error too, is kept as long as there is room */
	const struct dns_watch *watch;	/* NULL: nobody counts */
};

/*
 * Starts the owner thread, with all signals blocked.  NULL with *error_r set (a constant: what is wrong,
 * and what to do). Its log: an error when DNS goes down and a warning when it is back; a warning when one
 * of several servers falls silent, or more questions come than can be under way (those are DNS_LIMIT).
 */
struct dns *dns_live_new(const struct dns_settings *settings, const char **error_r);

/*
 * The file (or "-") as a whole.  Errors and warnings go to diag with FILE:LINE:COL; NULL when there is an
 * error.
 */
struct dns *dns_tape_new(const char *path, struct diag *diag);
/* As dns_tape_new() for text in memory; path is its name in messages. */
struct dns *dns_tape_new_text(const char *path, const char *text, size_t length, struct diag *diag);

/*
 * What is not on the tape is asked of below, which outlives it; NULL: of nobody.  Before any batch.
 */
void dns_tape_over(struct dns *tape, struct dns *below);

/*
 * Appends the lines of a tape that gives the same answers.  Left out are the TTLs of negative answers, and
 * items that say nothing about DNS: those without an answer, unknown, unusable, limit.
 */
void dns_tape_write(struct buf *out, const struct dns_item *items, size_t count);

/* No batch may be left.  Ends the owner thread.  NULL inside is fine. */
void dns_free(struct dns **dns);

/*
 * Most questions of unrelated names have failed of late (dns/health.h says how that is told): the fault is
 * ours.  Always false for a tape.
 */
bool dns_is_down(const struct dns *dns);

/* Answers that are kept now, and their bytes; 0 for a tape.  Any thread. */
size_t dns_cache_count(const struct dns *dns, size_t *bytes_r);

const char *dns_library_version(void);

/* --- the questions of one session --- */

/* One owner, one thread at a time; different ones one after the other. */
struct dns_batch;

/* NULL when memory is out. */
struct dns_batch *dns_batch_new(struct dns *dns);
/* Forgets what is under way: late answers still reach the cache.  NULL inside is fine. */
void dns_batch_free(struct dns_batch **batch);

/*
 * Begins a question without waiting; a name and type that the batch holds already is not asked again.
 * name: as in zone files (\DDD), any letter case, a final dot is ignored.  tag: the caller's, for
 * dns_batch_drop().  false when memory is out.
 */
bool dns_batch_ask(struct dns_batch *batch, const char *name, enum dns_type type, unsigned tag);

/*
 * Waits until an answer has come since the last call, or no question is open, or deadline_us
 * (clock_monotonic_us()) has passed; a deadline of 0 does not wait.  Takes what has come over into the
 * items.  False: the deadline passed while questions were open.
 */
bool dns_batch_wait(struct dns_batch *batch, int64_t deadline_us);

/* How many questions have no answer yet (as of the last wait). */
size_t dns_batch_open(const struct dns_batch *batch);

/*
 * In the order in which they were asked.  The array is valid until the next call with this batch; names and
 * answers until they are dropped.  A name that is none of DNS stands as it was asked, with DNS_UNUSABLE.
 */
const struct dns_item *dns_batch_items(const struct dns_batch *batch, size_t *count_r);

/* The item of a question, however its name is written; NULL: it was not asked.  Valid as those above. */
const struct dns_item *dns_batch_find(const struct dns_batch *batch, const char *name, enum dns_type type);

/* Forgets the questions with a tag of at least tag. */
void dns_batch_drop(struct dns_batch *batch, unsigned tag);

/* Forgets the questions whose answer is not certain, so that they can be asked again; those without one stay open. */
void dns_batch_drop_errors(struct dns_batch *batch);

#endif
