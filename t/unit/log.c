/* SPDX-License-Identifier: BSD-2-Clause */
/* A log that is stuck holds nobody up, and what it loses is counted. */
#include "base/log.h"

#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES 20000	/* more than the queue and a pipe hold */

static int real_stderr, reader;

/* Standard error becomes a pipe that nobody reads for now. */
static bool block(void)
{
	int ends[2];

	real_stderr = dup(STDERR_FILENO);
	if (real_stderr < 0 || pipe(ends) < 0 || dup2(ends[1], STDERR_FILENO) < 0)
		return false;
	(void)close(ends[1]);
	reader = ends[0];
	return true;
}

struct seen {
	unsigned lines;
	unsigned others;
	unsigned long dropped;		/* as told */
	unsigned last;			/* number of the last line */
	bool in_order;
};

static void see(struct seen *seen, const char *line)
{
	unsigned number;
	unsigned long dropped;

	if (sscanf(line, "ehlo-milter: line %u", &number) == 1) {
		seen->in_order = seen->in_order && (seen->lines == 0 || number > seen->last);
		seen->last = number;
		seen->lines++;
	} else if (sscanf(line, "ehlo-milter: warning: %lu lines were dropped", &dropped) == 1) {
		seen->dropped += dropped;
	} else {
		seen->others++;
	}
}

/* Until all that was logged is read or told to be lost; five seconds of silence mean that more will not come. */
static struct seen read_all(void)
{
	struct seen seen = { .in_order = true };
	struct pollfd wait = { .fd = reader, .events = POLLIN };
	static char line[4096];
	size_t length = 0;
	char c;

	while (seen.lines + seen.dropped < LINES && poll(&wait, 1, 5000) > 0 && read(reader, &c, 1) == 1) {
		line[length++] = c;
		if (c != '\n' && length < sizeof line - 1)
			continue;
		line[length - 1] = '\0';
		see(&seen, line);
		length = 0;
	}
	return seen;
}

int main(void)
{
	struct seen seen;
	bool started;

	if (!block())
		return 1;
	log_init(LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	started = log_start();
	for (unsigned i = 1; i <= LINES; i++)
		log_info("line %u of those that nobody reads yet", i);
	ok(started, "the log's thread starts, and nobody waits for it");
	ok(log_dropped() > 0 && log_dropped() < LINES, "%lu of %d lines are dropped", log_dropped(), LINES);
	log_stop(50);
	ok(true, "to stop takes no longer than it is given");
	seen = read_all();
	ok(seen.lines + seen.dropped == LINES && seen.dropped == log_dropped(), "read %u, told %lu lost", seen.lines,
	   seen.dropped);
	ok(seen.in_order && seen.others == 0, "the lines come whole, and in their order");
	log_stop(60000);
	log_debug("not wanted");
	log_info("line %d\n\x1b[0m", 1);
	seen = (struct seen){ .in_order = true };
	{
		char rest[100] = "";
		ssize_t got = read(reader, rest, sizeof rest - 1);

		ok(got > 0 && strcmp(rest, "ehlo-milter: line 1??[0m\n") == 0,
		   "after log_stop() lines are written at once, one each");
	}
	(void)dup2(real_stderr, STDERR_FILENO);
	return tap_done();
}
