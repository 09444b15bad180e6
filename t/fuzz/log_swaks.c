/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the reader of swaks' transcripts. */
#include "logs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct logs_options options = { .format = "swaks" };

	return fuzz_logs(&options, data, size);
}
