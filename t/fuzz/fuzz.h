/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzz targets share: their entry point, and promises that end the program when broken. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called by libFuzzer, and by replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* promise(condition): what a header promises of every input. */
#define promise(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/*
 * The bytes up to the first NUL as a text, in a block that ends with it: sanitizers see a read
 * beyond.  The caller frees it.
 */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	size_t length = size > 0 ? strnlen((const char *)data, size) : 0;
	char *text = malloc(length + 1);

	promise(text);
	if (length > 0)
		memcpy(text, data, length);
	text[length] = '\0';
	return text;
}

/* Only printable ASCII? */
static inline bool fuzz_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

#endif
