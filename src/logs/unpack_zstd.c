/* SPDX-License-Identifier: BSD-2-Clause */
/* Zstandard (libzstd). */
#include "logs/unpack.h"

#include <zstd.h>

static void *zstd_open(void)
{
	return ZSTD_createDStream();
}

static enum unpacked zstd_step(void *state, struct unpack_step *step)
{
	ZSTD_inBuffer in = { .src = step->in, .size = step->in_length };
	ZSTD_outBuffer out = { .dst = step->out, .size = step->out_length };
	size_t left = ZSTD_decompressStream(state, &out, &in);

	step->in += in.pos;
	step->in_length -= in.pos;
	step->out += out.pos;
	step->out_length -= out.pos;
	if (ZSTD_isError(left))
		return UNPACK_BAD;
	return left == 0 ? UNPACK_END : UNPACK_MORE;
}

static void zstd_close(void *state)
{
	(void)ZSTD_freeDStream(state);
}

const struct unpack unpack_zstd = {
	.name = "zstd", .magic = "\x28\xb5\x2f\xfd", .magic_length = 4, .bad = "zstd data is damaged or cut off",
	.open = zstd_open, .step = zstd_step, .close = zstd_close,
};
