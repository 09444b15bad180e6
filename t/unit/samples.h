/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of samples that lie beside the source tree: lines of columns, with \xNN for odd bytes. */
#ifndef UNIT_SAMPLES_H
#define UNIT_SAMPLES_H

#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE_LINE_BYTES 8192
#define SAMPLE_COLUMNS 5

/* "\x41" and "\\" to bytes, in place. */
static inline void sample_decode(char *text)
{
	char *out = text;

	while (*text != '\0') {
		unsigned value;

		if (text[0] == '\\' && text[1] == 'x' && sscanf(text + 2, "%2x", &value) == 1) {
			*out++ = (char)value;
			text += 4;
		} else {
			text += *text == '\\';
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* Calls check for each line that is no comment; one skipped test when the file is not there ($SHARED). */
static inline void samples_each(const char *name, size_t columns, void (*check)(char *const[], size_t))
{
	const char *shared = getenv("SHARED");
	char path[1024], line[SAMPLE_LINE_BYTES];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/samples/%s", shared ? shared : "../shared", name);
	file = fopen(path, "r");
	if (!file) {
		printf("ok %u - # SKIP no %s\n", ++tap_count, name);
		return;
	}
	for (size_t number = 1; fgets(line, sizeof line, file); number++) {
		char *fields[SAMPLE_COLUMNS] = { line };

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		for (size_t i = 1; i < columns && fields[i - 1]; i++) {
			fields[i] = strchr(fields[i - 1], '\t');
			if (fields[i])
				*fields[i]++ = '\0';
		}
		if (fields[columns - 1])
			fields[columns - 1][strcspn(fields[columns - 1], "\t")] = '\0';
		sample_decode(fields[0]);
		check(fields, number);
	}
	fclose(file);
}

#endif
