/* SPDX-License-Identifier: BSD-2-Clause */
/* xz (liblzma). */
#include "logs/unpack.h"

#include <lzma.h>
#include <stdint.h>
#include <stdlib.h>

/* What xz -9 needs is 65 MiB. */
#define MEMORY_MAX (UINT64_C(256) << 20)

static void *xz_open(void)
{
	lzma_stream *stream = calloc(1, sizeof *stream);

	if (stream && lzma_stream_decoder(stream, MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK) {
		free(stream);
		stream = NULL;
	}
	return stream;
}

static enum unpacked xz_step(void *state, struct unpack_step *step)
{
	lzma_stream *stream = state;
	lzma_ret status;

	stream->next_in = (const uint8_t *)step->in;
	stream->avail_in = step->in_length;
	stream->next_out = (uint8_t *)step->out;
	stream->avail_out = step->out_length;
	status = lzma_code(stream, step->in_ends ? LZMA_FINISH : LZMA_RUN);
	step->in += step->in_length - stream->avail_in;
	step->in_length = stream->avail_in;
	step->out += step->out_length - stream->avail_out;
	step->out_length = stream->avail_out;
	if (status == LZMA_STREAM_END)
		return UNPACK_END;
	return status == LZMA_OK || (status == LZMA_BUF_ERROR && !step->in_ends) ? UNPACK_MORE : UNPACK_BAD;
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

const struct unpack unpack_xz = {
	.name = "xz", .magic = "\xfd" "7zXZ", .magic_length = 6, .bad = "xz data is damaged or cut off",
	.open = xz_open, .step = xz_step, .close = xz_close,
};
