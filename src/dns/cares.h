/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends questions to name servers and hands over what comes back, by UDP and where needed TCP. */
#ifndef DNS_CARES_H
#define DNS_CARES_H

#include "dns/servers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All functions by one thread, but for cares_wake(). */
struct cares;

enum cares_result {
	CARES_ANSWER,		/* a message with our id and question; none where it cannot be read */
	CARES_TIMEOUT,		/* after timeout_ms of cares_new() */
	CARES_UNREACHABLE,	/* refused, no route, no socket, no memory */
	CARES_NO_EDNS		/* the server does not know EDNS: the next question is sent without it */
};

/*
 * What became of the question that was sent with this tag.  bytes only with CARES_ANSWER, valid during the
 * call.  Called inside cares_send(), cares_run(), cares_change_servers() or cares_free(), once for each
 * cares_send(); must not call back.
 */
typedef void cares_done(void *context, void *tag, enum cares_result result, const uint8_t *bytes, size_t length);

/* NULL with *error_r set, a constant. */
struct cares *cares_new(const struct servers *servers, int timeout_ms, cares_done *done, void *context,
			const char **error_r);
/* What is under way is done with CARES_TIMEOUT.  NULL inside is fine. */
void cares_free(struct cares **cares);

/* What is under way is done with CARES_TIMEOUT. */
void cares_change_servers(struct cares *cares, const struct servers *servers);

struct wire_name;
void cares_send(struct cares *cares, size_t server, const struct wire_name *name, unsigned type, void *tag);

/* One turn: waits for answers or a wake, at most wait_ms (-1: no limit), and handles them. */
void cares_run(struct cares *cares, int wait_ms);

/* Any thread: ends the waiting of cares_run(), or of the next one. */
void cares_wake(struct cares *cares);

const char *cares_version(void);

#endif
