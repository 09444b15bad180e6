/* SPDX-License-Identifier: BSD-2-Clause */
/* What a supervisor and its worker say to each other: a socket that keeps messages whole. */
#ifndef APP_LINK_H
#define APP_LINK_H

#include <stdbool.h>

#define LINK_TEXT_MAX 4000

/* Numbers of the descriptors that a worker is started with. */
enum { LINK_LISTEN_FD = 3, LINK_FD = 4, LINK_METRICS_FD = 5 };

enum link_kind {
	/* from the worker, in this order */
	LINK_ERROR = 'E',	/* text: a line about what is wrong with the policy */
	LINK_WARNING = 'W',	/* text: the same */
	LINK_LOADED = 'L',	/* text: what of the policy only a start puts into effect (settings_of_start()) */
	LINK_READY = 'R',	/* it accepts sessions; text: "DRAIN_MS SHA256 PATH", of its policy */
	LINK_AWAY = 'A',	/* it accepts no more */
	LINK_PAUSED = 'P',	/* it accepts nobody for now, but by the socket of this abstract name (accepting.h); at any time */
	LINK_RESUMED = 'C',	/* it accepts again */
	/* from the supervisor */
	LINK_GO = 'G',		/* open the milter: the answer to LINK_LOADED */
	LINK_RETIRE = 'T',	/* no new sessions; end with the last one */
	LINK_STOP = 'S',	/* as LINK_RETIRE, but end within server.drain */
	LINK_STATE = 'I',	/* write a line about yourself to the log */
	/* nobody: the other side is gone, or nothing has come */
	LINK_GONE = 0,
	LINK_NOTHING = 1
};

struct link_message {
	enum link_kind kind;
	char text[LINK_TEXT_MAX + 1];
};

/* Both ends, close-on-exec. */
bool link_new(int ends_r[2]);

/* Text that is longer than LINK_TEXT_MAX is cut.  Never waits when the other side does not read: then false. */
bool link_send(int fd, enum link_kind kind, const char *text);

/* As link_send(), but waits: for a worker, whose supervisor always reads. */
bool link_send_waiting(int fd, enum link_kind kind, const char *text);

/* The next message; LINK_NOTHING when there is none, unless it is waited for. */
enum link_kind link_receive(int fd, bool wait, struct link_message *message_r);

#endif
