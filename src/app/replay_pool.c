/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions go to the threads by the batch: the lock is taken once for many of them. */
#include "app/replay_pool.h"

#include "base/processors.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 8
#define BATCH_RECORDS 128
#define MEMBER_BATCHES 8	/* so many can wait while another thread has the processor */

struct batch {
	struct batch *next;
	size_t count;
	struct record *records[BATCH_RECORDS];
	struct arena arenas[BATCH_RECORDS];	/* in which they lie */
};

/* A judge, and what it has found. */
struct judging {
	struct replay_judge *judge;
	struct summary summary;
};

struct member {
	struct replay_pool *pool;
	struct judging judging;
	pthread_t thread;
};

struct replay_pool {
	struct judging judging;		/* the caller's */
	struct batch *filling;		/* the caller's; NULL without threads */
	struct member *members[THREADS_MAX];
	size_t member_count;
	pthread_mutex_t mutex;		/* for what follows */
	pthread_cond_t changed;		/* a batch is waiting, or no more will come */
	struct batch *waiting;
	struct batch *empty;
	bool ended;
	bool no_memory;
};

/* --- one judge --- */

static bool judging_init(struct judging *judging, const struct replay_plan *plan, const struct summary_meta *meta)
{
	summary_init(&judging->summary, meta);
	judging->judge = replay_judge_new(plan);
	return judging->judge;
}

static void judging_clear(struct judging *judging)
{
	summary_clear(&judging->summary);
	replay_judge_free(&judging->judge);
}

static bool judging_take(struct judging *judging, struct record *record, struct arena *arena)
{
	const struct judged_session *session;

	if (!record_make_whole(record, arena))
		return false;
	if (!record_reaches_milter(record)) {
		summary_add_unseen(&judging->summary, record);
		return true;
	}
	session = replay_judge_record(judging->judge, record, false);
	if (!session || !summary_add(&judging->summary, session))
		return session;
	session = replay_judge_record(judging->judge, record, true);
	if (session)
		summary_add_sample(&judging->summary, session);
	return session;
}

/* The batch is empty after it. */
static bool judging_take_batch(struct judging *judging, struct batch *batch)
{
	bool good = true;

	for (size_t i = 0; i < batch->count; i++) {
		good = good && judging_take(judging, batch->records[i], &batch->arenas[i]);
		arena_rewind(&batch->arenas[i]);
	}
	batch->count = 0;
	return good;
}

/* --- batches --- */

static struct batch *pop(struct batch **list)
{
	struct batch *batch = *list;

	if (batch) {
		*list = batch->next;
		batch->next = NULL;
	}
	return batch;
}

static void push(struct batch **list, struct batch *batch)
{
	batch->next = *list;
	*list = batch;
}

static struct batch *batch_new(void)
{
	struct batch *batch = malloc(sizeof *batch);

	if (!batch)
		return NULL;
	batch->next = NULL;
	batch->count = 0;
	for (size_t i = 0; i < BATCH_RECORDS; i++)
		arena_init(&batch->arenas[i], NULL, 0, RECORD_BLOCK_BYTES);
	return batch;
}

static void free_batches(struct batch *list)
{
	struct batch *batch;

	while ((batch = pop(&list))) {
		for (size_t i = 0; i < BATCH_RECORDS; i++)
			arena_clear(&batch->arenas[i]);
		free(batch);
	}
}

/* --- the threads --- */

/* The next one to judge; NULL: no more will come. */
static struct batch *wait_for_batch(struct replay_pool *pool)
{
	struct batch *batch;

	pthread_mutex_lock(&pool->mutex);
	while (!pool->waiting && !pool->ended)
		pthread_cond_wait(&pool->changed, &pool->mutex);
	batch = pop(&pool->waiting);
	pthread_mutex_unlock(&pool->mutex);
	return batch;
}

static void give_back(struct replay_pool *pool, struct batch *batch, bool good)
{
	pthread_mutex_lock(&pool->mutex);
	push(&pool->empty, batch);
	pool->no_memory |= !good;
	pthread_mutex_unlock(&pool->mutex);
}

static void *run(void *argument)
{
	struct member *member = argument;
	struct batch *batch;

	while ((batch = wait_for_batch(member->pool)))
		give_back(member->pool, batch, judging_take_batch(&member->judging, batch));
	return NULL;
}

static void free_member(struct member *member)
{
	judging_clear(&member->judging);
	free(member);
}

/* With batches for it.  false: out of memory. */
static bool start_member(struct replay_pool *pool, const struct replay_plan *plan, const struct summary_meta *meta)
{
	struct member *member = calloc(1, sizeof *member);

	if (!member)
		return false;
	member->pool = pool;
	for (int i = 0; i < MEMBER_BATCHES; i++) {
		struct batch *batch = batch_new();

		if (batch)
			push(&pool->empty, batch);
	}
	if (!judging_init(&member->judging, plan, meta) || thread_start(&member->thread, run, member) != 0) {
		free_member(member);
		return false;
	}
	pool->members[pool->member_count++] = member;
	return true;
}

/* Where a thread cannot be had, those that there are, or the caller, do the work. */
static void start_members(struct replay_pool *pool, const struct replay_plan *plan, const struct summary_meta *meta)
{
	size_t others = processors_allowed() - 1, wanted = others < THREADS_MAX ? others : THREADS_MAX;

	while (pool->member_count < wanted && start_member(pool, plan, meta))
		;
}

/* --- the pool --- */

struct replay_pool *replay_pool_new(const struct replay_plan *plan, const struct summary_meta *meta)
{
	struct replay_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->changed, NULL);
	if (!judging_init(&pool->judging, plan, meta)) {
		replay_pool_free(&pool);
		return NULL;
	}
	pool->filling = batch_new();
	/* How fast the network may be asked is counted by one judge. */
	if (pool->filling && !plan->live)
		start_members(pool, plan, meta);
	return pool;
}

/* The full batch goes to the threads; they being busy, it is judged here. */
static bool hand_over(struct replay_pool *pool)
{
	struct batch *full = pool->filling;
	bool good;

	pthread_mutex_lock(&pool->mutex);
	good = !pool->no_memory;
	pool->filling = pop(&pool->empty);
	if (pool->filling) {
		push(&pool->waiting, full);
		pthread_cond_signal(&pool->changed);
	}
	pthread_mutex_unlock(&pool->mutex);
	if (pool->filling)
		return good;
	pool->filling = full;
	return judging_take_batch(&pool->judging, full) && good;
}

bool replay_pool_take(struct replay_pool *pool, struct record *record, struct arena *arena)
{
	struct batch *batch = pool->filling;

	if (pool->member_count == 0)
		return judging_take(&pool->judging, record, arena);
	batch->records[batch->count] = record;
	arena_exchange(&batch->arenas[batch->count], arena);
	batch->count++;
	return batch->count < BATCH_RECORDS || hand_over(pool);
}

/* Helps until nothing waits, and ends the threads. */
static void end_members(struct replay_pool *pool)
{
	struct batch *batch;

	pthread_mutex_lock(&pool->mutex);
	pool->ended = true;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->mutex);
	while ((batch = wait_for_batch(pool)))
		give_back(pool, batch, judging_take_batch(&pool->judging, batch));
	for (size_t i = 0; i < pool->member_count; i++)
		pthread_join(pool->members[i]->thread, NULL);
}

struct summary *replay_pool_finish(struct replay_pool *pool)
{
	bool good = !pool->filling || judging_take_batch(&pool->judging, pool->filling);
	const char *error;

	end_members(pool);
	while (pool->member_count > 0) {
		struct member *member = pool->members[--pool->member_count];

		good = summary_merge(&pool->judging.summary, &member->judging.summary, &error) && good;
		free_member(member);
	}
	return good && !pool->no_memory ? &pool->judging.summary : NULL;
}

void replay_pool_free(struct replay_pool **pool)
{
	if (!*pool)
		return;
	end_members(*pool);
	while ((*pool)->member_count > 0)
		free_member((*pool)->members[--(*pool)->member_count]);
	free_batches((*pool)->filling);
	free_batches((*pool)->waiting);
	free_batches((*pool)->empty);
	judging_clear(&(*pool)->judging);
	pthread_cond_destroy(&(*pool)->changed);
	pthread_mutex_destroy(&(*pool)->mutex);
	free(*pool);
	*pool = NULL;
}
