/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes a connection of the socket map: however its bytes are cut, and however slowly its answers are taken, the same
 * questions find the same answers, and it never waits for what cannot come.
 */
#include "mta.h"

#include "mta/ask_stream.h"

/* How long the next piece is: by chance, but each time the same for the same input. */
static size_t next_piece(uint32_t *chance, size_t max)
{
	*chance = *chance * 1664525 + 1013904223;
	return 1 + (*chance >> 16) % max;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* As the daemon serves it, in pieces of at most piece_max bytes.  Adds all answers to out; was every question one? */
static bool serve(const uint8_t *data, size_t size, size_t piece_max, struct buf *out)
{
	struct ask_stream *stream = calloc(1, sizeof *stream);
	uint32_t chance = (uint32_t)size;
	size_t taken = 0;
	bool good;

	promise(stream);
	do {
		size_t sent;

		if (taken < size && ask_stream_reads(stream)) {
			size_t room = sizeof stream->in - stream->in_length;
			size_t piece = smaller(smaller(next_piece(&chance, piece_max), room), size - taken);

			memcpy(stream->in + stream->in_length, data + taken, piece);
			stream->in_length += piece;
			taken += piece;
		} else
			promise(taken == size || stream->out_length > 0);
		sent = smaller(next_piece(&chance, piece_max), stream->out_length);
		buf_add_bytes(out, stream->out, sent);
		ask_stream_sent(stream, sent);
		good = ask_stream_answer(stream, fuzz_policy());
		promise(stream->in_length <= sizeof stream->in && stream->out_length < sizeof stream->out);
	} while (good && (taken < size || stream->out_length > 0));
	buf_add_bytes(out, stream->out, stream->out_length);
	free(stream);
	return good;
}

static void check_answers(const struct buf *out)
{
	const char *at = out->text, *end = out->text + out->length;

	while (at < end) {
		char *text;
		size_t length = strtoul(at, &text, 10);

		promise(*text == ':' && text[1 + length] == ',');
		fuzz_check_answer(text + 1, length);
		at = text + length + 2;
	}
	promise(at == end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;
	bool good;

	buf_init(&whole);
	buf_init(&pieces);
	good = serve(data, size, ASK_STREAM_OUT_BYTES, &whole);
	promise(serve(data, size, 64, &pieces) == good);
	promise(!whole.failed && !pieces.failed);
	promise(whole.length == pieces.length && (whole.length == 0 || memcmp(whole.text, pieces.text, whole.length) == 0));
	if (whole.length > 0)
		check_answers(&whole);
	buf_clear(&pieces);
	buf_clear(&whole);
	return 0;
}
