/* SPDX-License-Identifier: BSD-2-Clause */
/* The questions of one session, and the answers that have come. */
#include "dns/dns.h"

#include "base/clock.h"
#include "core/grow.h"
#include "dns/answer.h"
#include "dns/inbox.h"
#include "dns/source.h"
#include "dns/wire_name.h"

#include <stdlib.h>
#include <string.h>

/* What a batch keeps of a question beside its item, whose name is the one in here. */
struct asked {
	uint64_t number;
	int64_t asked_us;
	unsigned tag;
	char name[];
};

struct dns_batch {
	struct dns *dns;
	struct inbox *inbox;		/* made when something must be waited for */
	struct waiter *spare;		/* made, and not needed */
	struct dns_item *items;
	size_t count;
	size_t capacity;
	size_t open_count;
	uint64_t next_number;
	bool has_news;			/* answers that were there at once, since the last wait */
};

static struct asked *asked_of(const struct dns_item *item)
{
	return (struct asked *)((char *)(uintptr_t)item->name - offsetof(struct asked, name));
}

struct dns_batch *dns_batch_new(struct dns *dns)
{
	struct dns_batch *batch = calloc(1, sizeof *batch);

	if (batch)
		batch->dns = dns;
	return batch;
}

/* Gives back what belongs to an item. */
static void clear_item(struct dns_item *item)
{
	answer_unref(&item->answer);
	free(asked_of(item));
}

void dns_batch_free(struct dns_batch **batch)
{
	if (!*batch)
		return;
	for (size_t i = 0; i < (*batch)->count; i++)
		clear_item(&(*batch)->items[i]);
	waiter_free(&(*batch)->spare);
	inbox_close(&(*batch)->inbox);
	free((*batch)->items);
	free(*batch);
	*batch = NULL;
}

/* --- asking --- */

/* name: as it stands in the items. */
static const struct dns_item *find(const struct dns_batch *batch, const char *name, enum dns_type type)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->items[i].type == type && strcmp(batch->items[i].name, name) == 0)
			return &batch->items[i];
	return NULL;
}

/* The form in which a name stands in the items: in text_r, or as it is when it is no name. */
static const char *normalise(const char *name, char text_r[DNS_NAME_BYTES], bool *usable_r)
{
	struct wire_name wire;

	*usable_r = wire_name_parse(name, &wire);
	if (!*usable_r)
		return name;
	wire_name_format(&wire, text_r);
	return text_r;
}

static bool make_room(struct dns_batch *batch)
{
	struct dns_item *items = grow(batch->items, &batch->capacity, batch->count + 1, sizeof *items);

	if (items)
		batch->items = items;
	return items;
}

/* A waiter with the number of the question, in batch->spare. */
static bool make_waiter(struct dns_batch *batch, uint64_t number)
{
	if (!batch->inbox)
		batch->inbox = inbox_new();
	if (batch->inbox && !batch->spare)
		batch->spare = waiter_new(batch->inbox, number);
	if (!batch->spare)
		return false;
	batch->spare->number = number;
	return true;
}

static void note_asked(const struct dns *dns, enum dns_asked how)
{
	if (dns->watch)
		dns->watch->asked(how);
}

/* Of the cache, or of the network through the inbox. */
static bool ask_live(struct dns_batch *batch, struct dns *dns, struct dns_item *item)
{
	const struct asked *asked = asked_of(item);

	if (!make_waiter(batch, asked->number))
		return false;
	switch (cache_ask(dns->cache, item->name, item->type, asked->asked_us, batch->spare, &item->answer)) {
	case CACHE_ANSWER:
		item->source = DNS_FROM_CACHE;
		note_asked(dns, DNS_ASKED_CACHE);
		return true;
	case CACHE_WAIT:
		batch->spare = NULL;
		note_asked(dns, DNS_ASKED_JOINED);
		return true;
	case CACHE_ASK:
		batch->spare = NULL;
		note_asked(dns, DNS_ASKED_NET);
		/* Others may have come to wait for it already. */
		if (!asker_ask(dns->asker, item->name, item->type))
			dns_deliver(dns, item->name, item->type, answer_of_status(DNS_LIMIT));
		return true;
	case CACHE_NO_MEMORY:
		break;
	}
	return false;
}

/* Of a tape, and of what is below it. */
static bool ask_source(struct dns_batch *batch, struct dns *dns, struct dns_item *item)
{
	while (dns->tape) {
		answer_unref(&item->answer);
		item->answer = tape_answer(dns->tape, item->name, item->type);
		item->source = DNS_FROM_TAPE;
		if (!dns->below || item->answer->status != DNS_UNKNOWN)
			return true;
		dns = dns->below;
	}
	answer_unref(&item->answer);
	return ask_live(batch, dns, item);
}

static bool ask(struct dns_batch *batch, struct dns_item *item, bool usable)
{
	if (!usable)
		item->answer = answer_of_status(DNS_UNUSABLE);
	else if (!ask_source(batch, batch->dns, item))
		return false;
	if (item->answer)
		batch->has_news = true;
	else
		batch->open_count++;
	return true;
}

bool dns_batch_ask(struct dns_batch *batch, const char *name, enum dns_type type, unsigned tag)
{
	char text[DNS_NAME_BYTES];
	struct asked *asked;
	size_t length;
	bool usable;

	name = normalise(name, text, &usable);
	if (find(batch, name, type))
		return true;
	length = strlen(name);
	asked = make_room(batch) ? malloc(sizeof *asked + length + 1) : NULL;
	if (!asked)
		return false;
	*asked = (struct asked){
		.number = batch->next_number++, .asked_us = clock_monotonic_us(), .tag = tag,
	};
	memcpy(asked->name, name, length + 1);
	batch->items[batch->count] = (struct dns_item){ .name = asked->name, .type = type };
	if (!ask(batch, &batch->items[batch->count], usable)) {
		free(asked);
		return false;
	}
	batch->count++;
	return true;
}

/* --- waiting --- */

static struct dns_item *item_of(struct dns_batch *batch, uint64_t number)
{
	for (size_t i = 0; i < batch->count; i++)
		if (asked_of(&batch->items[i])->number == number)
			return &batch->items[i];
	return NULL;
}

/* False when the question was dropped. */
static bool take_answer(struct dns_batch *batch, struct waiter *waiter)
{
	struct dns_item *item = item_of(batch, waiter->number);

	if (!item)
		return false;
	item->answer = waiter->answer;
	waiter->answer = NULL;
	item->source = DNS_FROM_NET;
	item->took_us = (uint32_t)(waiter->came_us - asked_of(item)->asked_us);
	batch->open_count--;
	return true;
}

/* Takes over what has come by deadline_us; true when there was something. */
static bool take_answers(struct dns_batch *batch, int64_t deadline_us)
{
	struct waiter *waiter = inbox_take(batch->inbox, deadline_us), *next;
	bool news = false;

	for (; waiter; waiter = next) {
		next = waiter->next;
		news = take_answer(batch, waiter) || news;
		waiter_free(&waiter);
	}
	return news;
}

bool dns_batch_wait(struct dns_batch *batch, int64_t deadline_us)
{
	bool news = batch->has_news;

	batch->has_news = false;
	if (batch->inbox)
		news = take_answers(batch, 0) || news;
	while (!news && batch->open_count > 0) {
		news = take_answers(batch, deadline_us);
		if (!news && clock_monotonic_us() >= deadline_us)
			return batch->open_count == 0;
	}
	return true;
}

size_t dns_batch_open(const struct dns_batch *batch)
{
	return batch->open_count;
}

const struct dns_item *dns_batch_items(const struct dns_batch *batch, size_t *count_r)
{
	*count_r = batch->count;
	return batch->items;
}

const struct dns_item *dns_batch_find(const struct dns_batch *batch, const char *name, enum dns_type type)
{
	char text[DNS_NAME_BYTES];
	bool usable;

	return find(batch, normalise(name, text, &usable), type);
}

static bool has_tag(const struct dns_item *item, unsigned tag)
{
	return asked_of(item)->tag >= tag;
}

static bool has_error(const struct dns_item *item, unsigned tag)
{
	(void)tag;
	return item->answer && !dns_is_certain(item->answer->status);
}

static void drop(struct dns_batch *batch, bool (*is_dropped)(const struct dns_item *item, unsigned tag), unsigned tag)
{
	size_t kept = 0;

	for (size_t i = 0; i < batch->count; i++) {
		struct dns_item *item = &batch->items[i];

		if (!is_dropped(item, tag)) {
			batch->items[kept++] = *item;
			continue;
		}
		batch->open_count -= !item->answer;
		clear_item(item);
	}
	batch->count = kept;
}

void dns_batch_drop(struct dns_batch *batch, unsigned tag)
{
	drop(batch, has_tag, tag);
}

void dns_batch_drop_errors(struct dns_batch *batch)
{
	drop(batch, has_error, 0);
}
