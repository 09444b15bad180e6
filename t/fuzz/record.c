/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes session records, and the line about the log behind them: what is read can be written, and read again; their DNS
 * answers make a tape, line by line.
 */
#include "logs.h"

#include "logs/record_tape.h"
#include "logs/stats_json.h"

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

static void check_log_lines(const char *text, size_t size)
{
	struct logs_stats stats, again;
	struct buf first, second;

	if (logs_stats_read(text, size, &stats))
		return;
	buf_init(&first);
	buf_init(&second);
	logs_stats_write(&stats, &first);
	promise(!first.failed && logs_stats_is_line(first.text, first.length) &&
		!logs_stats_read(first.text, first.length, &again));
	logs_stats_write(&again, &second);
	promise(first.length == second.length && memcmp(first.text, second.text, first.length) == 0);
	buf_clear(&first);
	buf_clear(&second);
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
	check_log_lines((const char *)data, size);
	return 0;
}
