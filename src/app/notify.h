/* SPDX-License-Identifier: BSD-2-Clause */
/* What systemd (or who speaks like it) wants to hear, and what it hands over: sd_notify(3), sd_listen_fds(3). */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct notify {
	char path[108];			/* "" when nobody listens; a leading '@' names an abstract socket */
	int64_t watchdog_us;		/* 0: no watchdog */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment of later children. */
void notify_init(struct notify *notify_r);

/* Lines such as "READY=1\nSTATUS=...".  Never waits; what cannot be told is lost. */
void notify_send(const struct notify *notify, const char *lines);

/*
 * The one listening socket that this process was started with (LISTEN_PID, LISTEN_FDS), made close-on-exec and
 * non-blocking; -1 with what is wrong in *error_r.  Takes the variables out of the environment.
 */
int notify_listen_fd(const char **error_r);

#endif
