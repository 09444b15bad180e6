/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes session records: what is read can be written, and read again. */
#include "logs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record;
	struct arena arena;
	const char *problem;

	arena_init(&arena, NULL, 0, 4096);
	problem = record_read((const char *)data, size, &arena, &record);
	if (problem)
		promise(fuzz_printable(problem) && problem[0] != '\0');
	else
		fuzz_check_record(&record);
	arena_clear(&arena);
	return 0;
}
