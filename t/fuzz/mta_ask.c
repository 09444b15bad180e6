/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes what an MTA asks the socket map: each answer is one that there is, and the same each time. */
#include "mta.h"

#include "mta/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *request = fuzz_text(data, size);
	struct buf once, again;

	buf_init(&once);
	buf_init(&again);
	ask_answer(fuzz_policy(), request, &once);
	ask_answer(fuzz_policy(), request, &again);
	promise(!once.failed);
	fuzz_check_answer(once.text, once.length);
	promise(strcmp(once.text, again.text) == 0);
	buf_clear(&again);
	buf_clear(&once);
	free(request);
	return 0;
}
