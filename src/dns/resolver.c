/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions, their attempts and their times. */
#include "dns/resolver.h"

#include "base/clock.h"
#include "base/log.h"
#include "dns/answer.h"
#include "dns/cares.h"
#include "dns/health.h"
#include "dns/standing.h"
#include "dns/wire.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

/* What a question's time comes for: two more attempts, then its end. */
enum { STAGE_SECOND, STAGE_THIRD, STAGE_END, STAGE_COUNT };

/* In quarters of the time that a question has. */
static const int64_t stage_quarters[] = { [STAGE_SECOND] = 1, [STAGE_THIRD] = 2, [STAGE_END] = 4 };

/* An attempt stays open for so many times the time of its question: what comes late is worth keeping. */
#define LATE_FACTOR 2

struct attempt {
	struct attempt *next;			/* of those that are done */
	struct question *question;
	size_t server;
	int64_t sent_us;
	enum cares_result result;
	const struct dns_answer *answer;	/* with CARES_ANSWER */
};

struct resolver {
	struct cares *cares;
	struct servers servers;
	struct standing standing;
	struct health health;
	atomic_bool down;			/* as health says, for other threads */
	int64_t timeout_us;
	size_t active_count;
	struct question_list stages[STAGE_COUNT];	/* all active questions; each list in the order of asked_us */
	struct attempt *done;			/* come during a call of cares, not yet looked at */
	struct attempt **done_end;
	resolver_answered *answered;
	void *context;
};

static int64_t due_us(const struct resolver *resolver, const struct question *question, unsigned stage)
{
	return question->asked_us + resolver->timeout_us * stage_quarters[stage] / 4;
}

/* --- servers --- */

static void name_server(const struct resolver *resolver, size_t server, char text_r[SERVER_TEXT_BYTES])
{
	server_format(&resolver->servers.list[server], text_r);
}

static void note_answer(struct resolver *resolver, size_t server, int64_t now_us)
{
	char text[SERVER_TEXT_BYTES];

	if (!standing_answered(&resolver->standing, server, now_us) || resolver->servers.count == 1)
		return;
	name_server(resolver, server, text);
	log_info("name server %s answers again", text);
}

static void note_silence(struct resolver *resolver, const struct attempt *attempt, int64_t now_us)
{
	uint64_t zone = health_zone_number(&resolver->health, attempt->question->name);
	char text[SERVER_TEXT_BYTES];

	if (!standing_failed(&resolver->standing, attempt->server, zone, attempt->sent_us, now_us) ||
	    resolver->servers.count == 1)
		return;
	name_server(resolver, attempt->server, text);
	log_warning("name server %s does not answer: the others are asked first", text);
}

static void note_end(struct resolver *resolver, const struct question *question, bool failed, int64_t now_us)
{
	size_t count, failed_count;
	enum health_change change = health_note(&resolver->health, question->name, failed, now_us);

	if (change == HEALTH_SAME)
		return;
	atomic_store_explicit(&resolver->down, resolver->health.down, memory_order_relaxed);
	count = health_count(&resolver->health, now_us, &failed_count);
	if (change == HEALTH_WENT_DOWN)
		log_error("DNS is down: %zu of the last %zu domains had no answer; is the resolver running?",
			  failed_count, count);
	else
		log_warning("DNS is back: %zu of the last %zu domains had an answer", count - failed_count, count);
}

/* --- attempts --- */

/* From cares: only kept, so that nothing happens in the middle of its work. */
static void on_done(void *context, void *tag, enum cares_result result, const uint8_t *bytes, size_t length)
{
	struct resolver *resolver = context;
	struct attempt *attempt = tag;

	attempt->result = result;
	if (result == CARES_ANSWER) {
		const struct question *question = attempt->question;

		attempt->answer = wire_answer(bytes, length, &question->wire, question->type);
		if (!attempt->answer)
			attempt->answer = answer_of_status(DNS_SERVFAIL);
	}
	*resolver->done_end = attempt;
	resolver->done_end = &attempt->next;
}

/* Without memory there is no attempt: the next one may have more luck. */
static void send_to(struct resolver *resolver, struct question *question, size_t server, int64_t now_us)
{
	struct attempt *attempt = calloc(1, sizeof *attempt);

	if (!attempt)
		return;
	attempt->question = question;
	attempt->server = server;
	attempt->sent_us = now_us;
	question->last = attempt;
	question->open_count++;
	if (question->tries.asked[server] < UINT8_MAX)
		question->tries.asked[server]++;
	cares_send(resolver->cares, server, &question->wire, question->type, attempt);
}

static void send_next(struct resolver *resolver, struct question *question, int64_t now_us)
{
	size_t server = standing_choose(&resolver->standing, &question->tries);

	if (server != SERVER_NONE)
		send_to(resolver, question, server, now_us);
}

/* --- ends --- */

static void free_if_over(struct question *question)
{
	if (question->ended && question->open_count == 0)
		free(question);
}

/* The question lives on for as long as an attempt is open. */
static void conclude(struct resolver *resolver, struct question *question, const struct dns_answer *answer,
		     int64_t now_us)
{
	bool certain = dns_is_certain(answer->status);

	if (!question->ended) {
		question_remove(&resolver->stages[question->stage], question);
		resolver->active_count--;
		note_end(resolver, question, !certain, now_us);
	} else if (!certain || question->certain) {
		return;
	}
	resolver->answered(resolver->context, question, answer);
	question->ended = true;
	question->certain = certain;
}

static void conclude_uncertain(struct resolver *resolver, struct question *question, int64_t now_us)
{
	enum dns_status status = question->error == DNS_UNKNOWN ? DNS_TIMEOUT : question->error;

	conclude(resolver, question, answer_of_status(status), now_us);
}

/* Nothing more can come that would be worth waiting for. */
static bool is_hopeless(const struct resolver *resolver, const struct question *question)
{
	return standing_hopeless(&resolver->standing, &question->tries) ||
	       (question->open_count == 0 && question->stage == STAGE_END);
}

/* An attempt has failed before its time: another server at once, or the end. */
static void move_on(struct resolver *resolver, struct question *question, int64_t now_us)
{
	if (question->ended)
		return;
	if (question->quick_count > 0 && !standing_hopeless(&resolver->standing, &question->tries)) {
		question->quick_count--;
		send_next(resolver, question, now_us);
	}
	if (is_hopeless(resolver, question))
		conclude_uncertain(resolver, question, now_us);
}

static void settle_answer(struct resolver *resolver, const struct attempt *attempt, int64_t now_us)
{
	struct question *question = attempt->question;

	note_answer(resolver, attempt->server, now_us);
	if (dns_is_certain(attempt->answer->status)) {
		conclude(resolver, question, attempt->answer, now_us);
		return;
	}
	/* SERVFAIL tells more than REFUSED: that server has tried. */
	question->tries.refused[attempt->server] = true;
	if (question->error != DNS_SERVFAIL)
		question->error = attempt->answer->status;
	move_on(resolver, question, now_us);
}

static void settle(struct resolver *resolver, struct attempt *attempt, int64_t now_us)
{
	struct question *question = attempt->question;

	question->open_count--;
	if (question->last == attempt)
		question->last = NULL;
	switch (attempt->result) {
	case CARES_ANSWER:
		settle_answer(resolver, attempt, now_us);
		break;
	case CARES_NO_EDNS:
		note_answer(resolver, attempt->server, now_us);
		if (!question->ended)
			send_to(resolver, question, attempt->server, now_us);
		break;
	case CARES_UNREACHABLE:
		note_silence(resolver, attempt, now_us);
		move_on(resolver, question, now_us);
		break;
	case CARES_TIMEOUT:
		/* Its silence was noted when the time of the next attempt came, and others have been sent. */
		if (!question->ended && is_hopeless(resolver, question))
			conclude_uncertain(resolver, question, now_us);
		break;
	}
	free_if_over(question);
	answer_unref(&attempt->answer);
	free(attempt);
}

/* Settling one may end others at once, which are appended. */
static void settle_all(struct resolver *resolver)
{
	while (resolver->done) {
		struct attempt *attempt = resolver->done;

		resolver->done = attempt->next;
		if (!resolver->done)
			resolver->done_end = &resolver->done;
		settle(resolver, attempt, clock_monotonic_us());
	}
}

/* --- times --- */

static void come_due(struct resolver *resolver, struct question *question, int64_t now_us)
{
	if (question->last)
		note_silence(resolver, question->last, now_us);
	if (question->stage == STAGE_END) {
		conclude_uncertain(resolver, question, now_us);
		free_if_over(question);
		return;
	}
	question_remove(&resolver->stages[question->stage], question);
	question->stage++;
	question_append(&resolver->stages[question->stage], question);
	send_next(resolver, question, now_us);
}

static void handle_times(struct resolver *resolver)
{
	int64_t now_us = clock_monotonic_us();

	for (unsigned stage = STAGE_COUNT; stage-- > 0;)
		while (resolver->stages[stage].first &&
		       due_us(resolver, resolver->stages[stage].first, stage) <= now_us)
			come_due(resolver, resolver->stages[stage].first, now_us);
}

/* Until the next time, rounded up; -1: there is none. */
static int wait_ms(const struct resolver *resolver)
{
	int64_t now_us = clock_monotonic_us(), next_us = INT64_MAX;

	for (unsigned stage = 0; stage < STAGE_COUNT; stage++) {
		const struct question *first = resolver->stages[stage].first;

		if (first && due_us(resolver, first, stage) < next_us)
			next_us = due_us(resolver, first, stage);
	}
	if (next_us == INT64_MAX)
		return -1;
	return next_us > now_us ? (int)((next_us - now_us + 999) / 1000) : 0;
}

/* --- from outside --- */

struct resolver *resolver_new(const struct servers *servers, int timeout_ms, resolver_answered *answered,
			      void *context, const char **error_r)
{
	struct resolver *resolver = calloc(1, sizeof *resolver);
	int open_ms = timeout_ms < INT_MAX / LATE_FACTOR ? timeout_ms * LATE_FACTOR : INT_MAX;

	if (!resolver) {
		*error_r = "out of memory";
		return NULL;
	}
	resolver->servers = *servers;
	resolver->timeout_us = timeout_ms * INT64_C(1000);
	resolver->answered = answered;
	resolver->context = context;
	resolver->done_end = &resolver->done;
	standing_init(&resolver->standing, servers->count);
	health_init(&resolver->health);
	resolver->cares = cares_new(servers, open_ms, on_done, resolver, error_r);
	if (resolver->cares)
		return resolver;
	free(resolver);
	return NULL;
}

/* Gives everything back; what ends now is settled as late, and answers nobody. */
void resolver_free(struct resolver **resolver)
{
	if (!*resolver)
		return;
	for (unsigned stage = 0; stage < STAGE_COUNT; stage++)
		while ((*resolver)->stages[stage].first) {
			struct question *question = (*resolver)->stages[stage].first;

			question_remove(&(*resolver)->stages[stage], question);
			question->ended = question->certain = true;
			free_if_over(question);
		}
	cares_free(&(*resolver)->cares);
	settle_all(*resolver);
	free(*resolver);
	*resolver = NULL;
}

void resolver_start(struct resolver *resolver, struct question *question)
{
	int64_t now_us = clock_monotonic_us();
	size_t first = standing_choose(&resolver->standing, &question->tries);
	size_t probe = standing_probe(&resolver->standing, &question->tries, now_us);

	/* It may have waited so long that an attempt's time is over. */
	while (question->stage < STAGE_END && due_us(resolver, question, question->stage) <= now_us)
		question->stage++;
	question_append(&resolver->stages[question->stage], question);
	resolver->active_count++;
	question->quick_count = (unsigned)resolver->servers.count;
	if (probe != SERVER_NONE && probe != first)
		send_to(resolver, question, probe, now_us);
	send_to(resolver, question, first, now_us);
	settle_all(resolver);
}

size_t resolver_active(const struct resolver *resolver)
{
	return resolver->active_count;
}

void resolver_change_servers(struct resolver *resolver, const struct servers *servers)
{
	cares_change_servers(resolver->cares, servers);
	settle_all(resolver);
	resolver->servers = *servers;
	standing_init(&resolver->standing, servers->count);
}

void resolver_run(struct resolver *resolver)
{
	cares_run(resolver->cares, wait_ms(resolver));
	settle_all(resolver);
	handle_times(resolver);
	settle_all(resolver);
}

void resolver_wake(struct resolver *resolver)
{
	cares_wake(resolver->cares);
}

bool resolver_is_down(const struct resolver *resolver)
{
	return atomic_load_explicit(&resolver->down, memory_order_relaxed);
}
