/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps a few lines out of many. */
#include "logs/line_samples.h"

#include "base/hash.h"

#include <string.h>

/* What is kept of the line; not half a character of UTF-8 at its end. */
static size_t shorten(const char *text, size_t length, char kept_r[LINE_SAMPLE_BYTES])
{
	if (length >= LINE_SAMPLE_BYTES) {
		length = LINE_SAMPLE_BYTES - 1;
		while (length > LINE_SAMPLE_BYTES - 5 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	for (size_t i = 0; i < length; i++)
		kept_r[i] = text[i] != '\0' ? text[i] : '?';
	kept_r[length] = '\0';
	return length;
}

void line_samples_add(struct line_samples *samples, const char *text, size_t length)
{
	char kept[LINE_SAMPLE_BYTES];
	uint64_t hash;
	unsigned at = 0;

	length = shorten(text, length, kept);
	hash = hash_bytes(kept, length, 4);
	while (at < samples->count && samples->items[at].hash < hash)
		at++;
	if (at == LINE_SAMPLES_MAX || (at < samples->count && samples->items[at].hash == hash))
		return;
	if (samples->count < LINE_SAMPLES_MAX)
		samples->count++;
	memmove(&samples->items[at + 1], &samples->items[at], (samples->count - 1 - at) * sizeof samples->items[0]);
	samples->items[at].hash = hash;
	memcpy(samples->items[at].text, kept, length + 1);
}

void line_samples_merge(struct line_samples *into, const struct line_samples *from)
{
	for (unsigned i = 0; i < from->count; i++)
		line_samples_add(into, from->items[i].text, strlen(from->items[i].text));
}
