/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of one byte for their kind, and a text. */
#include "app/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

bool link_new(int ends_r[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_r) == 0;
}

static bool send_message(int fd, enum link_kind kind, const char *text, int flags)
{
	char message[1 + LINK_TEXT_MAX];
	size_t length = strnlen(text, LINK_TEXT_MAX);
	ssize_t sent;

	message[0] = (char)kind;
	memcpy(message + 1, text, length);
	do
		sent = send(fd, message, 1 + length, MSG_NOSIGNAL | flags);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

bool link_send(int fd, enum link_kind kind, const char *text)
{
	return send_message(fd, kind, text, MSG_DONTWAIT);
}

bool link_send_waiting(int fd, enum link_kind kind, const char *text)
{
	return send_message(fd, kind, text, 0);
}

enum link_kind link_receive(int fd, bool wait, struct link_message *message_r)
{
	char message[1 + LINK_TEXT_MAX];
	ssize_t length;

	do
		length = recv(fd, message, sizeof message, wait ? 0 : MSG_DONTWAIT);
	while (length < 0 && errno == EINTR);
	message_r->text[0] = '\0';
	message_r->kind = length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? LINK_NOTHING : LINK_GONE;
	if (length <= 0)
		return message_r->kind;
	message_r->kind = (enum link_kind)message[0];
	memcpy(message_r->text, message + 1, (size_t)length - 1);
	message_r->text[length - 1] = '\0';
	return message_r->kind;
}
