/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes what an MTA asks the socket map: each answer is one of four words, short enough, and the same each time. */
#include "mta.h"

#include "mta/ask.h"

static void check_answer(const struct buf *answer)
{
	static const char *const words[] = { "OK ", "NOTFOUND ", "TEMP ", "PERM " };
	bool known = false;

	promise(!answer->failed && answer->length <= ASK_BYTES_MAX);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		known = known || strncmp(answer->text, words[i], strlen(words[i])) == 0;
	promise(known);
	/* Nothing of the question is in it but keywords that are checked. */
	promise(fuzz_printable(answer->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *request = fuzz_text(data, size);
	struct buf once, again;

	buf_init(&once);
	buf_init(&again);
	ask_answer(fuzz_policy(), request, &once);
	ask_answer(fuzz_policy(), request, &again);
	check_answer(&once);
	promise(strcmp(once.text, again.text) == 0);
	buf_clear(&again);
	buf_clear(&once);
	free(request);
	return 0;
}
