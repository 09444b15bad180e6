/* SPDX-License-Identifier: BSD-2-Clause */
/* gzip (zlib). */
#include "logs/unpack.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define WINDOW_BITS_GZIP (15 + 16)

static void *gzip_open(void)
{
	z_stream *stream = calloc(1, sizeof *stream);

	if (stream && inflateInit2(stream, WINDOW_BITS_GZIP) != Z_OK) {
		free(stream);
		stream = NULL;
	}
	return stream;
}

static uInt at_most(size_t length)
{
	return length > UINT_MAX ? UINT_MAX : (uInt)length;
}

static enum unpacked gzip_step(void *state, struct unpack_step *step)
{
	z_stream *stream = state;
	uInt in = at_most(step->in_length), out = at_most(step->out_length);
	int status;

	stream->next_in = (z_const Bytef *)step->in;
	stream->avail_in = in;
	stream->next_out = (Bytef *)step->out;
	stream->avail_out = out;
	status = inflate(stream, Z_NO_FLUSH);
	step->in += in - stream->avail_in;
	step->in_length -= in - stream->avail_in;
	step->out += out - stream->avail_out;
	step->out_length -= out - stream->avail_out;
	if (status == Z_STREAM_END)
		return inflateReset(stream) == Z_OK ? UNPACK_END : UNPACK_BAD;
	return status == Z_OK || status == Z_BUF_ERROR ? UNPACK_MORE : UNPACK_BAD;
}

static void gzip_close(void *state)
{
	(void)inflateEnd(state);
	free(state);
}

const struct unpack unpack_gzip = {
	.name = "gzip", .magic = "\x1f\x8b", .magic_length = 2, .bad = "gzip data is damaged or cut off",
	.open = gzip_open, .step = gzip_step, .close = gzip_close,
};
