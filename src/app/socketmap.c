/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread, one poll(2) loop, netstrings of bounded size (socketmap_table(5)).  A client that sends
 * something else, or does not read its answers, is cut off.
 */
#include "app/socketmap.h"

#include "app/socketmap_socket.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "mta/ask.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MAX 512
#define LENGTH_DIGITS_MAX 5
/* "4000:" and ",". */
#define IN_BYTES (ASK_BYTES_MAX + LENGTH_DIGITS_MAX + 2)
#define OUT_BYTES (2 * IN_BYTES)
/* With this much unsent a client reads too slowly to be asked for more. */
#define OUT_FULL (OUT_BYTES - IN_BYTES)
/* How long nobody is taken when the process can open no more: poll(2) would return at once, over and over. */
#define PAUSE_MS 200

struct client {
	int fd;			/* -1: free */
	int64_t used_us;	/* when it last asked */
	size_t in_length;
	size_t out_length;
	char in[IN_BYTES];
	char out[OUT_BYTES];
};

struct socketmap {
	const struct policy *policy;
	struct socketmap_socket socket;
	int listen_fd;		/* -1: retired */
	int64_t paused_until_us;	/* nobody is taken before; 0: the last one was */
	int wake_fd;		/* an eventfd: something below has changed */
	atomic_bool retired;
	atomic_bool stopped;
	pthread_t thread;
	size_t client_count;	/* clients[0..client_count) may be in use */
	struct client *clients[CLIENTS_MAX];
};

/* --- netstrings --- */

/* The length of the request at the start of in, and where it begins; 0: not all of it is there; -1: it is none. */
static ssize_t find_request(const char *in, size_t length, size_t *start_r)
{
	size_t digits = 0, value = 0;

	while (digits < length && ascii_is_digit(in[digits]) && digits < LENGTH_DIGITS_MAX)
		value = value * 10 + (size_t)(in[digits++] - '0');
	if (digits == length && digits < LENGTH_DIGITS_MAX)
		return 0;
	if (digits == 0 || digits == length || in[digits] != ':' || value == 0 || value > ASK_BYTES_MAX)
		return -1;
	*start_r = digits + 1;
	if (length < *start_r + value + 1)
		return 0;
	return in[*start_r + value] == ',' ? (ssize_t)value : -1;
}

static bool answer(struct socketmap *map, struct client *client, char *request, size_t length)
{
	struct buf reply, out;
	bool good;

	if (memchr(request, '\0', length))
		return false;
	request[length] = '\0';		/* over the comma */
	buf_init(&reply);
	ask_answer(map->policy, request, &reply);
	buf_init_fixed(&out, client->out + client->out_length, OUT_BYTES - client->out_length);
	buf_addf(&out, "%zu:%s,", reply.length, reply.text);
	good = !reply.failed && !out.failed;
	if (good)
		client->out_length += out.length;
	buf_clear(&reply);
	return good;
}

/* Every request that is there, as far as the answers find room. */
static bool answer_all(struct socketmap *map, struct client *client)
{
	size_t done = 0;

	while (client->out_length < OUT_FULL) {
		size_t start;
		ssize_t length = find_request(client->in + done, client->in_length - done, &start);

		if (length < 0)
			return false;
		if (length == 0)
			break;
		if (!answer(map, client, client->in + done + start, (size_t)length))
			return false;
		done += start + (size_t)length + 1;
	}
	memmove(client->in, client->in + done, client->in_length - done);
	client->in_length -= done;
	return true;
}

/* --- clients --- */

static void drop(struct client *client)
{
	close(client->fd);
	client->fd = -1;
	client->in_length = client->out_length = 0;
}

static bool send_out(struct client *client)
{
	ssize_t sent;

	if (client->out_length == 0)
		return true;
	sent = send(client->fd, client->out, client->out_length, MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	memmove(client->out, client->out + sent, client->out_length - (size_t)sent);
	client->out_length -= (size_t)sent;
	return true;
}

static bool receive(struct client *client)
{
	ssize_t got;

	if (client->in_length == IN_BYTES)
		return true;	/* answered as soon as its answers find room */
	got = recv(client->fd, client->in + client->in_length, IN_BYTES - client->in_length, 0);
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	client->in_length += (size_t)got;
	client->used_us = clock_monotonic_us();
	return true;
}

static void serve_client(struct socketmap *map, struct client *client, short events)
{
	bool good = true;

	if (events & (POLLIN | POLLHUP | POLLERR))
		good = receive(client);
	good = good && answer_all(map, client) && send_out(client);
	/* Room may have come for requests that are there already. */
	good = good && answer_all(map, client);
	if (!good)
		drop(client);
}

/* A free place; when there is none, that of the one that has not asked for longest. */
static struct client *find_place(struct socketmap *map)
{
	struct client *oldest = NULL;

	for (size_t i = 0; i < map->client_count; i++) {
		if (map->clients[i]->fd < 0)
			return map->clients[i];
		if (!oldest || map->clients[i]->used_us < oldest->used_us)
			oldest = map->clients[i];
	}
	if (map->client_count < CLIENTS_MAX) {
		struct client *client = malloc(sizeof *client);

		if (client) {
			client->fd = -1;
			map->clients[map->client_count++] = client;
			return client;
		}
	}
	if (oldest)
		drop(oldest);
	return oldest;
}

static void pause_taking(struct socketmap *map)
{
	if (map->paused_until_us == 0)
		log_warning("socket map: cannot take a connection: %s; who asks waits", strerrordesc_np(errno));
	map->paused_until_us = clock_monotonic_us() + PAUSE_MS * 1000;
}

static bool take_connection(struct socketmap *map)
{
	int fd = accept4(map->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *client;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_taking(map);
		return false;
	}
	map->paused_until_us = 0;
	client = find_place(map);
	if (!client) {
		close(fd);
		return true;
	}
	client->fd = fd;
	client->used_us = clock_monotonic_us();
	client->in_length = client->out_length = 0;
	return true;
}

/* Who has connected already is served still; who comes now finds the other process. */
static void leave_listening(struct socketmap *map)
{
	for (size_t i = 0; i < CLIENTS_MAX && take_connection(map); i++)
		;
	close(map->listen_fd);
	map->listen_fd = -1;
}

/* --- the loop --- */

/* poll(2) passes over negative descriptors. */
static void wait_for_events(struct socketmap *map, struct pollfd *waits)
{
	bool paused = clock_monotonic_us() < map->paused_until_us;

	waits[0] = (struct pollfd){ .fd = map->wake_fd, .events = POLLIN };
	waits[1] = (struct pollfd){ .fd = paused ? -1 : map->listen_fd, .events = POLLIN };
	for (size_t i = 0; i < map->client_count; i++) {
		const struct client *client = map->clients[i];
		bool reads = client->in_length < IN_BYTES && client->out_length < OUT_FULL;

		waits[2 + i] = (struct pollfd){ .fd = client->fd, .events = (short)(reads ? POLLIN : 0) };
		if (client->out_length > 0)
			waits[2 + i].events |= POLLOUT;
	}
	(void)poll(waits, (nfds_t)(2 + map->client_count), paused ? PAUSE_MS : -1);
}

static void *serve(void *argument)
{
	struct pollfd waits[2 + CLIENTS_MAX];
	struct socketmap *map = argument;
	uint64_t count;

	while (!atomic_load(&map->stopped)) {
		size_t clients = map->client_count;

		wait_for_events(map, waits);
		if (waits[0].revents && read(map->wake_fd, &count, sizeof count) < 0)
			log_warning("cannot read an event: %s", strerrordesc_np(errno));
		for (size_t i = 0; i < clients; i++)
			if (waits[2 + i].revents && map->clients[i]->fd >= 0)
				serve_client(map, map->clients[i], waits[2 + i].revents);
		if (waits[1].revents & POLLIN)
			(void)take_connection(map);
		if (atomic_load(&map->retired) && map->listen_fd >= 0)
			leave_listening(map);
	}
	return NULL;
}

static void wake(const struct socketmap *map)
{
	uint64_t one = 1;

	if (write(map->wake_fd, &one, sizeof one) < 0)
		log_warning("cannot wake the socket map: %s", strerrordesc_np(errno));
}

/* --- begin and end --- */

static void release(struct socketmap *map)
{
	for (size_t i = 0; i < map->client_count; i++) {
		if (map->clients[i]->fd >= 0)
			close(map->clients[i]->fd);
		free(map->clients[i]);
	}
	if (map->listen_fd >= 0)
		close(map->listen_fd);
	if (map->wake_fd >= 0)
		close(map->wake_fd);
	free(map);
}

static bool start(struct socketmap *map, char *error_r, size_t error_bytes)
{
	map->listen_fd = socketmap_socket_open(&map->socket, &map->policy->server, error_r, error_bytes);
	if (map->listen_fd < 0)
		return false;
	map->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (map->wake_fd >= 0 && pthread_create(&map->thread, NULL, serve, map) == 0)
		return true;
	(void)snprintf(error_r, error_bytes, "cannot start its thread: %s", strerrordesc_np(errno));
	socketmap_socket_remove(&map->socket);
	return false;
}

struct socketmap *socketmap_start(const struct policy *policy, char *error_r, size_t error_bytes)
{
	struct socketmap *map = calloc(1, sizeof *map);

	if (!map) {
		(void)snprintf(error_r, error_bytes, "out of memory");
		return NULL;
	}
	map->policy = policy;
	map->listen_fd = map->wake_fd = -1;
	if (start(map, error_r, error_bytes)) {
		if (!map->socket.spec.is_loopback)
			log_warning("socket map %s is open to other hosts: use a unix socket or 127.0.0.1",
				    policy->server.socketmap);
		return map;
	}
	release(map);
	return NULL;
}

void socketmap_retire(struct socketmap *map)
{
	atomic_store(&map->retired, true);
	wake(map);
}

void socketmap_stop(struct socketmap **map)
{
	struct socketmap *m = *map;

	if (!m)
		return;
	atomic_store(&m->stopped, true);
	wake(m);
	pthread_join(m->thread, NULL);
	socketmap_socket_remove(&m->socket);
	release(m);
	*map = NULL;
}
