/* SPDX-License-Identifier: BSD-2-Clause */
/* An SMTP client that asks line by line, trusts nothing that it reads, and never waits beyond its deadline. */
#ifndef MTA_SMTP_CLIENT_H
#define MTA_SMTP_CLIENT_H

#include "base/arena.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct tls;

enum smtp_state {
	SMTP_FINE,
	SMTP_CLOSED,	/* the server hung up */
	SMTP_TIMEOUT,	/* the deadline came first */
	SMTP_GARBAGE,	/* no reply by RFC 5321 4.2, or one without end */
	SMTP_FAILED	/* a system call or memory failed, or the handshake */
};

/* As it came: whoever prints it escapes it.  In the client's arena. */
struct smtp_reply {
	unsigned code;		/* 0: none */
	const char *text;	/* the lines with their codes, newlines between them; "" without a reply */
};

#define SMTP_IN_BYTES 4096

struct smtp_client {
	struct arena *arena;
	int fd;
	struct tls *tls;
	int64_t deadline_us;		/* monotonic clock */
	enum smtp_state state;		/* once it is not SMTP_FINE nothing more is sent */
	const char *error;		/* of SMTP_FAILED; else NULL */
	struct ip local;
	unsigned local_port;
	struct ip peer;
	unsigned peer_port;
	char in[SMTP_IN_BYTES];
	size_t in_start;
	size_t in_end;
};

/*
 * Connects within the deadline, from source if it is not NULL.  False with client->error.  The client must be
 * closed either way.
 */
bool smtp_connect(struct smtp_client *client, const struct sockaddr *address, socklen_t bytes,
		  const struct ip *source, int64_t deadline_us, struct arena *arena);
void smtp_close(struct smtp_client *client);

/* Reads one reply: the banner, or what smtp_ask() waits for.  The state says how it went. */
void smtp_read_reply(struct smtp_client *client, struct smtp_reply *reply_r);

/* Sends line and ending ("\r\n", or what is to be tried), and reads the reply. */
void smtp_ask(struct smtp_client *client, const char *line, const char *ending, struct smtp_reply *reply_r);

/* From here on encrypted; what was read too early is thrown away. */
bool smtp_begin_tls(struct smtp_client *client, const char *host);

/* "the server closed the connection": why there is no reply. */
const char *smtp_state_text(const struct smtp_client *client);

/* Waits until fd is ready for events, at most until deadline_us. */
bool smtp_wait(int fd, short events, int64_t deadline_us);

#endif
