/* SPDX-License-Identifier: BSD-2-Clause */
/* Is the milter alive?  A session with it, up to the answer to EHLO. */
#ifndef APP_SELF_CHECK_H
#define APP_SELF_CHECK_H

#include "app/listen.h"

#include <stdbool.h>
#include <stdint.h>

/* How its client is called, which has no address: by that the milter knows that no MTA speaks. */
#define SELF_CHECK_HOST "selfcheck"

enum self_check_result { SELF_CHECK_WAITS, SELF_CHECK_GOOD, SELF_CHECK_BAD };

struct self_check {
	int fd;				/* -1: none is under way */
	int64_t end_us;
	unsigned answers;		/* that have come */
	unsigned wanted;		/* 0: not known before the negotiation is answered */
	size_t length;
	unsigned char bytes[2000];	/* of the answer under way */
};

/* Connects and says everything at once.  False when the socket takes nobody. */
bool self_check_start(struct self_check *check, const struct listen_spec *spec, int64_t end_us);

/* When fd can be read, or end_us has come.  After anything but SELF_CHECK_WAITS, fd is closed and -1. */
enum self_check_result self_check_go_on(struct self_check *check, int64_t now_us);

void self_check_stop(struct self_check *check);

#endif
