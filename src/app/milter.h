/* SPDX-License-Identifier: BSD-2-Clause */
/* libmilter: its set-up, and its callbacks translated to what app/filter.h does at each step of a session. */
#ifndef APP_MILTER_H
#define APP_MILTER_H

#include "app/listen.h"
#include "core/policy.h"
#include "dns/dns.h"

#include <stdbool.h>

struct recorder;

/*
 * Prepares libmilter once for the life of the process.  policy, dns, recorder and spec must outlive it; dns may be NULL
 * where the policy asks nothing of it, recorder where no session is recorded.  listen_fd is a listening socket for a
 * libmilter that takes one (milter_takes_fd()); others open policy->server.socket themselves.  False: libmilter refused.
 */
bool milter_open(const struct policy *policy, struct dns *dns, struct recorder *recorder,
		 const struct listen_spec *spec, int listen_fd);

/*
 * The listening socket has been replaced by another one: from now on it is that which wakes libmilter.  Any
 * thread.
 */
void milter_listens_on(const struct listen_spec *spec);

/* Can this libmilter be given a socket that is already open? */
bool milter_takes_fd(void);

/* Serves until milter_stop(); in a thread of its own.  False when libmilter failed. */
bool milter_main(void);

/* Asks milter_main() to return; the listening socket must then be connected to once, to wake it. */
void milter_stop(void);

const char *milter_library_version(char text_r[32]);

#endif
