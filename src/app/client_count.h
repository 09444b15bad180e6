/* SPDX-License-Identifier: BSD-2-Clause */
/* How many sessions each client has open. */
#ifndef APP_CLIENT_COUNT_H
#define APP_CLIENT_COUNT_H

#include "base/ip.h"

#include <stdbool.h>

/* Room for max_sessions clients.  False when memory is out: the functions below then count nobody. */
bool client_count_start(unsigned max_sessions);

/*
 * One more of this client (IPv6: of its /64, which is what one customer has), unless it has max already: then
 * false.  *counted_r: client_count_leave() must follow.  Any thread.
 */
bool client_count_enter(const struct ip *client, unsigned max, bool *counted_r);
void client_count_leave(const struct ip *client);

#endif
