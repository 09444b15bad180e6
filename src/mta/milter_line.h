/* SPDX-License-Identifier: BSD-2-Clause */
/* How Postfix and Sendmail are told where the milter listens, and how long to wait for it. */
#ifndef MTA_MILTER_LINE_H
#define MTA_MILTER_LINE_H

#include "base/buf.h"

/* A warning about server.socket: systemd; its argument is server_socket_seen(). */
#define SOCKET_GUESS \
	"server.socket: systemd: %s is a guess, what the socket unit of ehlo-milter opens; when yours has another " \
	"ListenStream, that one belongs here"

/*
 * All: socket as in server.socket, and socket_is_plain() (mta/plain.h).  The time-outs leave room for a slow answer:
 * after them the MTA gives up on the milter, and mail passes unjudged.
 */

/*
 * An element of smtpd_milters: "{ inet:127.0.0.1:8897, command_timeout=30s, default_action=accept }".  inside:
 * the path of a unix socket as smtpd sees it, NULL: as it is written.
 */
void milter_line_postfix(const char *socket, const char *inside, struct buf *out);

/* Its address alone, as in the element. */
void milter_address_postfix(const char *socket, const char *inside, struct buf *out);

/* Its address alone, also for a map of Sendmail. */
void milter_address_sendmail(const char *socket, struct buf *out);

/* INPUT_MAIL_FILTER(`ehlo-milter', `S=...') without the newline. */
void milter_line_sendmail(const char *socket, struct buf *out);

#endif
