/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judging on all processors: who reads the logs hands sessions to threads, and judges himself what they cannot take yet.
 * Summaries add up to the same whatever the shares.
 */
#ifndef APP_REPLAY_POOL_H
#define APP_REPLAY_POOL_H

#include "app/replay_judge.h"
#include "report/summary.h"

#include <stdbool.h>

struct replay_pool;

/* With as many threads as there are processors beside the caller's.  NULL: out of memory. */
struct replay_pool *replay_pool_new(const struct replay_plan *plan, const struct summary_meta *meta);

/* Judges a session now, or later: then it keeps what the arena holds, as record_take says.  false: out of memory. */
bool replay_pool_take(struct replay_pool *pool, struct record *record, struct arena *arena);

/* Waits for the threads: what all have found, which goes with the pool.  NULL: out of memory. */
struct summary *replay_pool_finish(struct replay_pool *pool);

void replay_pool_free(struct replay_pool **pool);

#endif
