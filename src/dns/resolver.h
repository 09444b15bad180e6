/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks servers until one is certain, or time is up: retransmission, the next server, what came late. */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include "core/dns_answer.h"
#include "dns/question.h"
#include "dns/servers.h"

#include <stdbool.h>
#include <stddef.h>

/* All functions by one thread, but for those marked. */
struct resolver;

/* The answer to a question; once in time, perhaps once more when a certain one comes late: question->ended. */
typedef void resolver_answered(void *context, const struct question *question, const struct dns_answer *answer);

/* NULL with *error_r set, a constant. */
struct resolver *resolver_new(const struct servers *servers, int timeout_ms, resolver_answered *answered,
			      void *context, const char **error_r);
/* Gives no further answers. */
void resolver_free(struct resolver **resolver);

/*
 * Takes the question over and sends it at once.  Further attempts follow after a quarter and a half of
 * timeout_ms, counted from asked_us, and at once when a server has answered SERVFAIL or REFUSED or cannot
 * be reached; earlier ones stay open, and the first certain answer ends it.  When all servers have refused
 * the answer is theirs, after timeout_ms it is theirs or TIMEOUT.
 */
void resolver_start(struct resolver *resolver, struct question *question);

/* Questions that have no answer yet. */
size_t resolver_active(const struct resolver *resolver);

/* While there are none.  Whether DNS is down is still judged by what those before have answered. */
void resolver_change_servers(struct resolver *resolver, const struct servers *servers);

/* One turn: waits for whatever comes first, an answer, the time of an attempt or a wake, and handles it. */
void resolver_run(struct resolver *resolver);

/* Any thread. */
void resolver_wake(struct resolver *resolver);
bool resolver_is_down(const struct resolver *resolver);

#endif
