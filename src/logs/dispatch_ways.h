/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways in which a line is wrapped, and what finds its reader: the inner part of dispatch, with
 * dispatch_begin() and dispatch_is_by_line().
 */
#ifndef LOGS_DISPATCH_WAYS_H
#define LOGS_DISPATCH_WAYS_H

#include "logs/dispatch.h"
#include "logs/parse_ahead.h"

/* Are the lines syslog's and nothing around them; or of a format of their own? */
bool dispatch_takes_syslog(const struct dispatch *dispatch);
bool dispatch_takes_own(const struct dispatch *dispatch);

/* Lines of syslog that a thread takes apart; all of them. */
void dispatch_take_ahead(struct dispatch *dispatch, struct parse_ahead *ahead);

/* The end of the input ends what its lines have begun. */
void dispatch_end_way(struct dispatch *dispatch);

static inline bool dispatch_is_wanted(const struct dispatch *dispatch)
{
	return !dispatch->sink->stopped && !dispatch->sink->no_memory;
}

#endif
