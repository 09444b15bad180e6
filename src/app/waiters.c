/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor's side of the control socket. */
#include "app/waiters.h"

#include "app/command.h"
#include "app/control.h"
#include "app/metrics_text.h"
#include "base/buf.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

size_t waiters_poll(const struct waiters *waiters, struct pollfd *waits)
{
	size_t count = 0;

	if (waiters->control_fd >= 0)
		waits[count++] = (struct pollfd){ .fd = waiters->control_fd, .events = POLLIN };
	for (size_t i = 0; i < waiters->count; i++)
		waits[count++] = (struct pollfd){ .fd = waiters->list[i].fd, .events = POLLIN };
	return count;
}

static void drop(struct waiters *waiters, size_t i)
{
	close(waiters->list[i].fd);
	waiters->list[i] = waiters->list[--waiters->count];
}

/* Whoever has connected and says nothing makes room for others. */
static void make_room(struct waiters *waiters)
{
	for (size_t i = 0; i < waiters->count; i++) {
		if (waiters->list[i].load == 0) {
			drop(waiters, i);
			return;
		}
	}
}

static void take_connections(struct waiters *waiters)
{
	int fd;

	while (waiters->control_fd >= 0 &&
	       (fd = accept4(waiters->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (waiters->count == WAITERS_MAX)
			make_room(waiters);
		if (waiters->count == WAITERS_MAX) {
			close(fd);
			continue;
		}
		waiters->list[waiters->count].fd = fd;
		waiters->list[waiters->count++].load = 0;
	}
}

/* A byte, and with it the descriptor. */
static void send_descriptor(int to, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	char byte = '\n';
	struct iovec part = { &byte, 1 };
	const struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	(void)sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* In a file of memory: a descriptor always fits into the socket, so that nobody has to be waited for. */
static void tell_metrics(int to)
{
	int file = memfd_create("ehlo-milter status", MFD_CLOEXEC);
	struct buf text;

	buf_init(&text);
	metrics_text(FORMAT_OPENMETRICS, &text);
	if (file >= 0 && !text.failed && write(file, text.text, text.length) == (ssize_t)text.length)
		send_descriptor(to, file);
	if (file >= 0)
		(void)close(file);
	buf_clear(&text);
}

static bool is_request(const char *request, ssize_t got, const char *wanted)
{
	return got >= 0 && (size_t)got == strlen(wanted) && memcmp(request, wanted, (size_t)got) == 0;
}

/* A request is so short that it comes whole. */
static bool take_request(struct waiters *waiters, size_t i, unsigned long load)
{
	char request[32];
	ssize_t got = recv(waiters->list[i].fd, request, sizeof request, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (waiters->list[i].load == 0 && is_request(request, got, CONTROL_RELOAD)) {
		waiters->list[i].load = load;
		return true;
	}
	if (waiters->list[i].load == 0 && is_request(request, got, CONTROL_METRICS))
		tell_metrics(waiters->list[i].fd);
	drop(waiters, i);
	return false;
}

bool waiters_take(struct waiters *waiters, unsigned long load)
{
	bool asked = false;

	take_connections(waiters);
	for (size_t i = waiters->count; i > 0; i--)
		asked = take_request(waiters, i - 1, load) || asked;
	return asked;
}

void waiters_answer(struct waiters *waiters, unsigned long load, const char *says, int status, const char *text)
{
	struct buf answer;

	buf_init(&answer);
	buf_addf(&answer, "%s" CONTROL_STATUS "%d %s\n", says, status, text);
	for (size_t i = waiters->count; i > 0; i--) {
		if (waiters->list[i - 1].load == 0 || waiters->list[i - 1].load > load)
			continue;
		/* Whoever does not read it has left; it fits into the socket. */
		(void)send(waiters->list[i - 1].fd, answer.text, answer.length, MSG_DONTWAIT | MSG_NOSIGNAL);
		drop(waiters, i - 1);
	}
	buf_clear(&answer);
}

void waiters_end(struct waiters *waiters)
{
	waiters_answer(waiters, ULONG_MAX, "", EXIT_UNAVAILABLE, "the daemon ends");
	while (waiters->count > 0)
		drop(waiters, 0);
	if (waiters->control_fd >= 0)
		close(waiters->control_fd);
	waiters->control_fd = -1;
}
