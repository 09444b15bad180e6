/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue into one thread, which keeps a bounded number of questions under way. */
#include "dns/asker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "dns/answer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Under way at once: more than resolvers take from one client would only be lost. */
#define ACTIVE_MAX 2048
/* Waiting for that. */
#define QUEUE_MAX 8192
#define COMPLAIN_US (INT64_C(60) * 1000000)
#define LOOK_US (INT64_C(5) * 1000000)	/* between looks for other servers */

struct asker {
	struct resolver *resolver;	/* the thread's own, but for what any thread may call */
	resolver_answered *answered;
	void *context;
	int64_t timeout_us;
	pthread_t thread;
	atomic_bool stopping;
	atomic_size_t waiting_count;	/* in both queues */
	_Atomic int64_t complain_us;	/* that there are too many: not before */
	pthread_mutex_t mutex;		/* for the next line */
	struct question_list incoming;
	/* the thread's own */
	struct question_list waiting;	/* taken from incoming */
	struct servers servers;
	struct servers next;		/* to be asked in their place */
	bool changes;			/* which is under way */
	int64_t look_us;		/* not before */
};

/* --- the thread --- */

static void take_incoming(struct asker *asker)
{
	pthread_mutex_lock(&asker->mutex);
	question_append_all(&asker->waiting, &asker->incoming);
	pthread_mutex_unlock(&asker->mutex);
}

static struct question *pop_waiting(struct asker *asker)
{
	struct question *question = asker->waiting.first;

	question_remove(&asker->waiting, question);
	atomic_fetch_sub_explicit(&asker->waiting_count, 1, memory_order_relaxed);
	return question;
}

/* In the order in which they came; whose time is over before its turn came was never asked. */
static void start_waiting(struct asker *asker)
{
	int64_t now_us = clock_monotonic_us();

	while (asker->waiting.first) {
		bool over = now_us - asker->waiting.first->asked_us >= asker->timeout_us;
		struct question *question;

		if (!over && (asker->changes || resolver_active(asker->resolver) >= ACTIVE_MAX))
			return;
		question = pop_waiting(asker);
		if (!over) {
			resolver_start(asker->resolver, question);
			continue;
		}
		asker->answered(asker->context, question, answer_of_status(DNS_LIMIT));
		free(question);
	}
}

static void log_change(const struct servers *servers)
{
	char text[SERVERS_MAX * (SERVER_TEXT_BYTES + 2)] = "";
	char *at = text;

	for (size_t i = 0; i < servers->count; i++) {
		if (i > 0)
			at = stpcpy(at, ", ");
		server_format(&servers->list[i], at);
		at += strlen(at);
	}
	log_info(RESOLV_CONF " has changed: %s %s asked from now on", text, servers->count > 1 ? "are" : "is");
}

/* The system may have been given other servers, or its first ones.  Questions under way end first, the others wait for that. */
static void follow_system(struct asker *asker)
{
	int64_t now_us = clock_monotonic_us();

	if (now_us >= asker->look_us) {
		asker->look_us = now_us + LOOK_US;
		asker->changes = servers_changed(&asker->servers, &asker->next);
	}
	if (!asker->changes || resolver_active(asker->resolver) > 0)
		return;
	asker->changes = false;
	asker->servers = asker->next;
	resolver_change_servers(asker->resolver, &asker->servers);
	log_change(&asker->servers);
}

static void *run(void *arg)
{
	struct asker *asker = arg;

	while (!atomic_load_explicit(&asker->stopping, memory_order_acquire)) {
		take_incoming(asker);
		follow_system(asker);
		start_waiting(asker);
		resolver_run(asker->resolver);
	}
	return NULL;
}

/* --- from outside --- */

struct asker *asker_new(const struct servers *servers, int timeout_ms, resolver_answered *answered, void *context,
			const char **error_r)
{
	struct asker *asker = calloc(1, sizeof *asker);

	*error_r = "out of memory";
	if (!asker)
		return NULL;
	asker->answered = answered;
	asker->context = context;
	asker->timeout_us = timeout_ms * INT64_C(1000);
	asker->servers = *servers;
	asker->resolver = resolver_new(servers, timeout_ms, answered, context, error_r);
	if (asker->resolver && pthread_mutex_init(&asker->mutex, NULL) == 0) {
		if (thread_start(&asker->thread, run, asker) == 0)
			return asker;
		*error_r = "a thread cannot be started";
		pthread_mutex_destroy(&asker->mutex);
	}
	resolver_free(&asker->resolver);
	free(asker);
	return NULL;
}

void asker_free(struct asker **asker)
{
	if (!*asker)
		return;
	atomic_store_explicit(&(*asker)->stopping, true, memory_order_release);
	resolver_wake((*asker)->resolver);
	pthread_join((*asker)->thread, NULL);
	take_incoming(*asker);
	while ((*asker)->waiting.first)
		free(pop_waiting(*asker));
	resolver_free(&(*asker)->resolver);
	pthread_mutex_destroy(&(*asker)->mutex);
	free(*asker);
	*asker = NULL;
}

static void complain(struct asker *asker)
{
	int64_t now_us = clock_monotonic_us();
	int64_t not_before_us = atomic_load_explicit(&asker->complain_us, memory_order_relaxed);

	if (now_us >= not_before_us && atomic_compare_exchange_strong(&asker->complain_us, &not_before_us,
								       now_us + COMPLAIN_US))
		log_warning("%d DNS questions wait for an answer, and %d for their turn: "
			    "further ones are not asked", ACTIVE_MAX, QUEUE_MAX);
}

bool asker_ask(struct asker *asker, const char *name, enum dns_type type)
{
	struct question *question;
	bool was_empty;

	if (atomic_fetch_add_explicit(&asker->waiting_count, 1, memory_order_relaxed) >= QUEUE_MAX) {
		atomic_fetch_sub_explicit(&asker->waiting_count, 1, memory_order_relaxed);
		complain(asker);
		return false;
	}
	question = question_new(name, type, clock_monotonic_us());
	if (!question) {
		atomic_fetch_sub_explicit(&asker->waiting_count, 1, memory_order_relaxed);
		return false;
	}
	pthread_mutex_lock(&asker->mutex);
	was_empty = !asker->incoming.first;
	question_append(&asker->incoming, question);
	pthread_mutex_unlock(&asker->mutex);
	if (was_empty)
		resolver_wake(asker->resolver);
	return true;
}

bool asker_is_down(const struct asker *asker)
{
	return resolver_is_down(asker->resolver);
}
