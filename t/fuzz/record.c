/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes session records: what is read can be written, and read again; their DNS answers make a tape, line by line. */
#include "logs.h"

#include "logs/record_tape.h"

static void check_tape(const struct record *record)
{
	struct buf tape;

	buf_init(&tape);
	record_tape(record, 0, &tape);
	promise(tape.length == 0 || tape.text[tape.length - 1] == '\n');
	for (size_t i = 0; i < tape.length; i++)
		promise(tape.text[i] == '\n' || (unsigned char)tape.text[i] >= ' ');
	buf_clear(&tape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record;
	struct arena arena;
	const char *problem;

	arena_init(&arena, NULL, 0, 4096);
	problem = record_read((const char *)data, size, &arena, &record);
	if (problem)
		promise(fuzz_printable(problem) && problem[0] != '\0');
	else {
		fuzz_check_record(&record);
		check_tape(&record);
	}
	arena_clear(&arena);
	return 0;
}
