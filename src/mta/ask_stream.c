/* SPDX-License-Identifier: BSD-2-Clause */
/* Netstrings of bounded size, each answered in its turn. */
#include "mta/ask_stream.h"

#include "base/ascii.h"
#include "base/buf.h"

#include <string.h>
#include <sys/types.h>

#define LENGTH_DIGITS_MAX 4	/* of ASK_BYTES_MAX */
/* With this much unsent a client reads too slowly to be asked for more. */
#define OUT_FULL (ASK_STREAM_OUT_BYTES - ASK_STREAM_IN_BYTES)

/* The length of the question at the start of in, and where it begins; 0: not all of it is there; -1: it is none. */
static ssize_t find_question(const char *in, size_t length, size_t *start_r)
{
	size_t digits = 0, value = 0;

	while (digits < length && ascii_is_digit(in[digits]) && digits < LENGTH_DIGITS_MAX)
		value = value * 10 + (size_t)(in[digits++] - '0');
	if (digits == length)
		return 0;
	if (digits == 0 || in[digits] != ':' || value == 0 || value > ASK_BYTES_MAX)
		return -1;
	*start_r = digits + 1;
	if (length < *start_r + value + 1)
		return 0;
	return in[*start_r + value] == ',' ? (ssize_t)value : -1;
}

static bool answer(struct ask_stream *stream, const struct policy *policy, char *question, size_t length)
{
	struct buf reply, out;
	bool good;

	if (memchr(question, '\0', length))
		return false;
	question[length] = '\0';	/* over the comma */
	buf_init(&reply);
	ask_answer(policy, question, &reply);
	buf_init_fixed(&out, stream->out + stream->out_length, ASK_STREAM_OUT_BYTES - stream->out_length);
	buf_addf(&out, "%zu:%s,", reply.length, reply.text);
	good = !reply.failed && !out.failed;
	if (good)
		stream->out_length += out.length;
	buf_clear(&reply);
	return good;
}

bool ask_stream_answer(struct ask_stream *stream, const struct policy *policy)
{
	size_t done = 0;

	while (stream->out_length < OUT_FULL) {
		size_t start;
		ssize_t length = find_question(stream->in + done, stream->in_length - done, &start);

		if (length < 0)
			return false;
		if (length == 0)
			break;
		if (!answer(stream, policy, stream->in + done + start, (size_t)length))
			return false;
		done += start + (size_t)length + 1;
	}
	memmove(stream->in, stream->in + done, stream->in_length - done);
	stream->in_length -= done;
	return true;
}

bool ask_stream_reads(const struct ask_stream *stream)
{
	return stream->in_length < ASK_STREAM_IN_BYTES && stream->out_length < OUT_FULL;
}

void ask_stream_sent(struct ask_stream *stream, size_t bytes)
{
	memmove(stream->out, stream->out + bytes, stream->out_length - bytes);
	stream->out_length -= bytes;
}
