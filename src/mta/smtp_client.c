/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets without blocking, replies without trust. */
#include "mta/smtp_client.h"

#include "base/buf.h"
#include "base/clock.h"
#include "mta/tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* RFC 5321 4.5.3.1.5 allows 512 octets a line; what real servers send stays far below these. */
#define REPLY_LINES_MAX 200
#define REPLY_BYTES_MAX 65536

bool smtp_wait(int fd, short events, int64_t deadline_us)
{
	struct pollfd wait = { .fd = fd, .events = events };

	while (true) {
		int64_t left_us = deadline_us - clock_monotonic_us();
		int ready;

		if (left_us <= 0)
			return false;
		ready = poll(&wait, 1, (int)(left_us / 1000 + 1));
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

static bool fail(struct smtp_client *client, const char *error)
{
	client->state = SMTP_FAILED;
	client->error = error;
	return false;
}

/* --- connecting --- */

static socklen_t fill_address(const struct ip *ip, struct sockaddr_storage *address_r)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (ip->family == IP_V4) {
		memcpy(&v4.sin_addr, ip->bytes, 4);
		memcpy(address_r, &v4, sizeof v4);
		return sizeof v4;
	}
	memcpy(&v6.sin6_addr, ip->bytes, 16);
	memcpy(address_r, &v6, sizeof v6);
	return sizeof v6;
}

static bool bind_source(struct smtp_client *client, const struct ip *source)
{
	struct sockaddr_storage address;
	socklen_t bytes = fill_address(source, &address);

	return bind(client->fd, (const struct sockaddr *)&address, bytes) == 0 ||
	       fail(client, strerrordesc_np(errno));
}

static bool finish_connect(struct smtp_client *client)
{
	int error = 0;
	socklen_t bytes = sizeof error;

	if (!smtp_wait(client->fd, POLLOUT, client->deadline_us))
		return fail(client, "no connection within the time limit");
	if (getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &bytes) < 0)
		error = errno;
	return error == 0 || fail(client, strerrordesc_np(error));
}

bool smtp_connect(struct smtp_client *client, const struct sockaddr *address, socklen_t bytes,
		  const struct ip *source, int64_t deadline_us, struct arena *arena)
{
	struct sockaddr_storage local;
	socklen_t local_bytes = sizeof local;

	*client = (struct smtp_client){ .arena = arena, .deadline_us = deadline_us };
	client->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (client->fd < 0)
		return fail(client, strerrordesc_np(errno));
	if (source && !bind_source(client, source))
		return false;
	if (connect(client->fd, address, bytes) < 0 && errno != EINPROGRESS)
		return fail(client, strerrordesc_np(errno));
	if (!finish_connect(client))
		return false;
	if (getsockname(client->fd, (struct sockaddr *)&local, &local_bytes) == 0)
		(void)ip_from_sockaddr((const struct sockaddr *)&local, &client->local, &client->local_port);
	(void)ip_from_sockaddr(address, &client->peer, &client->peer_port);
	return true;
}

void smtp_close(struct smtp_client *client)
{
	tls_free(&client->tls);
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

bool smtp_begin_tls(struct smtp_client *client, const char *host)
{
	const char *error;

	/* What a server, or somebody between, sent before the handshake is not part of it (RFC 3207 4.2). */
	client->in_start = client->in_end = 0;
	client->tls = tls_connect(client->fd, host, client->deadline_us, &error);
	return client->tls || fail(client, error);
}

/* --- bytes --- */

/* One read or write without blocking: bytes, 0 for the end, or -1 with the events to wait for (0: an error). */
static ssize_t transfer(struct smtp_client *client, void *in, const void *out, size_t length, short *wait_r)
{
	ssize_t done;

	*wait_r = 0;
	if (client->tls) {
		done = in ? tls_read(client->tls, in, length) : tls_write(client->tls, out, length);
		if (done == TLS_WANT_READ)
			*wait_r = POLLIN;
		if (done == TLS_WANT_WRITE)
			*wait_r = POLLOUT;
		return done < 0 ? -1 : done;
	}
	done = in ? recv(client->fd, in, length, 0) : send(client->fd, out, length, MSG_NOSIGNAL);
	if (done < 0 && (errno == EAGAIN || errno == EINTR))
		*wait_r = in ? POLLIN : POLLOUT;
	return done;
}

/* As transfer(), waiting; 0 when the connection is over or the time is up: the state says which. */
static size_t transfer_some(struct smtp_client *client, void *in, const void *out, size_t length)
{
	while (true) {
		short wait;
		ssize_t done = transfer(client, in, out, length, &wait);

		if (done > 0)
			return (size_t)done;
		if (done == 0 || wait == 0) {
			client->state = SMTP_CLOSED;
			return 0;
		}
		if (!smtp_wait(client->fd, wait, client->deadline_us)) {
			client->state = SMTP_TIMEOUT;
			return 0;
		}
	}
}

static void send_all(struct smtp_client *client, const char *bytes, size_t length)
{
	while (length > 0 && client->state == SMTP_FINE) {
		size_t sent = transfer_some(client, NULL, bytes, length);

		bytes += sent;
		length -= sent;
	}
}

/* --- replies --- */

/* The next line without its end, valid until the next call; NULL with the state. */
static char *read_line(struct smtp_client *client, size_t *length_r)
{
	while (true) {
		char *start = client->in + client->in_start;
		char *end = memchr(start, '\n', client->in_end - client->in_start);
		size_t room;

		if (end) {
			client->in_start += (size_t)(end - start) + 1;
			*length_r = (size_t)(end - start);
			if (*length_r > 0 && start[*length_r - 1] == '\r')
				(*length_r)--;
			return start;
		}
		memmove(client->in, start, client->in_end - client->in_start);
		client->in_end -= client->in_start;
		client->in_start = 0;
		room = SMTP_IN_BYTES - client->in_end;
		if (room == 0) {
			client->state = SMTP_GARBAGE;
			return NULL;
		}
		room = transfer_some(client, client->in + client->in_end, NULL, room);
		if (room == 0)
			return NULL;
		client->in_end += room;
	}
}

/* RFC 5321 4.2: three digits, the first 2 to 5, then '-', ' ' or the end; 0: something else. */
static unsigned code_of(const char *line, size_t length)
{
	if (length < 3 || (length > 3 && line[3] != ' ' && line[3] != '-'))
		return 0;
	if (line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9')
		return 0;
	return (unsigned)(line[0] - '0') * 100 + (unsigned)(line[1] - '0') * 10 + (unsigned)(line[2] - '0');
}

/* The lines of one reply into out; its code, or 0 with the state. */
static unsigned read_lines(struct smtp_client *client, struct buf *out)
{
	unsigned code = 0;

	for (size_t count = 0; count < REPLY_LINES_MAX && out->length < REPLY_BYTES_MAX; count++) {
		size_t length;
		const char *line = read_line(client, &length);
		unsigned this_code = line ? code_of(line, length) : 0;

		if (!line)
			return 0;
		if (this_code == 0 || (code != 0 && this_code != code) || memchr(line, '\0', length))
			break;
		code = this_code;
		if (count > 0)
			buf_add_char(out, '\n');
		buf_add_bytes(out, line, length);
		if (length == 3 || line[3] == ' ')
			return code;
	}
	client->state = SMTP_GARBAGE;
	return 0;
}

void smtp_read_reply(struct smtp_client *client, struct smtp_reply *reply_r)
{
	struct buf out;

	*reply_r = (struct smtp_reply){ .text = "" };
	if (client->state != SMTP_FINE)
		return;
	buf_init(&out);
	reply_r->code = read_lines(client, &out);
	if (reply_r->code != 0)
		reply_r->text = out.failed ? NULL : arena_strdup(client->arena, out.text);
	buf_clear(&out);
	if (!reply_r->text) {
		*reply_r = (struct smtp_reply){ .text = "" };
		fail(client, "out of memory");
	}
	if (reply_r->code == 421)
		client->state = SMTP_CLOSED;	/* RFC 5321 3.8: it closes after that */
}

void smtp_ask(struct smtp_client *client, const char *line, const char *ending, struct smtp_reply *reply_r)
{
	struct buf out;

	buf_init(&out);
	buf_addf(&out, "%s%s", line, ending);
	if (out.failed)
		fail(client, "out of memory");
	send_all(client, out.text, out.length);
	buf_clear(&out);
	smtp_read_reply(client, reply_r);
}

const char *smtp_state_text(const struct smtp_client *client)
{
	switch (client->state) {
	case SMTP_FINE:		break;
	case SMTP_CLOSED:	return "the server closed the connection";
	case SMTP_TIMEOUT:	return "no reply within the time limit";
	case SMTP_GARBAGE:	return "what the server sent is no SMTP reply (RFC 5321 4.2)";
	case SMTP_FAILED:	return client->error;
	}
	return "";
}
