/* SPDX-License-Identifier: BSD-2-Clause */
/* The MTA's side of the milter protocol, as far as a self-check needs it. */
#include "app/self_check.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_BYTES 5		/* four of length, one of command */
#define STEPS_AT (HEAD_BYTES + 8)
#define STEP_NR_CONN 0x1000U	/* SMFIP_NR_CONN: connect is not answered */

/*
 * Version 6, every change of mail, as an MTA offers them (what is not offered is told of as a fault of the MTA), and connect may
 * stay without an answer; a client without an address, which no policy judges.
 */
static const unsigned char session[] = {
	0, 0, 0, 13, 'O', 0, 0, 0, 6, 0, 0, 0x01, 0xff, 0, 0, 0x10, 0,
	0, 0, 0, 12, 'C', 's', 'e', 'l', 'f', 'c', 'h', 'e', 'c', 'k', 0, 'U',	/* SELF_CHECK_HOST */
	0, 0, 0, 20, 'H', 's', 'e', 'l', 'f', '-', 'c', 'h', 'e', 'c', 'k', '.', 'i', 'n', 'v', 'a', 'l', 'i', 'd', 0,
};

static unsigned number_at(const unsigned char *bytes)
{
	return (unsigned)bytes[0] << 24 | (unsigned)bytes[1] << 16 | (unsigned)bytes[2] << 8 | bytes[3];
}

bool self_check_start(struct self_check *check, const struct listen_spec *spec, int64_t end_us)
{
	*check = (struct self_check){ .end_us = end_us };
	check->fd = socket(spec->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (check->fd < 0)
		return false;
	/* On loopback a connection is there at once, or not at all. */
	if ((connect(check->fd, (const struct sockaddr *)&spec->address, spec->address_bytes) == 0 ||
	     errno == EINPROGRESS) &&
	    send(check->fd, session, sizeof session, MSG_NOSIGNAL) == (ssize_t)sizeof session)
		return true;
	self_check_stop(check);
	return false;
}

/* Takes a whole answer out of the bytes, if there is one. */
static bool take_answer(struct self_check *check)
{
	size_t length;

	if (check->length < HEAD_BYTES)
		return false;
	length = 4 + (size_t)number_at(check->bytes);
	if (length < HEAD_BYTES || check->length < length)
		return false;
	if (check->answers == 0)
		check->wanted = check->bytes[4] == 'O' && length >= STEPS_AT + 4 &&
				(number_at(check->bytes + STEPS_AT) & STEP_NR_CONN) ? 2 : 3;
	check->answers++;
	check->length -= length;
	memmove(check->bytes, check->bytes + length, check->length);
	return true;
}

static enum self_check_result read_answers(struct self_check *check)
{
	ssize_t got = recv(check->fd, check->bytes + check->length, sizeof check->bytes - check->length, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return SELF_CHECK_WAITS;
	if (got <= 0)
		return SELF_CHECK_BAD;
	check->length += (size_t)got;
	while (take_answer(check))
		if (check->answers == check->wanted)
			return SELF_CHECK_GOOD;
	return check->length == sizeof check->bytes ? SELF_CHECK_BAD : SELF_CHECK_WAITS;
}

enum self_check_result self_check_go_on(struct self_check *check, int64_t now_us)
{
	enum self_check_result result = read_answers(check);

	if (result == SELF_CHECK_WAITS && now_us >= check->end_us)
		result = SELF_CHECK_BAD;
	if (result != SELF_CHECK_WAITS)
		self_check_stop(check);
	return result;
}

void self_check_stop(struct self_check *check)
{
	if (check->fd >= 0)
		(void)close(check->fd);
	check->fd = -1;
}
