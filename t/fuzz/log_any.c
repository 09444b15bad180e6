/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the forms of lines, and how a format is found out. */
#include "logs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct logs_options options = { .year = 2026 };

	return fuzz_logs(&options, data, size);
}
