/* SPDX-License-Identifier: BSD-2-Clause */
/* One thread and one poll(2) loop.  A client that sends what is no question is cut off. */
#include "app/socketmap.h"

#include "app/socketmap_socket.h"
#include "base/clock.h"
#include "base/log.h"
#include "mta/ask_stream.h"

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
/* How long nobody is taken when the process can open no more: poll(2) would return at once, over and over. */
#define PAUSE_MS 200

struct client {
	int fd;			/* -1: free */
	int64_t used_us;	/* when it last asked */
	struct ask_stream stream;
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

/* --- clients --- */

static void drop(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

static bool send_out(struct client *client)
{
	struct ask_stream *stream = &client->stream;
	ssize_t sent;

	if (stream->out_length == 0)
		return true;
	sent = send(client->fd, stream->out, stream->out_length, MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	ask_stream_sent(stream, (size_t)sent);
	return true;
}

static bool receive(struct client *client)
{
	struct ask_stream *stream = &client->stream;
	ssize_t got;

	if (stream->in_length == sizeof stream->in)
		return true;	/* answered as soon as its answers find room */
	got = recv(client->fd, stream->in + stream->in_length, sizeof stream->in - stream->in_length, 0);
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	stream->in_length += (size_t)got;
	client->used_us = clock_monotonic_us();
	return true;
}

static void serve_client(struct socketmap *map, struct client *client, short events)
{
	bool good = true;

	if (events & (POLLIN | POLLHUP | POLLERR))
		good = receive(client);
	good = good && ask_stream_answer(&client->stream, map->policy) && send_out(client);
	/* Room may have come for questions that are there already. */
	good = good && ask_stream_answer(&client->stream, map->policy);
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
	client->stream.in_length = client->stream.out_length = 0;
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
		short events = ask_stream_reads(&client->stream) ? POLLIN : 0;

		waits[2 + i] = (struct pollfd){ .fd = client->fd, .events = events };
		if (client->stream.out_length > 0)
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
