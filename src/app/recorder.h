/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of sessions, from their first callback to a line of the session log. */
#ifndef APP_RECORDER_H
#define APP_RECORDER_H

#include "app/notes.h"

#include <stdbool.h>
#include <stdint.h>

struct recorder;

/* One that is open; the links are the recorder's. */
struct recording {
	struct recording *next, *previous;
	struct notes *notes;
	bool written;		/* as incomplete: its end brings nothing more */
};

/*
 * By policy->server.session_log; policy must outlive it.  NULL where the policy has none, or where it cannot be (which
 * is logged: mail goes on without).
 */
struct recorder *recorder_new(const struct policy *policy);

/* Of a session that has begun.  recorder NULL, or no memory: NULL. */
struct recording *recorder_begin(struct recorder *recorder, const struct session *session, int64_t started_us);

/* The session is over.  NULL inside is fine. */
void recorder_end(struct recorder *recorder, struct recording **recording);

/*
 * The process is about to end: what is known of sessions that are still open is written as incomplete records, and all
 * is written out.  Sessions may go on meanwhile, and have no other record.  With sessions_left they may also go on
 * afterwards: then the recorder is left to the end of the process.  NULL inside is fine.
 */
void recorder_stop(struct recorder **recorder, bool sessions_left);

#endif
