/* SPDX-License-Identifier: BSD-2-Clause */
/* The sessions that a reader has begun and not handed over yet. */
#include "logs/sessions.h"

#include "logs/index.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX
#define SLAB_SLOTS 64

/* By the time of their last line. */
struct queue {
	uint32_t newest, oldest;
};

struct sessions {
	size_t own_bytes;
	sessions_done *finish;
	void *context;
	struct session_slot *slabs[SESSIONS_MAX / SLAB_SLOTS];
	uint32_t slab_count;
	uint32_t free;			/* linked by older */
	struct queue open, held;
	struct index keys;		/* key: slot + 1 */
	struct index queue_ids;		/* key: slot + 1 and the transaction above it */
};

struct session_slot *sessions_at(const struct sessions *sessions, uint32_t number)
{
	return &sessions->slabs[number / SLAB_SLOTS][number % SLAB_SLOTS];
}

struct sessions *sessions_new(size_t own_bytes, sessions_done *finish, void *context)
{
	struct sessions *sessions = calloc(1, sizeof *sessions);

	if (!sessions)
		return NULL;
	sessions->own_bytes = own_bytes;
	sessions->finish = finish;
	sessions->context = context;
	sessions->free = NOBODY;
	sessions->open = sessions->held = (struct queue){ NOBODY, NOBODY };
	return sessions;
}

void sessions_free(struct sessions **sessions)
{
	if (!*sessions)
		return;
	for (uint32_t i = 0; i < (*sessions)->slab_count; i++) {
		for (uint32_t j = 0; j < SLAB_SLOTS; j++)
			arena_clear(&sessions_at(*sessions, i * SLAB_SLOTS + j)->arena);
		free((*sessions)->slabs[i]);
	}
	index_clear(&(*sessions)->keys);
	index_clear(&(*sessions)->queue_ids);
	free(*sessions);
	*sessions = NULL;
}

static bool add_slab(struct sessions *sessions)
{
	uint32_t first = sessions->slab_count * SLAB_SLOTS;
	struct session_slot *slab;

	if (first == SESSIONS_MAX)
		return false;
	slab = calloc(SLAB_SLOTS, sizeof *slab);
	if (!slab)
		return false;
	sessions->slabs[sessions->slab_count++] = slab;
	for (uint32_t i = SLAB_SLOTS; i-- > 0;) {
		struct session_slot *slot = sessions_at(sessions, first + i);

		arena_init(&slot->arena, NULL, 0, RECORD_BLOCK_BYTES);
		slot->number = first + i;
		slot->older = sessions->free;
		sessions->free = slot->number;
	}
	return true;
}

static void unlink_slot(struct sessions *sessions, struct session_slot *slot)
{
	struct queue *queue = slot->held ? &sessions->held : &sessions->open;

	if (slot->newer != NOBODY)
		sessions_at(sessions, slot->newer)->older = slot->older;
	else
		queue->newest = slot->older;
	if (slot->older != NOBODY)
		sessions_at(sessions, slot->older)->newer = slot->newer;
	else
		queue->oldest = slot->newer;
}

static void link_newest(struct sessions *sessions, struct session_slot *slot)
{
	struct queue *queue = slot->held ? &sessions->held : &sessions->open;

	slot->newer = NOBODY;
	slot->older = queue->newest;
	if (queue->newest != NOBODY)
		sessions_at(sessions, queue->newest)->newer = slot->number;
	else
		queue->oldest = slot->number;
	queue->newest = slot->number;
}

struct session_slot *sessions_find(const struct sessions *sessions, uint64_t key)
{
	uint64_t value = index_get(&sessions->keys, key);

	return value > 0 ? sessions_at(sessions, (uint32_t)(value - 1)) : NULL;
}

static void finish_slot(struct sessions *sessions, struct session_slot *slot, enum finish_reason reason)
{
	if (!slot->held)
		index_remove(&sessions->keys, slot->key);
	unlink_slot(sessions, slot);
	sessions->finish(sessions->context, slot, reason);
	arena_rewind(&slot->arena);
	slot->older = sessions->free;
	sessions->free = slot->number;
}

void sessions_finish(struct sessions *sessions, struct session_slot *slot)
{
	finish_slot(sessions, slot, FINISH_ASKED);
}

/* Those that have ended already lose least. */
static void give_up_oldest(struct sessions *sessions)
{
	uint32_t oldest = sessions->held.oldest != NOBODY ? sessions->held.oldest : sessions->open.oldest;

	if (oldest != NOBODY)
		finish_slot(sessions, sessions_at(sessions, oldest), FINISH_FULL);
}

struct session_slot *sessions_begin(struct sessions *sessions, uint64_t key, int64_t now_us)
{
	struct session_slot *slot = sessions_find(sessions, key);

	if (slot)
		sessions_finish(sessions, slot);
	if (sessions->free == NOBODY && !add_slab(sessions))
		give_up_oldest(sessions);
	if (sessions->free == NOBODY)
		return NULL;
	slot = sessions_at(sessions, sessions->free);
	slot->record = arena_alloc(&slot->arena, sizeof *slot->record);
	slot->own = arena_alloc(&slot->arena, sessions->own_bytes);
	if (!slot->record || !slot->own || !index_put(&sessions->keys, key, (uint64_t)sessions->free + 1))
		return NULL;
	sessions->free = slot->older;
	slot->key = key;
	slot->seen_us = now_us;
	slot->held = false;
	link_newest(sessions, slot);
	return slot;
}

void sessions_touch(struct sessions *sessions, struct session_slot *slot, int64_t now_us)
{
	slot->seen_us = now_us;
	if (slot->newer == NOBODY || slot->held)
		return;
	unlink_slot(sessions, slot);
	link_newest(sessions, slot);
}

void sessions_hold(struct sessions *sessions, struct session_slot *slot)
{
	index_remove(&sessions->keys, slot->key);
	unlink_slot(sessions, slot);
	slot->held = true;
	link_newest(sessions, slot);
}

bool sessions_name(struct sessions *sessions, struct session_slot *slot, uint32_t tx, uint64_t queue_key)
{
	return index_put(&sessions->queue_ids, queue_key, (uint64_t)tx << 32 | (slot->number + 1));
}

struct session_slot *sessions_by_queue_id(const struct sessions *sessions, uint64_t queue_key, uint32_t *tx_r)
{
	uint64_t value = index_get(&sessions->queue_ids, queue_key);

	*tx_r = (uint32_t)(value >> 32);
	return value > 0 ? sessions_at(sessions, (uint32_t)value - 1) : NULL;
}

void sessions_forget(struct sessions *sessions, const struct session_slot *slot, uint64_t queue_key)
{
	uint64_t value = index_get(&sessions->queue_ids, queue_key);

	if ((uint32_t)value == slot->number + 1)
		index_remove(&sessions->queue_ids, queue_key);
}

static void expire_queue(struct sessions *sessions, const struct queue *queue, int64_t before_us)
{
	while (queue->oldest != NOBODY) {
		struct session_slot *slot = sessions_at(sessions, queue->oldest);

		if (slot->seen_us >= before_us)
			return;
		finish_slot(sessions, slot, FINISH_IDLE);
	}
}

void sessions_expire(struct sessions *sessions, int64_t now_us)
{
	expire_queue(sessions, &sessions->open, now_us - SESSIONS_IDLE_US);
	expire_queue(sessions, &sessions->held, now_us - SESSIONS_HELD_US);
}

void sessions_each_open(const struct sessions *sessions, void (*visit)(void *context, struct session_slot *slot), void *context)
{
	for (uint32_t number = sessions->open.newest; number != NOBODY; number = sessions_at(sessions, number)->older)
		visit(context, sessions_at(sessions, number));
}

void sessions_finish_all(struct sessions *sessions)
{
	const struct queue *queues[] = { &sessions->held, &sessions->open };

	for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++)
		while (queues[i]->oldest != NOBODY)
			finish_slot(sessions, sessions_at(sessions, queues[i]->oldest), FINISH_END);
}
