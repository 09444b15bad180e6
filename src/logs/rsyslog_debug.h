/* SPDX-License-Identifier: BSD-2-Clause */
/* RSYSLOG_DebugFormat of rsyslog: a block of lines with all that it knows of a message. */
#ifndef LOGS_RSYSLOG_DEBUG_H
#define LOGS_RSYSLOG_DEBUG_H

#include "base/arena.h"
#include "logs/syslog_line.h"

#include <stdbool.h>

#define RSYSLOG_DEBUG_FIRST "Debug line with all properties:"

/* The block that is being read; zeroed memory is none. */
struct rsyslog_debug {
	bool open;		/* its message is still to come */
	struct log_line line;	/* what was told before it */
};

enum debug_line {
	DEBUG_PART,	/* of a block */
	DEBUG_WHOLE,	/* the message, behind which nothing counts: block->line is whole */
	DEBUG_BROKEN	/* what should have been told is not there; or memory is out */
};

bool rsyslog_debug_is(struct span head);

/* The first line of a block clears the arena, in which its values lie. */
enum debug_line rsyslog_debug_line(struct rsyslog_debug *block, struct arena *arena, struct span text);

#endif
