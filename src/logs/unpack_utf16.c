/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-16 with its mark (RFC 2781), as programs of Windows write it: made UTF-8. */
#include "logs/unpack.h"

#include <stdint.h>
#include <stdlib.h>

#define REPLACEMENT 0xfffd

struct utf16 {
	bool big_endian;
	bool has_byte;		/* the first one of a unit */
	unsigned char byte;
	uint32_t high;		/* the first one of two surrogates; 0: none */
	char out[8];		/* characters that found no room yet */
	size_t out_at, out_length;
};

static void *new_utf16(bool big_endian)
{
	struct utf16 *utf16 = calloc(1, sizeof *utf16);

	if (utf16)
		utf16->big_endian = big_endian;
	return utf16;
}

static void *open_le(void)
{
	return new_utf16(false);
}

static void *open_be(void)
{
	return new_utf16(true);
}

static void put(struct utf16 *utf16, uint32_t character)
{
	int more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };

	utf16->out[utf16->out_length++] = (char)(first[more] | character >> 6 * more);
	while (more-- > 0)
		utf16->out[utf16->out_length++] = (char)(0x80 | (character >> 6 * more & 0x3f));
}

static void take_unit(struct utf16 *utf16, uint32_t unit)
{
	bool is_low = unit >= 0xdc00 && unit <= 0xdfff;

	if (utf16->high > 0 && is_low) {
		put(utf16, 0x10000 + ((utf16->high - 0xd800) << 10) + (unit - 0xdc00));
		utf16->high = 0;
		return;
	}
	if (utf16->high > 0)
		put(utf16, REPLACEMENT);
	utf16->high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
	if (utf16->high == 0)
		put(utf16, is_low ? REPLACEMENT : unit);
}

static void take_byte(struct utf16 *utf16, unsigned char byte)
{
	if (utf16->has_byte)
		take_unit(utf16, utf16->big_endian ? (uint32_t)utf16->byte << 8 | byte : (uint32_t)byte << 8 | utf16->byte);
	utf16->byte = byte;
	utf16->has_byte = !utf16->has_byte;
}

static enum unpacked step_utf16(void *state, struct unpack_step *step)
{
	struct utf16 *utf16 = state;

	while (step->out_length > 0 && (utf16->out_length > 0 || step->in_length > 0)) {
		if (utf16->out_length == 0) {
			take_byte(utf16, (unsigned char)*step->in++);
			step->in_length--;
			continue;
		}
		*step->out++ = utf16->out[utf16->out_at++];
		step->out_length--;
		if (utf16->out_at == utf16->out_length)
			utf16->out_at = utf16->out_length = 0;
	}
	if (!step->in_ends || step->in_length > 0 || utf16->out_length > 0)
		return UNPACK_MORE;
	return utf16->has_byte || utf16->high > 0 ? UNPACK_BAD : UNPACK_END;
}

static void close_utf16(void *state)
{
	free(state);
}

const struct unpack unpack_utf16_le = {
	.name = "UTF-16", .magic = "\xff\xfe", .magic_length = 2, .bad = "UTF-16 text is cut off",
	.open = open_le, .step = step_utf16, .close = close_utf16,
};

const struct unpack unpack_utf16_be = {
	.name = "UTF-16", .magic = "\xfe\xff", .magic_length = 2, .bad = "UTF-16 text is cut off",
	.open = open_be, .step = step_utf16, .close = close_utf16,
};
